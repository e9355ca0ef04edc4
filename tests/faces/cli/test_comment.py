"""`comment`: leaving, listing, changing and sending review comments."""

import json
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import UsageError
from constellagent.faces.cli.comment import _parse
from constellagent.runtime.comment_views import CommentView, SentView
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, Queue


def comment_view(ident: str = "c0ffee", **changes: Any) -> CommentView:
    """Return a comment, with changes."""
    view = CommentView(
        id=ident,
        agent="docs",
        path="src/app.py",
        side="new",
        line=12,
        end_line=14,
        text="Close it.",
        quote="a\nb\nc",
        revision="worktree",
        author="person",
        state="open",
        outdated=False,
        created_at=1.0,
        edited_at=1.0,
        sent_at=None,
    )
    return CommentView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


@pytest.fixture(autouse=True)
def _person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a person at a terminal, not an agent in its session."""
    monkeypatch.delenv("CONSTELLAGENT_AGENT", raising=False)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("src/app.py", ("src/app.py", 0, 0)),
        ("src/app.py:12", ("src/app.py", 12, 12)),
        ("src/app.py:12-14", ("src/app.py", 12, 14)),
        ("a:b", ("a:b", 0, 0)),
        ("odd:3:0", ("odd:3", 0, 0)),
        ("a\nb:1", ("a\nb", 1, 1)),
        (".", ("", 0, 0)),
    ],
)
def test_places(place: str, expected: tuple[str, int, int]) -> None:
    """A place is a file, lines of one, or the whole work; other colons belong to the name."""
    assert _parse(place) == expected


def test_no_place() -> None:
    """An empty place is wrong usage."""
    with pytest.raises(UsageError, match="empty"):
        _parse("")


def test_add(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The words are the comment, and the answer is where it stands and its id."""
    daemon.answers["add"] = comment_view()
    ran = cli("comment", "add", "docs", "src/app.py:12-14", "Close", "it.")
    assert (ran.code, ran.out) == (0, "comment c0ffee on src/app.py:12-14\n")
    assert daemon.requests("comments") == [
        {
            "file": str(repo / "constellation.yaml"),
            "agent": "docs",
            "action": "add",
            "path": "src/app.py",
            "line": 12,
            "end_line": 14,
            "side": "new",
            "text": "Close it.",
            "author": "person",
        }
    ]
    assert json.loads(cli("comment", "add", "docs", ".", "x", "--json").out)["id"] == "c0ffee"


def test_add_to_the_old_side_as_an_agent(
    daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an agent's session the author is that agent."""
    monkeypatch.setenv("CONSTELLAGENT_AGENT", "triage")
    daemon.answers["add"] = comment_view(side="old")
    ran = cli("comment", "add", "docs", "src/app.py:12-14", "Why?", "--old")
    assert ran.out == "comment c0ffee on src/app.py:12-14 (old)\n"
    request = daemon.requests("comments")[0]
    assert (request["side"], request["author"]) == ("old", "triage")


def test_list(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """One line for each, in which nothing can move the cursor."""
    daemon.answers["list"] = [
        comment_view(text="Close\nit.\x1b[2J", end_line=12),
        comment_view("beef", path="", line=0, end_line=0, state="sent", author="triage"),
        comment_view("fade", outdated=True),
    ]
    ran = cli("comment", "list", "docs")
    assert [line.split() for line in ran.out.splitlines()] == [
        ["ID", "PLACE", "STATE", "BY", "COMMENT"],
        ["c0ffee", "src/app.py:12", "open", "person", "Close", "it.\N{REPLACEMENT CHARACTER}[2J"],
        ["beef", "the", "whole", "work", "sent", "triage", "Close", "it."],
        ["fade", "src/app.py:12-14", "open,", "outdated", "person", "Close", "it."],
    ]
    assert json.loads(cli("comment", "list", "docs", "--state", "open", "--json").out)[1]["id"] == "beef"
    first, second = daemon.requests("comments")
    assert ("states" in first, second["states"]) == (False, ["open"])


def test_an_empty_list(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """No comments are no error."""
    ran = cli("comment", "list", "docs")
    assert (ran.code, ran.out, ran.err) == (0, "", "there are no comments on docs\n")


def test_edit(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The words are the new text."""
    daemon.answers["edit"] = comment_view()
    assert cli("comment", "edit", "docs", "c0", "Better", "so.").out == "comment c0ffee is open\n"
    request = daemon.requests("comments")[0]
    assert (request["id"], request["text"]) == ("c0", "Better so.")


@pytest.mark.parametrize(
    ("action", "done"), [("resolve", "is resolved"), ("reopen", "is open"), ("remove", "was removed")]
)
def test_many_at_once(daemon: FakeControl, repo: Path, cli: Cli, action: str, done: str) -> None:
    """Several ids are dealt with one after another."""
    daemon.answers[action] = Queue([comment_view("a1"), comment_view("b2")])
    ran = cli("comment", action, "docs", "a", "b")
    assert (ran.code, ran.out) == (0, f"comment a1 {done}\ncomment b2 {done}\n")
    assert [request["id"] for request in daemon.requests("comments")] == ["a", "b"]
    assert json.loads(cli("comment", action, "docs", "b", "--json").out)[0]["id"] == "b2"


def test_send(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """It says how many went; ids and words before them are handed on."""
    daemon.answers["send"] = SentView(sent=True, why="", prompt="p", ids=["a1", "b2"])
    ran = cli("comment", "send", "docs", "--id", "a", "--id", "b", "--text", "Please:")
    assert (ran.code, ran.out) == (0, "sent 2 comments to docs\n")
    request = daemon.requests("comments")[0]
    assert (request["ids"], request["text"]) == (["a", "b"], "Please:")
    assert json.loads(cli("comment", "send", "docs", "--json").out)["prompt"] == "p"
    assert "ids" not in daemon.requests("comments")[1]


def test_send_that_was_not_taken(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """What the agent may not have taken is a warning with the reason, and exit code 1."""
    daemon.answers["send"] = SentView(sent=False, why="it is stopped", prompt="p", ids=["a1"])
    ran = cli("comment", "send", "docs")
    assert (ran.code, ran.out) == (1, "")
    assert "which stay open: it is stopped" in ran.err
    assert cli("comment", "send", "docs", "--json").code == 1
