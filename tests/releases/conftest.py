"""The one place of kept states, and commands that look at it without a process each."""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from constellagent.faces.cli.boundary import run
from tests.releases.place import Place

Look = Callable[..., Any]
"""Runs a command that writes JSON in this process, and returns what it wrote."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give them time to wait for the one place, and leave them out where there is no /proc."""
    for item in items:
        if "/releases/" not in str(item.path):
            continue
        item.add_marker(pytest.mark.timeout(600))
        if sys.platform != "linux":  # by /proc a place finds what it must end
            item.add_marker(pytest.mark.skip(reason="kept states lie below /tmp and name Linux processes"))


@pytest.fixture
def place() -> Iterator[Place]:
    """Give the one place; nothing of it runs afterwards."""
    with Place(agents=0) as made:
        yield made


@pytest.fixture
def look(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Look:
    """Give a function that asks the place's daemon; it must run, and the place must be filled."""

    def ask(*words: str) -> Any:
        monkeypatch.chdir(place.repo)
        monkeypatch.setenv("CONSTELLAGENT_HOME", str(place.home))
        capsys.readouterr()
        code = run([*words, "--json"])
        out, err = capsys.readouterr()
        assert code == 0, err
        return json.loads(out)

    return ask
