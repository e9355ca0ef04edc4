"""`agent add|remove|set`: edits that keep the rest of the file."""

from pathlib import Path

import pytest

from constellagent.spec.load import load
from tests.faces.conftest import Cli

TEXT = """\
version: 1  # keep me
agents:
  # the writer
  docs:
    command: [sleep, "9"]
"""


@pytest.fixture
def file(repo: Path) -> Path:
    """Give a file with a comment."""
    place = repo / "constellation.yaml"
    place.write_text(TEXT)
    place.chmod(0o640)
    return place


def test_add(file: Path, cli: Cli) -> None:
    """A new agent has the given command and settings, the comments stay, and so does the file's mode."""
    ran = cli(
        "agent", "add", "api", "--branch", "feature/api", "--restart", "always", "--", "bash", "-c", "echo hi"
    )
    assert (ran.code, ran.err) == (0, "")
    agent = load(file.read_bytes(), "c").constellation.agents["api"]
    assert (agent.command, agent.branch, agent.restart) == (
        ("bash", "-c", "echo hi"),
        "feature/api",
        "always",
    )
    assert "# keep me" in file.read_text()
    assert "# the writer" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640


def test_remove(file: Path, cli: Cli) -> None:
    """A removed agent is gone; one that is not there is wrong usage."""
    cli("agent", "add", "api", "--", "ls")
    assert cli("agent", "remove", "api").code == 0
    assert "api" not in load(file.read_bytes(), "c").constellation.agents
    assert cli("agent", "remove", "api").code == 64


def test_set(file: Path, cli: Cli) -> None:
    """One value is set; the same value again changes nothing."""
    assert cli("agent", "set", "docs", "restart", "on-failure").code == 0
    assert load(file.read_bytes(), "c").constellation.agents["docs"].restart == "on-failure"
    assert cli("agent", "set", "docs", "restart", "on-failure").out == "nothing to change\n"


def test_a_name_with_a_dot(file: Path, cli: Cli) -> None:
    """A dot in an agent's name does not lead into another block."""
    cli("agent", "add", "v1.2", "--", "ls")
    assert cli("agent", "set", "v1.2", "restart", "always").code == 0
    assert load(file.read_bytes(), "c").constellation.agents["v1.2"].restart == "always"


@pytest.mark.parametrize(
    "words",
    [("add", "Bad Name", "--", "ls"), ("set", "docs", "branch", "a..b"), ("add", "x", "--kind", "zzz")],
)
def test_a_bad_edit_changes_nothing(file: Path, cli: Cli, words: tuple[str, ...]) -> None:
    """Where the result would not be valid the file stays as it was, and the exit code is 65."""
    assert cli("agent", *words).code == 65
    assert file.read_text() == TEXT
    assert [entry.name for entry in file.parent.iterdir() if entry.name.startswith(".constellation")] == []


def test_a_link_is_followed(file: Path, cli: Cli) -> None:
    """Where the file is a link, its target is edited and the link stays."""
    target = file.rename(file.with_name("real.yaml"))
    file.symlink_to(target)
    assert cli("agent", "set", "docs", "restart", "always").code == 0
    assert file.is_symlink()
    assert "always" in target.read_text()


def test_no_text(file: Path, cli: Cli) -> None:
    """A file that is no UTF-8 is not edited."""
    file.write_bytes(b"\xff")
    assert cli("agent", "set", "docs", "restart", "always").code == 64


def test_a_folder_that_cannot_be_written(file: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file cannot be replaced it stays whole, and nothing is left beside it.

    The replacing itself is made to fail, because the superuser may write everywhere.
    """

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    assert cli("agent", "set", "docs", "restart", "always").code == 1
    assert file.read_text() == TEXT
    assert [entry.name for entry in file.parent.iterdir() if entry.name.startswith(".constellation")] == []
