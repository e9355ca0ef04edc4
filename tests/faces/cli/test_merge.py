"""`merge`: the preview, the question and the merge."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constellagent.runtime.review_views import ConflictView, MergedView, MergeView
from tests.faces.cli.conftest import OnTerminal
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, Queue

_DONE = MergedView(base="main", commit="c" * 40, before="b" * 40, done=["merged docs into main"])


def _view(**changes: Any) -> MergeView:
    view = MergeView(
        base="main",
        base_commit="b" * 40,
        branch="agents/docs",
        commit="a" * 40,
        commits=2,
        files=1,
        fast_forward=False,
        up_to_date=False,
        conflicts=[],
        uncommitted=0,
        blocked="",
    )
    return MergeView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def _answers(daemon: FakeControl, **changes: Any) -> None:
    daemon.answers["merge"] = Queue([_view(**changes), _DONE])


def test_it_shows_and_then_merges_what_it_showed(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The preview goes beside the result, and the commit that it showed is the one that is merged."""
    _answers(daemon, uncommitted=3)
    ran = cli("merge", "docs", "--yes", "--method", "squash", "-m", "All", "--as", "agent")
    assert ran.out == "merged docs into main\n"
    assert "agents/docs (aaaaaaaaaaaa) into main: 2 commits, 1 file" in ran.err
    assert "3 changes in the worktree not committed" in ran.err
    file = str(repo / "constellation.yaml")
    assert daemon.asked == [
        ("browse", {"request": {"file": file, "agent": "docs", "action": "merge"}}),
        (
            "change",
            {
                "request": {
                    "file": file,
                    "agent": "docs",
                    "action": "merge",
                    "method": "squash",
                    "message": "All",
                    "author": "agent",
                    "commit": "a" * 40,
                }
            },
        ),
    ]


def test_a_preview_only_looks(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Conflicts and what stands in the way are the result, in words or as JSON, and nothing is merged."""
    conflict = ConflictView(path="a\x1b.txt", what="CONFLICT (contents)", text="x")
    _answers(daemon, conflicts=[conflict], blocked="a.txt in conflict")
    said = cli("merge", "docs", "--preview").out
    assert "CONFLICT (contents): a\ufffd.txt" in said
    assert "cannot be merged now: a.txt in conflict" in said
    _answers(daemon, fast_forward=True)
    assert json.loads(cli("merge", "docs", "--preview", "--json").out)["fast_forward"]
    assert [name for name, _ in daemon.asked] == ["browse", "browse"]


def test_what_is_blocked_is_not_asked_about(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Where it cannot be merged the reason is the error."""
    _answers(daemon, blocked="the worktree of main is not clean")
    ran = cli("merge", "docs", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("not clean") == 1
    assert len(daemon.asked) == 1


def test_nothing_to_merge_is_no_question(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A base that has everything already is said to."""
    _answers(daemon, up_to_date=True, commits=0)
    ran = cli("merge", "docs", "--json")
    assert json.loads(ran.out) == _DONE
    assert "main has all of agents/docs" in ran.err


def test_it_asks_on_a_terminal(
    daemon: FakeControl, repo: Path, cli: Cli, terminal: Callable[..., OnTerminal]
) -> None:
    """Without a terminal it takes --yes; on one only a yes merges."""
    _answers(daemon)
    ran = cli("merge", "docs")
    assert ran.code == 64
    assert "--yes" in ran.err
    _answers(daemon)
    run = terminal("merge", "docs")
    run.until("merge agents/docs into main? [y/N]")
    run.type("n\n")
    assert run.end() == 1
    assert "change" not in [name for name, _ in daemon.asked]


@pytest.mark.parametrize(
    "words", [("--method", "octopus"), ("--method", "rebase", "-m", "x"), ("--as", "me")]
)
def test_mistakes_are_told_before_anything(
    daemon: FakeControl, repo: Path, cli: Cli, words: tuple[str, ...]
) -> None:
    """An unknown method or author, and a message for commits that keep theirs, are refused."""
    assert cli("merge", "docs", *words).code == 64
    assert not daemon.asked
