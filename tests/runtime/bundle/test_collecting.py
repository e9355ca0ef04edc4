"""A look that hangs, and names that are secret, cost a report nothing else."""

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.runtime.bundle.collecting import collect
from constellagent.runtime.bundle.parts import Part
from constellagent.runtime.bundle.shapes import MARK
from constellagent.runtime.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Give a state with three sessions that left nothing but their folders."""
    paths = Paths(tmp_path / "state")
    for _ in range(3):
        (paths.sessions / uuid.uuid4().hex).mkdir(parents=True)
    return paths


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let git's settings be a pipe that nobody writes into, until the test is over."""
    settings = tmp_path / ".gitconfig"
    os.mkfifo(settings)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LAB_PASSWORD", "nightingale")
    yield
    os.close(os.open(settings, os.O_RDWR | os.O_NONBLOCK))


@pytest.mark.usefixtures("hanging")
def test_a_look_for_secrets_that_hangs_costs_no_session(paths: Paths) -> None:
    """Each session has its file under its own name, what was found before is taken out, and it is said."""
    (paths.home / "nightingale").touch()
    bundle = collect(paths, limit=2.0)
    assert {name for name in bundle.files if name.startswith("sessions/")} == {
        f"sessions/{place.name}.json" for place in paths.sessions.iterdir()
    }
    assert "left out" in json.loads(bundle.files["faults.json"])["secrets to take out"]
    assert b"nightingale" not in bundle.files["files.json"]
    assert b"state.db" not in bundle.files["faults.json"]


def test_names_that_are_alike_without_their_secrets_are_numbered(paths: Paths) -> None:
    """None takes the place of another, the files of one thing have one number, and it is said."""
    one, other = (f"programs/{word}" for word in ("abc123def456abc789", "bcd234efa567bcd890"))
    wanted = {f"{one}.json": 1, f"{other}.json": 2, f"{other}.log": "a", f"{one}.log": "b"}
    bundle = collect(paths, [Part("more", lambda: wanted)])
    told = {
        name: data.decode().strip() for name, data in bundle.files.items() if name.startswith("programs/")
    }
    assert told == {
        f"programs/{MARK}.json": "1",
        f"programs/{MARK}-2.json": "2",
        f"programs/{MARK}-2.log": "a",
        f"programs/{MARK}.log": "b",
    }
    assert "numbered" in json.loads(bundle.files["faults.json"])["names of files"]
    assert "names of files" not in collect(paths).faults
