"""`validate`: every problem at once, without a daemon."""

import json
import os
from pathlib import Path

import pytest

from tests.faces.conftest import Cli

GOOD = """\
version: 1
services:
  shop: {command: [sleep, "9"]}
agents:
  docs: {command: [sleep, "9"], schedules: {daily: {cron: "@daily"}}}
"""


@pytest.fixture(autouse=True)
def no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A daemon could not be started here."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(tmp_path / "no" / "where"))


def test_a_valid_file(repo: Path, cli: Cli) -> None:
    """A valid file is counted, and its hash is told with --json."""
    (repo / "constellation.yaml").write_text(GOOD)
    assert cli("validate").out == "constellation.yaml: valid, 1 agent, 1 service, 1 schedule\n"
    found = json.loads(cli("validate", "--json").out)
    assert (found["valid"], found["agents"], found["services"]) == (True, ["docs"], ["shop"])
    assert len(found["content_hash"]) == 64


def test_all_problems_at_once(repo: Path, cli: Cli) -> None:
    """Each problem is a line with its place, and the exit code is 65."""
    (repo / "constellation.yaml").write_text("version: 1\nagents:\n  docs: {knd: command}\nnam: x\n")
    ran = cli("validate")
    assert (ran.code, ran.out) == (65, "")
    lines = ran.err.splitlines()
    assert [line.rpartition(": ")[0][:23] for line in lines if line.startswith("constellation.yaml:")]
    assert "constellation.yaml:3:10:" in ran.err
    assert "constellation.yaml:4:1:" in ran.err
    found = json.loads(cli("validate", "--json").out)
    assert len(found["error"]["details"]["problems"]) >= 2


def test_the_path_is_shown_as_a_person_would_write_it(
    repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file below here is shown relative, any other absolute."""
    monkeypatch.chdir(repo.parent)
    assert cli("validate", "-f", "acme/constellation.yaml").out.startswith("acme/constellation.yaml: valid")
    (repo / "deep").mkdir()
    monkeypatch.chdir(repo / "deep")
    assert cli("validate").out.startswith(f"{repo}/constellation.yaml: valid")


def test_a_file_that_cannot_be_read(repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be opened is wrong usage, in words.

    `open` is made to fail, because the superuser can read every file.
    """

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    ran = cli("validate")
    assert ran.code == 64
    assert "Permission denied" in ran.err
    assert os.sep in ran.err


def test_a_huge_file_is_not_read_whole(repo: Path, cli: Cli) -> None:
    """A file beyond the limit is a problem of the file, found without reading all of it."""
    with (repo / "constellation.yaml").open("wb") as file:
        file.truncate(1 << 40)
    assert cli("validate").code == 65
