"""Steps that a program and its viewers take, for tests of trackers; times are in seconds from the start."""

import re
from collections.abc import Callable
from typing import Literal

from hypothesis import strategies as st

from constellagent.term.activity import Activity, ActivityTracker, Sign, Signs, State
from constellagent.term.scanner.events import AgentState, Bell, Mark, Notification, Progress, Signal, Title

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


SEEN = Signs(
    screens=(
        Sign(re.compile("esc to interrupt"), "working"),
        Sign(re.compile("Do you want"), "waiting", "permission"),
        Sign(re.compile("Which one"), "waiting", "question"),
        Sign(re.compile("^>"), "waiting", "idle prompt"),
    )
)
BUSY, DIALOG, ASKED, PROMPT, BLANK = ["esc to interrupt", ">"], ["Do you want?"], ["Which one?"], [">"], [""]


def shows(at: float, lines: list[str]) -> Step:
    """Return what the screen shows, right after it was drawn."""

    def step(tracker: ActivityTracker) -> None:
        tracker.output(at, 20)
        tracker.screen(at, lines, 0)

    return step


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
    st.tuples(st.just("hook"), times, st.just("waiting"), st.sampled_from(["permission", "idle prompt"])),
    st.tuples(st.just("look"), times),
    st.tuples(st.just("screen"), times, st.sampled_from([BUSY, DIALOG, ASKED, PROMPT, BLANK]), st.just(0)),
)
