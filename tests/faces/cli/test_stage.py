"""`stage`, `unstage` and `discard`: what is asked of the daemon, and what is said."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.errors import RefusedError
from constellagent.runtime.review_views import DoneView
from tests.faces.cli.conftest import OnTerminal
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


@pytest.mark.parametrize("action", ["stage", "unstage"])
def test_paths_or_all_are_sent(daemon: FakeControl, repo: Path, cli: Cli, action: str) -> None:
    """Paths go as they were given, all goes without any; the answer is said or is JSON."""
    daemon.answers[action] = DoneView(done=["staged a file"], rescue="")
    request = {"file": str(repo / "constellation.yaml"), "agent": "docs", "action": action}
    assert cli(action, "docs", "a b.txt", "*.py").out == "staged a file\n"
    assert daemon.asked[-1] == ("change", {"request": {**request, "paths": ["a b.txt", "*.py"]}})
    assert json.loads(cli(action, "docs", "--all", "--json").out) == {"done": ["staged a file"], "rescue": ""}
    assert daemon.asked[-1] == ("change", {"request": request})


@pytest.mark.parametrize("words", [("docs",), ("docs", "a.txt", "--all")])
@pytest.mark.parametrize("action", ["stage", "unstage", "discard"])
def test_it_must_be_said_what(
    daemon: FakeControl, repo: Path, cli: Cli, action: str, words: tuple[str, ...]
) -> None:
    """Neither paths nor --all, and both, are mistakes; nothing is asked of the daemon."""
    ran = cli(action, *words)
    assert (ran.code, ran.out) == (64, "")
    assert "--all" in ran.err
    assert not daemon.asked


def test_discarding_asks_first(
    daemon: FakeControl, repo: Path, cli: Cli, terminal: Callable[..., OnTerminal]
) -> None:
    """Without a terminal it takes --yes; on one it asks, and only a yes throws away."""
    daemon.answers["discard"] = DoneView(done=["gone", "get it back with: x"], rescue="refs/x")
    ran = cli("discard", "docs", "a.txt")
    assert ran.code == 64
    assert "--yes" in ran.err
    assert not daemon.asked
    assert cli("discard", "docs", "a.txt", "--yes").out == "gone\nget it back with: x\n"
    run = terminal("discard", "docs", "--all")
    run.until("throw away everything that is not staged in the worktree of docs? [y/N]")
    run.type("n\n")
    assert run.end() == 1
    assert len(daemon.asked) == 1


def test_a_refusal_has_its_own_exit_code(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """What would be lost is listed, with exit code 3."""
    daemon.fails["change"] = RefusedError("it would be lost", ["a.bin"])
    ran = cli("discard", "docs", "--all", "--yes")
    assert (ran.code, ran.out) == (3, "")
    assert "a.bin" in ran.err
