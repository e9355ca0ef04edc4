"""`schema`: the JSON Schema for editors."""

from pathlib import Path

from constellagent.faces.web import openapi
from constellagent.faces.web.serving import description
from constellagent.spec.schema import render
from tests.faces.conftest import Cli


def test_prints_or_writes(cli: Cli, tmp_path: Path) -> None:
    """The schema goes to stdout, or to a file."""
    assert cli("schema").out == render()
    assert cli("schema", "--out", str(tmp_path / "s.json")).out == ""
    assert (tmp_path / "s.json").read_text() == render()
    assert cli("schema", "--out", str(tmp_path / "no" / "s.json")).code == 64


def test_prints_the_description_of_the_api(cli: Cli) -> None:
    """With --api it is the OpenAPI document."""
    assert cli("schema", "--api").out == openapi.render(description())
