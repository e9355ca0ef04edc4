"""When a program may be written to."""

import pytest

from constellagent.agents.kind import Kind, Signs, Start
from constellagent.runtime.delivery.gate import FRESH, judge, knows
from constellagent.runtime.delivery.sight import Sight
from constellagent.term.activity import Activity, Source, State

READABLE = Kind("claude", "claude", lambda *_: Start(()), signs=Signs(draft="> "))
DISTURBED = Kind("codex", "codex", lambda *_: Start(()), signs=Signs(draft="> "), queues=False)
LINED = Kind("aider", "aider", lambda *_: Start(()), signs=Signs(ready=("^> ",)))
HOOKED = Kind("gemini", "gemini", lambda *_: Start(()), hooks=True)
BOTH = Kind("opencode", "opencode", lambda *_: Start(()), signs=Signs(ready=("^> ",)), hooks=True)
EMPTY, NOTHING = Sight((), draft=""), Sight(())


def doing(state: State, reason: str = "", source: Source = "hook") -> Activity:
    """Return an activity."""
    return Activity(state, reason, source, 0.0)


@pytest.mark.parametrize(
    ("kind", "activity", "age", "sight", "word"),
    [
        (READABLE, doing("waiting", "idle prompt"), 9, EMPTY, "open"),
        (READABLE, None, 0, EMPTY, "open"),
        (READABLE, doing("done"), 9, EMPTY, "open"),
        (READABLE, doing("working"), 9, EMPTY, "open"),
        (DISTURBED, doing("working"), 9, EMPTY, "wait"),
        (DISTURBED, doing("unknown"), 9, EMPTY, "open"),
        (READABLE, doing("waiting", "idle prompt"), 9, NOTHING, "wait"),
        (READABLE, doing("starting"), 9, NOTHING, "wait"),
        (READABLE, doing("waiting", "idle prompt"), 9, Sight((), draft="mine"), "draft"),
        (READABLE, doing("waiting", "permission"), 9, NOTHING, "dialog"),
        (READABLE, doing("waiting", "permission"), FRESH / 2, EMPTY, "dialog"),
        (READABLE, doing("waiting", "permission"), FRESH * 2, EMPTY, "open"),
        (READABLE, doing("waiting", "question"), 9, NOTHING, "dialog"),
        (READABLE, doing("working"), 9, Sight((), dialog="Allow?"), "dialog"),
        (READABLE, doing("working"), 9, Sight((), draft="1. Yes", dialog="Allow?"), "dialog"),
        (READABLE, doing("waiting", "idle prompt"), 9, Sight((), ready=True), "wait"),
        (READABLE, doing("waiting", "idle prompt"), 9, Sight((), draft="", brackets=False), "wait"),
        (READABLE, doing("waiting", "idle prompt"), 9, Sight((), draft="", brackets=True), "open"),
        (LINED, doing("unknown"), 9, NOTHING, "wait"),
        (LINED, doing("unknown"), 9, Sight((), ready=True), "open"),
        (HOOKED, doing("starting", source="none"), 1, NOTHING, "wait"),
        (BOTH, doing("working", source="output"), 9, Sight((), ready=True), "wait"),
        (BOTH, doing("working"), 9, Sight((), ready=True), "open"),
        (READABLE, doing("working", source="output"), 9, EMPTY, "open"),
        (HOOKED, doing("waiting", "idle prompt"), 1, NOTHING, "open"),
        (HOOKED, doing("waiting", "permission"), 9, NOTHING, "dialog"),
    ],
)
def test_judging(kind: Kind, activity: Activity | None, age: float, sight: Sight, word: str) -> None:
    """Dialogs and drafts come first; then what the screen shows; an old word of a hook yields to it."""
    assert judge(kind, activity, age, sight).word == word


def test_it_says_why() -> None:
    """In words that name the question."""
    assert judge(READABLE, doing("waiting", "permission"), 9, NOTHING).why == "it asks for a permission"
    assert judge(READABLE, None, 9, Sight((), dialog="Trust it?")).why == "it shows a dialog: Trust it?"


def test_which_kinds_let_us_know() -> None:
    """A command tells nothing of itself."""
    assert all(knows(kind) for kind in (READABLE, LINED, HOOKED))
    assert not knows(Kind("command", "", lambda *_: Start(())))
