"""The JSON Schema."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from constellagent.spec.schema import json_schema, render
from tests.spec.samples import EXAMPLE, agent

FILE = Path(__file__).parents[2] / "schemas" / "constellation.schema.json"


def accepts(text: str) -> bool:
    """Whether the schema accepts a text."""
    value = YAML(typ="safe", pure=True).load(text)
    return jsonschema.Draft202012Validator(json_schema()).is_valid(value)


def test_the_committed_schema_is_fresh() -> None:
    """The file is what the models say; `constellagent schema` writes it."""
    assert FILE.read_text(encoding="utf-8") == render()


def test_the_schema_is_a_schema_and_accepts_the_example() -> None:
    """It is valid by its own dialect, and so is the documented file."""
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert accepts(EXAMPLE)


def _properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, block in [*schema["$defs"].items(), ("", schema)]:
        for key, value in block["properties"].items():
            yield f"{name}.{key}", value


def test_every_key_is_described() -> None:
    """An editor can say something about each key."""
    described = {"description", "$ref"}
    bare = [path for path, value in _properties(json_schema()) if not described & value.keys()]
    assert all(block["description"] for block in json_schema()["$defs"].values())
    assert bare == []


def test_defaults_are_written_as_in_the_file() -> None:
    """A span of time is `10s`, not an ISO duration."""
    assert json_schema()["$defs"]["Agent"]["properties"]["stop_grace"]["default"] == "10s"


@pytest.mark.parametrize(
    "text",
    [
        "agents: {}",
        "version: 2",
        "version: 1\nnotfy: []",
        "version: 1\nname: Acme Web",
        "version: 1\nagents: {Bad Name: {command: [x]}}",
        agent("command: ls"),
        agent("command: []"),
        agent("kind: cluade"),
        agent("command: [x], identity: true"),
        agent("command: [x], identity: {nam: x}"),
        agent("command: [x], stop_grace: 5"),
        agent("command: [x], stop_grace: 5 minutes"),
        agent("command: [x], env: {set: {1A: x}}"),
        agent("command: [x], env: {pass_: [A]}"),
        agent("command: [x], ports: [Web]"),
        agent("command: [x], schedules: {m: {prompt: hi}}"),
        agent("command: [x], schedules: {m: {cron: '@daily', start: tomorrow}}"),
        "version: 1\nowner: {email: nobody}",
        "version: 1\nowner: {phone: 555}",
    ],
)
def test_wrong_files_are_refused(text: str) -> None:
    """Editors underline what `load` would refuse."""
    assert not accepts(text)
