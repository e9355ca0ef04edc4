"""What the screen adds to hooks and titles, rule by rule; times are in seconds from the start."""

import re

import pytest

from constellagent.term.activity import Activity, ActivityTracker, Sign, Signs, Source
from constellagent.term.scanner.events import Notification, Title
from tests.term.activity.steps import (
    ASKED,
    BLANK,
    BUSY,
    DIALOG,
    PROMPT,
    SEEN,
    SPINNER,
    STAR,
    Step,
    activity,
    bell,
    hook,
    out,
    shows,
    stream,
    title,
    typed,
)

SEEN_RULES: list[tuple[str, float, list[Step | list[Step]], tuple[str, str, Source, float]]] = [
    ("Esc on a permission", 12.8,
     [hook(10, "waiting", "permission"), shows(10.3, DIALOG), typed(12), shows(12.3, PROMPT)],
     ("waiting", "idle prompt", "screen", 12.8)),
    ("one that a key does not answer", 30.0,
     [hook(10, "waiting", "permission"), shows(10.3, DIALOG), typed(12), shows(12.3, DIALOG)],
     ("waiting", "permission", "hook", 10)),
    ("one refused where nobody saw the key", 17.3,
     [hook(10, "waiting", "permission"), shows(10.3, DIALOG), shows(12.3, PROMPT)],
     ("waiting", "idle prompt", "screen", 17.3)),
    ("a permission that is given", 14.3,
     [hook(10, "waiting", "permission"), shows(10.3, DIALOG), typed(12), shows(12.3, BUSY), out(13)],
     ("working", "", "screen", 12.8)),
    ("a rest in the title does not end a question", 60.0,
     [hook(10, "waiting", "permission"), title(10.1, STAR), shows(10.3, DIALOG), title(20, STAR)],
     ("waiting", "permission", "hook", 10)),
    ("not even where the screen says nothing", 60.0,
     [hook(10, "waiting", "permission"), title(10.1, STAR), shows(10.3, BLANK)],
     ("waiting", "permission", "hook", 10)),
    ("a screen tells why a title rests", 10.3, [title(10, STAR), shows(10.3, DIALOG)],
     ("waiting", "permission", "screen", 10.3)),
    ("before anybody is told that it rests", 10.2, [title(5, SPINNER), out(10), title(10, STAR)],
     ("working", "", "title", 5)),
    ("which it may", 10.3, [title(5, SPINNER), out(10), title(10, STAR), shows(10.3, BLANK)],
     ("waiting", "idle prompt", "title", 10)),
    ("and goes on telling", 60.0,
     [title(10, STAR), shows(10.3, DIALOG), *(title(11 + turn, STAR) for turn in range(40))],
     ("waiting", "permission", "screen", 10.3)),
    ("a title knows of a question", 12.5,
     [hook(1, "done"), typed(10), title(12, "\u270b  Action Required (x)")],
     ("waiting", "permission", "title", 12.5)),
    ("another question than the hook's", 25.0,
     [hook(10, "waiting", "permission"), shows(20, ASKED)], ("waiting", "question", "screen", 25)),
    ("a reason of the hook's own stays", 60.0,
     [hook(10, "waiting", "Bash"), shows(20, ASKED)], ("waiting", "Bash", "hook", 10)),
    ("a dialog of which no hook knows", 12.0,
     [hook(1, "working"), shows(10, DIALOG)], ("waiting", "permission", "screen", 12)),
    ("one beside a tool that ended", 13.0,
     [hook(1, "working"), hook(9, "waiting", "permission"), shows(9.3, DIALOG), hook(11, "working")],
     ("waiting", "permission", "screen", 13)),
    ("Esc on work", 12.9, [hook(2, "working"), shows(3, BUSY), typed(12), shows(12.4, PROMPT)],
     ("waiting", "idle prompt", "screen", 12.9)),
    ("a prompt that stands while a hook says it works", 7.0,
     [shows(1, PROMPT), hook(2, "working")], ("waiting", "idle prompt", "screen", 7)),
    ("until something is drawn", 7.0, [shows(1, PROMPT), hook(2, "working"), out(6.5)],
     ("working", "", "hook", 2)),
    ("a spinner outvotes a screen that nobody can read", 30.0,
     [hook(1, "working"), shows(2, PROMPT), *(title(2 + turn, SPINNER) for turn in range(28))],
     ("working", "", "hook", 1)),
    ("but not for ever", 18.0,
     [hook(1, "working"), title(2, SPINNER), shows(3, PROMPT), title(3.5, SPINNER), title(10, ""),
      shows(13, PROMPT)],
     ("waiting", "idle prompt", "screen", 8.5)),
    ("a bell does not undo the end of a turn", 60.0, [hook(1, "done"), bell(5)], ("done", "", "hook", 1)),
    ("a start without a prompt", 3.3, [hook(1, "starting"), title(1, STAR), shows(1.3, PROMPT)],
     ("waiting", "idle prompt", "screen", 3.3)),
    ("a start with one", 60.0, [hook(1, "starting"), shows(1.3, PROMPT), hook(2, "working"), shows(3, BUSY)],
     ("working", "", "hook", 2)),
    ("what is drawn while it starts is no work", 12.0, [stream(0.5, 11.8)], ("starting", "", "none", 0)),
    ("nor is quiet then unknown", 29.9, [out(1, 9000)], ("starting", "", "none", 0)),
    ("but not for ever", 30.0, [stream(0.5, 29.5)], ("working", "", "output", 30)),
    ("quiet neither", 30.0, [out(1)], ("unknown", "quiet", "output", 30)),
    ("a dialog ends a start at once", 11.0, [out(1, 9000), shows(11, DIALOG)],
     ("waiting", "permission", "screen", 11)),
    ("a prompt once it has stood", 12.5, [out(1, 9000), shows(11, PROMPT)],
     ("waiting", "idle prompt", "screen", 11)),
    ("not before", 12.3, [out(1, 9000), title(10.9, STAR), shows(11, PROMPT)], ("starting", "", "none", 0)),
    ("nor where the first turn begins", 12.3, [out(1, 9000), shows(11, PROMPT), hook(12.2, "working")],
     ("working", "", "hook", 12.2)),
    ("after the first sign output is work again", 20.0, [hook(1, "done"), hook(2, "unknown"), out(19)],
     ("working", "", "output", 19)),
    ("done and a prompt agree", 60.0, [hook(1, "done"), shows(2, PROMPT)], ("done", "", "hook", 1)),
    ("a wait without a reason gets one", 4.0, [hook(1, "waiting"), shows(2, DIALOG)],
     ("waiting", "permission", "screen", 4)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "steps", "expected"), [rule[1:] for rule in SEEN_RULES], ids=[rule[0] for rule in SEEN_RULES]
)
def test_rule_of_screens(
    at: float, steps: list[Step | list[Step]], expected: tuple[str, str, Source, float]
) -> None:
    """What hooks leave open, the screen and the title tell."""
    found = activity(at, *steps, signs=SEEN)
    assert (found.state, found.reason, found.source, found.since) == pytest.approx(expected)


def test_a_screen_is_looked_at_after_a_resize_and_when_asked_to() -> None:
    """Another size may hide or uncover a dialog; a daemon that comes later looks once."""
    tracker = ActivityTracker(0.0, signs=SEEN)
    tracker.resized(1.0)
    assert tracker.screen_at == 1.3
    tracker.screen(1.3, BLANK, 0)
    tracker.look(5.0)
    assert tracker.screen_at == 5.3


def test_a_screen_is_looked_at_where_it_has_signs() -> None:
    """It is due soon after output, also while output never ends, and its word goes before bare output."""
    signs = Signs(screens=(Sign(re.compile(r"\[y/n\]"), "waiting", "question"),))
    assert ActivityTracker(0.0).screen_at is None
    tracker = ActivityTracker(0.0, signs=signs)
    assert tracker.screen_at is None
    tracker.output(1.0, 20)
    assert tracker.screen_at == 1.3
    for turn in range(9):
        tracker.output(1.1 + turn / 10, 20)
    assert tracker.screen_at == 2.0
    tracker.screen(2.0, ["Sure? [y/n]"], 0)
    assert tracker.screen_at is None
    assert tracker.tick(2.0) == Activity("waiting", "question", "screen", 2.0)
    tracker.output(4.0, 20)
    assert tracker.tick(4.0).state == "waiting"
    tracker.screen(4.3, ["Fine."], 0)
    assert tracker.tick(5.8) == Activity("working", "", "output", 4.3)
    tracker.output(6.0, 20)
    tracker.ended(6.0, 0, None)
    assert tracker.screen_at is None


def test_a_screen_contradicts_a_title_that_stands() -> None:
    """A dialog that a title does not know of is seen after a while."""
    signs = Signs(screens=(Sign(re.compile("Trust this folder"), "waiting", "permission"),))
    tracker = ActivityTracker(0.0, signs=signs)
    tracker.signal(1.0, Title(SPINNER, 0))
    tracker.screen(2.0, ["Trust this folder?"], 0)
    assert tracker.tick(3.9).state == "working"
    assert tracker.tick(4.0) == Activity("waiting", "permission", "screen", 4.0)


def test_a_notification_is_contradicted_by_a_screen() -> None:
    """An alert that was answered out of sight is dropped when the screen shows work."""
    signs = Signs(screens=(Sign(re.compile("esc to interrupt"), "working"),))
    tracker = ActivityTracker(0.0, signs=signs)
    tracker.signal(1.0, Notification("", "permission", "normal", 9, 0))
    tracker.screen(2.0, ["esc to interrupt"], 0)
    assert tracker.tick(6.9).state == "waiting"
    assert tracker.tick(8.5) == Activity("working", "", "screen", 7.0)
