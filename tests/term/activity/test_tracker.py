"""From signs and time to a state, rule by rule; times are in seconds from the start."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.activity import Activity, ActivityTracker, Source, State
from constellagent.term.scanner.events import Folder, Progress, Title
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
    kinds,
    mark,
    note,
    out,
    sign,
    stream,
    times,
    title,
    told,
    typed,
)

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
     ("waiting", "permission", "notification", 10)),
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


@given(st.lists(kinds, max_size=25), st.lists(times, max_size=40), st.integers(0, 200))
def test_asking_changes_nothing(inputs: list[tuple[Any, ...]], asked: list[float], later: int) -> None:
    """However often and whenever it is asked, what is known at a time is the same."""
    seldom, often = ActivityTracker(0.0, signs=SEEN), ActivityTracker(0.0, signs=SEEN)
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


def known(tracker: ActivityTracker, at: float) -> tuple[str, str]:
    """Return state and reason."""
    found = tracker.tick(at)
    return found.state, found.reason


@given(st.lists(kinds, max_size=25))
def test_time_alone_never_brings_back_what_it_ended(inputs: list[tuple[Any, ...]]) -> None:
    """Without anything new, once what came last is damped no more, no state that gave way comes again."""
    tracker = ActivityTracker(0.0, signs=SEEN)
    for name, at, *rest in sorted(inputs, key=lambda entry: entry[1]):
        getattr(tracker, name)(at, *rest)
    told = [known(tracker, 82.0 + turn / 2) for turn in range(300)]
    changes = [state for index, state in enumerate(told) if index == 0 or told[index - 1] != state]
    assert len(changes) == len(set(changes))


@given(
    st.lists(kinds, max_size=25),
    st.sampled_from([SPINNER, STAR, "", "words"]),
    st.sampled_from([BUSY, DIALOG, ASKED, PROMPT, BLANK]),
    st.integers(2, 16),
)
def test_signs_that_go_on_saying_the_same_do_not_flap(
    inputs: list[tuple[Any, ...]], text: str, lines: list[str], eighths: int
) -> None:
    """However they contradict each other and what came before, one state is soon settled on."""
    tracker = ActivityTracker(0.0, signs=SEEN)
    for name, at, *rest in sorted(inputs, key=lambda entry: entry[1]):
        getattr(tracker, name)(at, *rest)
    told = []
    for turn in range(100 * 8 // eighths):
        at = 80.0 + turn * eighths / 8
        tracker.output(at, 20)
        tracker.signal(at, Title(text, 0))
        tracker.screen(at, lines, 0)
        told.append(known(tracker, at + 0.01))
    assert len(set(told[20 * 8 // eighths :])) == 1
