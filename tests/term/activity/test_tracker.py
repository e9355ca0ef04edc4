"""From signs and time to a state, rule by rule; times are in seconds from the start."""

import re
from collections.abc import Callable
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.activity import Activity, ActivityTracker, Sign, Signs, Source, State
from constellagent.term.scanner.events import (
    AgentState,
    Bell,
    Folder,
    Mark,
    Notification,
    Progress,
    Signal,
    Title,
)

SPINNER, STAR = "\u2802 Fixing", "\u2733 Fixing"
Step = Callable[[ActivityTracker], None]


def out(at: float, count: int = 20) -> Step:
    """Return output at that time."""
    return lambda tracker: tracker.output(at, count)


def stream(begin: float, end: float, every: float = 0.5, count: int = 20) -> list[Step]:
    """Return output again and again."""
    return [out(begin + turn * every, count) for turn in range(int((end - begin) / every) + 1)]


def sign(at: float, event: Signal) -> Step:
    """Return a signal."""
    return lambda tracker: tracker.signal(at, event)


def title(at: float, text: str) -> Step:
    """Return a title."""
    return sign(at, Title(text, 0))


def mark(at: float, kind: Literal["A", "B", "C", "D"], status: int | None = None) -> Step:
    """Return a shell's mark."""
    return sign(at, Mark(kind, status, 0))


def note(at: float, body: str = "Which one?") -> Step:
    """Return a notification."""
    return sign(at, Notification("", body, "normal", 9, 0))


def bell(at: float) -> Step:
    """Return a bell."""
    return sign(at, Bell(1, 0))


def typed(at: float) -> Step:
    """Return that somebody typed."""
    return lambda tracker: tracker.typed(at)


def hook(at: float, state: State, reason: str = "", message: str = "") -> Step:
    """Return the word of a hook."""
    return lambda tracker: tracker.hook(at, state, reason, message)


def told(at: float, state: str, kind: str = "") -> Step:
    """Return the word of the agent."""
    return sign(at, AgentState(state, kind, 0))


def activity(at: float, *steps: Step | list[Step], signs: Signs | None = None) -> Activity:
    """Return what is known at that time after these steps."""
    tracker = ActivityTracker(0.0, signs=signs)
    for step in steps:
        for single in step if isinstance(step, list) else [step]:
            single(tracker)
    return tracker.tick(at)


RULES: list[tuple[str, float, list[Step | list[Step]], tuple[State, str, Source, float]]] = [
    # a plain command
    ("starts", 29.9, [], ("starting", "", "none", 0)),
    ("never writes", 30.0, [], ("unknown", "quiet", "none", 30)),
    ("writes", 3.0, [out(1), out(2.5)], ("working", "", "output", 1)),
    ("quiet, but not for long", 3.4, [out(1), out(0.0)], ("working", "", "output", 1)),
    ("quiet", 4.5, [out(1)], ("unknown", "quiet", "output", 3)),
    ("pauses are bridged", 9.0, [stream(1, 9, every=3.4)], ("working", "", "output", 1)),
    ("a spinner is work", 60.0, [stream(1, 60, every=1, count=9)], ("working", "", "output", 1)),
    ("output after quiet", 20.1, [out(1), out(20)], ("working", "", "output", 20)),
    ("an echo is no work", 21.0, [out(1), typed(20), out(20.1)], ("unknown", "quiet", "output", 3)),
    ("nor is the first one", 3.0, [typed(1), out(1.1)], ("starting", "", "none", 0)),
    ("an answer is", 20.7, [out(1), typed(20), out(20.1), out(20.6)], ("working", "", "output", 20.6)),
    # a shell with marks
    ("a prompt", 1.0, [mark(1, "A"), mark(1, "B")], ("waiting", "idle prompt", "prompt", 1)),
    ("a short command", 3.0, [mark(1, "A"), mark(2, "C")], ("waiting", "idle prompt", "prompt", 1)),
    ("a command", 3.5, [mark(1, "A"), mark(2, "C")], ("working", "", "prompt", 2)),
    ("its good end", 11.5, [mark(2, "C"), mark(10, "D", 0)], ("done", "", "prompt", 10)),
    ("its bad end", 11.5, [mark(2, "C"), mark(10, "D", 3)], ("failed", "exit status 3", "prompt", 10)),
    (
        "and the next prompt",
        10.1,
        [mark(2, "C"), mark(10, "D", 0), mark(10, "A")],
        ("waiting", "idle prompt", "prompt", 10),
    ),
    (
        "a shell that marks prompts only",
        15.0,
        [mark(1, "A"), typed(10), stream(10.6, 15, every=0.1)],
        ("working", "", "output", 11.7),
    ),
    # progress
    ("a bar", 5.0, [sign(1, Progress("set", 5, 0))], ("working", "", "progress", 1)),
    ("an error", 11.5, [sign(1, Progress("set", 5, 0)), sign(10, Progress("error", 5, 0))],
     ("failed", "progress error", "progress", 10)),
    ("no bar any more", 20.0, [out(1), sign(1, Progress("set", 5, 0)), sign(9, Progress("remove", None, 0))],
     ("unknown", "quiet", "output", 9)),
    ("a bar that stands still", 62.0, [out(1), sign(1, Progress("set", 5, 0))],
     ("working", "", "progress", 1)),
    ("and is not believed", 62.5, [out(1), sign(1, Progress("set", 5, 0))],
     ("unknown", "quiet", "progress", 61)),
    # notifications and bells
    ("a notification is a question", 11.0, [out(10), note(10)], ("waiting", "question", "notification", 11)),
    ("after some quiet", 10.9, [out(10), note(10)], ("working", "", "output", 10)),
    ("which output puts off", 12.4, [out(10), note(10), stream(10.5, 12)], ("working", "", "output", 10)),
    ("or answers", 14.0, [out(10), note(10), stream(10, 14, every=0.1, count=90)],
     ("working", "", "output", 10)),
    ("the last paint does not", 12.0, [note(10), out(10.2, 9000)],
     ("waiting", "question", "notification", 11.2)),
    ("nor does a clock", 40.0, [note(10), stream(12, 40, every=1, count=90)],
     ("waiting", "question", "notification", 11)),
    ("a key answers", 14.5, [out(10), note(10), typed(13)], ("unknown", "quiet", "output", 13)),
    ("not at once", 14.4, [out(10), note(10), typed(13)], ("waiting", "question", "notification", 11)),
    ("lively output answers", 15.2, [note(10), stream(12.5, 15, every=0.1)],
     ("working", "", "output", 13.6)),
    ("a known text is sure", 10.0, [out(10), note(10, "Approval required")],
     ("waiting", "permission", "notification", 10)),
    ("a bell", 11.0, [out(10), bell(10)], ("waiting", "question", "bell", 11)),
    ("a bell for a key", 12.0, [out(1), typed(10), bell(10.4)], ("unknown", "quiet", "output", 3)),
    ("a bell after a notification", 12.0, [note(10), bell(10.1)],
     ("waiting", "question", "notification", 11)),
    ("a bell at a prompt", 12.0, [mark(1, "A"), bell(10)], ("waiting", "idle prompt", "prompt", 1)),
    ("signals without a state", 4.0, [sign(1, Folder("/", "", 0))], ("starting", "", "none", 0)),
    # titles
    ("a spinner", 1.0, [title(1, SPINNER)], ("working", "", "title", 1)),
    ("ended", 5.0, [title(1, SPINNER), title(5, STAR)], ("waiting", "idle prompt", "title", 5)),
    ("begins again", 9.0, [title(1, STAR), title(7.5, SPINNER)], ("working", "", "title", 7.5)),
    ("blinks", 9.4, [title(1, STAR), title(8, SPINNER)], ("waiting", "idle prompt", "title", 1)),
    ("a title that says nothing", 5.0, [title(1, STAR), title(3, "")], ("starting", "", "none", 3)),
    ("the same rest is no news", 13.0, [title(1, STAR), note(10, "permission"), title(12, STAR)],
     ("waiting", "permission", "notification", 1)),
    ("the same work is", 13.0, [title(1, SPINNER), note(10, "permission"), title(11, SPINNER)],
     ("working", "", "title", 11)),
    # the agent's own word
    ("a report", 1.0, [told(1, "idle")], ("waiting", "idle prompt", "report", 1)),
    ("beats signals", 4.0, [told(1, "working"), title(2, STAR)], ("working", "", "report", 1)),
    ("an unknown word changes nothing", 4.0, [told(1, "working"), told(2, "dreaming")],
     ("working", "", "report", 1)),
    ("blocked", 8.0, [told(1, "working"), told(8, "blocked", "permission")],
     ("waiting", "permission", "report", 8)),
    ("a hook", 1.0, [hook(1, "working")], ("working", "", "hook", 1)),
    ("its end is sure", 9.0, [hook(1, "working"), hook(9, "done")], ("done", "", "hook", 9)),
    ("rest by a title agrees", 60.0, [hook(1, "done"), title(2, STAR)], ("done", "", "hook", 1)),
    ("taken back", 9.0, [hook(1, "working"), hook(5, "unknown")], ("starting", "", "none", 5)),
    ("long silence", 62.4, [out(1), hook(1, "working")], ("working", "", "hook", 1)),
    ("is not work", 62.5, [out(1), hook(1, "working")], ("unknown", "quiet", "hook", 61)),
    ("nor does a start last", 61.0, [hook(1, "starting")], ("unknown", "quiet", "hook", 61)),
    ("and more output is again", 70.0, [out(1), hook(1, "working"), out(70)], ("working", "", "hook", 70)),
    # contradictions
    ("a title contradicts", 15.0, [hook(1, "working"), title(1, SPINNER), title(10, STAR)],
     ("waiting", "idle prompt", "title", 15)),
    ("not at once", 14.9, [hook(1, "working"), title(1, SPINNER), title(10, STAR)],
     ("working", "", "hook", 1)),
    ("sooner after a key", 10.5, [hook(1, "working"), typed(9.9), title(10, STAR)],
     ("waiting", "idle prompt", "title", 10.5)),
    ("not where the hook is newer", 60.0, [title(10, STAR), hook(11, "working"), stream(11, 60)],
     ("working", "", "hook", 11)),
    ("a spinner that stands contradicts nothing", 60.0,
     [title(1, SPINNER), hook(10, "waiting", "permission"), stream(10, 60)],
     ("waiting", "permission", "hook", 10)),
    ("one that goes on does", 17.0,
     [title(1, SPINNER), hook(10, "waiting"), *(title(10.5 + turn, SPINNER) for turn in range(7))],
     ("working", "", "title", 15.5)),
    ("one that ends soon does not", 60.0,
     [title(1, SPINNER), hook(10, "waiting"), *(title(10.5 + turn, SPINNER) for turn in range(4))],
     ("waiting", "", "hook", 10)),
    ("a notification contradicts a spinner that stands", 6.0,
     [hook(1, "working"), title(1, SPINNER), out(2), note(2, "permission")], ("working", "", "hook", 1)),
    ("for long", 7.0, [hook(1, "working"), title(1, SPINNER), out(2), note(2, "permission")],
     ("waiting", "permission", "notification", 7)),
    ("output alone contradicts no hook", 60.0, [hook(1, "done"), stream(2, 60, every=0.1, count=90)],
     ("done", "", "hook", 1)),
    ("but after a key it does", 14.0,
     [hook(1, "waiting", "permission"), typed(10), stream(10.6, 14, every=0.1)],
     ("working", "", "output", 11.7)),
    # the end
    ("exit 0", 9.0, [out(1), lambda tracker: tracker.ended(9, 0, None)], ("done", "", "process", 9)),
    ("exit 3", 9.0, [lambda tracker: tracker.ended(9, 3, None)], ("failed", "exit status 3", "process", 9)),
    ("a signal", 9.0, [lambda tracker: tracker.ended(9, None, 15)], ("failed", "signal 15", "process", 9)),
    ("nobody knows", 9.0, [lambda tracker: tracker.ended(9, None, None)], ("exited", "", "process", 9)),
    ("and nothing after", 99.0, [lambda tracker: tracker.ended(9, None, None), hook(10, "working"), out(11)],
     ("exited", "", "process", 9)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "steps", "expected"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES]
)
def test_rule(at: float, steps: list[Step | list[Step]], expected: tuple[State, str, Source, float]) -> None:
    """What happened up to a time gives this state, reason, source and since."""
    found = activity(at, *steps)
    assert (found.state, found.reason, found.source, found.since) == pytest.approx(expected)


def test_the_message_is_what_was_said_to_a_person() -> None:
    """The text of a notification, of a hook, or how the command before a prompt ended."""
    assert activity(12.0, note(10, "Which one?")).message == "Which one?"
    assert activity(1.0, hook(1, "waiting", "question", "Deploy?")).message == "Deploy?"
    assert activity(9.0, mark(1, "C"), mark(8, "D", 3), mark(8, "A"), mark(8, "B")).message == "exit status 3"


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
    assert tracker.tick(6.9).state == "working"
    assert tracker.tick(7.0) == Activity("waiting", "permission", "screen", 7.0)


def test_a_notification_is_contradicted_by_a_screen() -> None:
    """An alert that was answered out of sight is dropped when the screen shows work."""
    signs = Signs(screens=(Sign(re.compile("esc to interrupt"), "working"),))
    tracker = ActivityTracker(0.0, signs=signs)
    tracker.signal(1.0, Notification("", "permission", "normal", 9, 0))
    tracker.screen(2.0, ["esc to interrupt"], 0)
    assert tracker.tick(6.9).state == "waiting"
    assert tracker.tick(8.5) == Activity("working", "", "screen", 7.0)


def test_a_repaint_is_no_work() -> None:
    """Another size, or another viewer, has the program draw; that is not its work."""
    tracker = ActivityTracker(0.0)
    tracker.output(1.0, 20)
    tracker.resized(20.0)
    tracker.output(20.1, 9000)
    assert tracker.tick(20.1) == Activity("unknown", "quiet", "output", 3.0)


def test_a_clock_that_goes_back_is_held() -> None:
    """Nothing happens before what has happened."""
    tracker = ActivityTracker(10.0)
    tracker.output(12.0, 20)
    tracker.hook(5.0, "done")
    assert tracker.tick(1.0) == Activity("done", "", "hook", 12.0)


def test_the_next_change_is_announced() -> None:
    """Whoever wakes up at `next_at` misses nothing, and an idle program is left alone."""
    tracker = ActivityTracker(0.0)
    assert tracker.next_at == 30.0
    tracker.output(1.0, 20)
    changes = []
    while (due := tracker.next_at) is not None:
        changes.append((due, tracker.tick(due).state))
    assert changes == [(3.0, "working"), (4.5, "unknown"), (30.0, "unknown")]
    tracker.output(40.0, 20)
    assert tracker.next_at == 42.0
    tracker.ended(41.0, 0, None)
    assert tracker.next_at is None


times = st.integers(0, 640).map(lambda eighths: eighths / 8)
events = st.sampled_from(
    [
        Title(SPINNER, 0),
        Title(STAR, 0),
        Title("", 0),
        Bell(1, 0),
        Notification("", "Which one?", "normal", 9, 0),
        Notification("", "permission", "normal", 9, 0),
        Progress("set", 5, 0),
        Progress("error", 5, 0),
        Progress("remove", None, 0),
        AgentState("working", "", 0),
        AgentState("blocked", "", 0),
        Mark("A", None, 0),
        Mark("C", None, 0),
        Mark("D", 1, 0),
    ]
)
kinds = st.one_of(
    st.tuples(st.just("output"), times, st.sampled_from([1, 20, 2000])),
    st.tuples(st.just("signal"), times, events),
    st.tuples(st.just("typed"), times),
    st.tuples(st.just("resized"), times),
    st.tuples(st.just("hook"), times, st.sampled_from(["working", "waiting", "done", "unknown"])),
    st.tuples(st.just("screen"), times, st.sampled_from([["[y/n]"], ["busy"], [""]]), st.just(0)),
)


@given(st.lists(kinds, max_size=25), st.lists(times, max_size=40), st.integers(0, 200))
def test_asking_changes_nothing(inputs: list[tuple[Any, ...]], asked: list[float], later: int) -> None:
    """However often and whenever it is asked, what is known at a time is the same."""
    signs = Signs(
        screens=(Sign(re.compile("y/n"), "waiting", "question"), Sign(re.compile("busy"), "working"))
    )
    seldom, often = ActivityTracker(0.0, signs=signs), ActivityTracker(0.0, signs=signs)
    ticks: list[tuple[Any, ...]] = [("tick", at) for at in asked]
    for name, at, *rest in sorted([*inputs, *ticks], key=lambda entry: entry[1]):
        getattr(often, name)(at, *rest)
        if name != "tick":
            getattr(seldom, name)(at, *rest)
    end = 80.0 + later
    for part in range(8):
        often.tick(80.0 + later * part / 8)
    assert often.tick(end) == seldom.tick(end)
    assert often.next_at == seldom.next_at
    assert seldom.next_at is None or seldom.next_at > end
    assert seldom.tick(end).since <= end
