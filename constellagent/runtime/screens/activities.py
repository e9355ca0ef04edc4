"""What each session is doing, as far as its terminal tells: one tracker each, and one timer for all.

Trackers are pure and count in seconds that never go back; here they get the time, and what they say gets
epoch seconds, once for each state, so that an age does not tremble.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from constellagent.runtime.clock import Clock
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import Activity, ActivityTracker, Signs, Source, State
from constellagent.term.scanner import events
from constellagent.term.scanner.events import Progress, Signal, Title

_SOURCES: Mapping[str, Source] = {
    events.Notification.__name__: "notification",
    events.Bell.__name__: "bell",
    events.AgentState.__name__: "report",
}
"""Signals that are dealt with at some time: one that the state does not come from any more is history."""
_PACE = 1000.0
"""Bytes a second at which output counts as written of which nobody knows when it was."""
_SOONEST = 0.05
"""Seconds between two turns of the timer, at least."""
_LATE = 0.3
"""Seconds for which a look at a screen is put off while an update of it is half done."""

OnChange = Callable[[SessionRow, Activity, Activity], None]
"""Called with the session, what it does now, and what it did before; also if only the source differs."""
Look = Callable[[bool], tuple[Sequence[str], int] | None]
"""Returns a screen's lines and its cursor's row, or None while it is being drawn; True takes it half done."""


def blind(half_done: bool) -> None:
    """See nothing: the look at a session without a screen."""
    del half_done


_KINDS: Mapping[str, type[Signal]] = {
    kind.__name__: kind
    for kind in (
        events.Title,
        events.Notification,
        events.Progress,
        events.Mark,
        events.AgentState,
        events.Bell,
    )
}
"""Signals that tell about the present as long as no other of their kind has come."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a live session beside its screen.

    Attributes:
        activity: state, reason, source and message.
        since: epoch seconds since when it is in that state.
        title: of its window, empty where it has none.
        progress: in percent, None where it tells none.
    """

    activity: Activity
    since: float
    title: str = ""
    progress: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Output, as far as it tells what a program does.

    Attributes:
        begin: what the scanner had read before it.
        count: bytes of it.
        signals: what the scanner found in it.
        after: bytes that are known to follow.
    """

    begin: int
    count: int
    signals: Sequence[Signal] = ()
    after: int = 0

    def pieces(self) -> Iterator[tuple[int, int, Signal | None]]:
        """Yield how many bytes follow, how many come before a signal or the end, and the signal."""
        done = 0
        for signal in self.signals:
            here = signal.offset - self.begin
            yield self.after + self.count - here, here - done, signal
            done = here
        yield self.after, self.count - done, None


class Hook(NamedTuple):
    """A state that a hook told before it is its turn.

    Attributes:
        at: epoch seconds.
        state: in one word.
        reason: more exactly.
        message: for a person.
    """

    at: float
    state: State
    reason: str
    message: str


@dataclass(slots=True)
class _Followed:
    row: SessionRow
    tracker: ActivityTracker
    standing: Standing
    look: Look
    told: bool = True
    hooks: list[Hook] = field(default_factory=list)
    latest: dict[str, tuple[float, Signal]] = field(default_factory=dict)


class Activities:
    """The trackers of all live sessions."""

    def __init__(self, clock: Clock, on_change: OnChange) -> None:
        """`on_change` must neither block nor raise."""
        self._clock = clock
        self._on_change = on_change
        self._followed: dict[str, _Followed] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._due = float("inf")

    def begin(
        self, row: SessionRow, signs: Signs | None = None, look: Look = blind, *, new: bool = True
    ) -> None:
        """Follow a session from its start; time stands still for one that is not `new`, until `present`.

        Its screen is looked at where its `signs` know screens.
        """
        began = self._clock.monotonic() - max(0.0, self._clock.now() - row.started_at)
        tracker = ActivityTracker(began, signs=signs)
        activity = tracker.tick(began)
        followed = _Followed(row, tracker, Standing(activity, row.started_at), look, told=new)
        self._followed[row.id] = followed
        if new:
            self._schedule(tracker)

    def recall(self, session: str, memory: Mapping[str, Any], title: str) -> None:
        """Take up what an earlier daemon knew of a session. Nothing is told of it until `present`."""
        followed = self._followed.get(session)
        if followed is None:
            return
        followed.told = False
        for at, signal in sorted(_remembered(memory), key=lambda known: known[0]):
            self._note(followed, at, signal)
        if title and Title.__name__ not in followed.latest:
            self._note(followed, followed.row.started_at, Title(title, 0))

    def past(self, session: str, at: float, part: Part) -> None:
        """The session wrote this earlier, and the last before the daemon came `at` epoch seconds.

        When it wrote the rest nobody knows. It counts as written at an even pace, so that a bell after which
        much came is not taken for one that still waits to be heard.
        """
        followed = self._followed.get(session)
        if followed is not None:
            for after, count, signal in part.pieces():
                self._wrote(followed, at - after / _PACE, count, signal)

    def present(self, session: str) -> None:
        """Whatever comes from now on is new, and told of."""
        followed = self._followed.get(session)
        if followed is not None:
            self._hooks_until(followed, float("inf"))
            followed.tracker.look(self._clock.monotonic())
            self._tick(followed)
            followed.told = True

    def hook(self, session: str, at: float, state: State, reason: str = "", message: str = "") -> None:
        """A hook told this `at` epoch seconds; before `present` it gets its place between the output."""
        followed = self._followed.get(session)
        if followed is None:
            return
        followed.hooks.append(Hook(at, state, reason, message))
        if followed.told:
            self._hooks_until(followed, float("inf"))
            self._tick(followed)

    def output(self, session: str, part: Part) -> None:
        """The session has just written this."""
        followed = self._followed.get(session)
        if followed is None:
            return
        now = self._clock.now()
        for _, count, signal in part.pieces():
            self._wrote(followed, now, count, signal)
        self._tick(followed)

    def typed(self, session: str) -> None:
        """Somebody gave the session input."""
        followed = self._followed.get(session)
        if followed is not None:
            followed.tracker.typed(self._clock.monotonic())
            self._tick(followed)

    def resized(self, session: str) -> None:
        """The session's terminal got another size, for which its program draws anew."""
        followed = self._followed.get(session)
        if followed is not None:
            followed.tracker.resized(self._clock.monotonic())
            self._schedule(followed.tracker)

    def standing(self, session: str) -> Standing | None:
        """Return what a session is doing now; None where it is not followed."""
        followed = self._followed.get(session)
        if followed is None:
            return None
        self._tick(followed)
        return followed.standing

    def memory(self, session: str) -> dict[str, Any]:
        """Return as JSON values what another daemon needs to know of a session."""
        followed = self._followed.get(session)
        if followed is None:
            return {}
        source = followed.standing.activity.source
        return {
            kind: {"at": at, **asdict(signal)}
            for kind, (at, signal) in followed.latest.items()
            if _SOURCES.get(kind, source) == source
        }

    def end(self, session: str) -> None:
        """Follow a session no more; how it ended, its row tells."""
        self._followed.pop(session, None)

    def close(self) -> None:
        """Stop the timer."""
        self._followed.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hooks_until(self, followed: _Followed, at: float) -> None:
        """Let the tracker hear what hooks told up to then, epoch seconds."""
        while followed.hooks and followed.hooks[0].at <= at:
            hook = followed.hooks.pop(0)
            followed.tracker.hook(self._monotonic(hook.at), hook.state, hook.reason, hook.message)

    def _wrote(self, followed: _Followed, at: float, count: int, signal: Signal | None) -> None:
        self._hooks_until(followed, at)
        if count:
            followed.tracker.output(self._monotonic(at), count)
        if signal is not None:
            self._note(followed, at, signal)

    def _note(self, followed: _Followed, at: float, signal: Signal) -> None:
        kind = type(signal).__name__
        if kind not in _KINDS:
            return
        self._hooks_until(followed, at)
        followed.latest[kind] = at, signal
        followed.tracker.signal(self._monotonic(at), signal)

    def _tick(self, followed: _Followed) -> None:
        """Look at what the session does now, and tell where that is something else."""
        before = followed.standing
        activity = followed.tracker.tick(self._clock.monotonic())
        same = before.activity.since == activity.since
        title = followed.latest.get(Title.__name__)
        progress = followed.latest.get(Progress.__name__)
        followed.standing = Standing(
            activity,
            before.since if same else self._wall(activity.since),
            title[1].text if title and isinstance(title[1], Title) else "",
            progress[1].percent if progress and isinstance(progress[1], Progress) else None,
        )
        self._schedule(followed.tracker)
        if followed.told and _shown(before.activity) != _shown(activity):
            self._on_change(followed.row, activity, before.activity)

    def _schedule(self, tracker: ActivityTracker) -> None:
        due = _due(tracker)
        if due >= self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        wait = max(_SOONEST, due - self._clock.monotonic())
        self._timer = asyncio.get_running_loop().call_later(wait, self._timed)

    def _timed(self) -> None:
        self._timer, self._due = None, float("inf")
        now = self._clock.monotonic()
        # A tracker's time never goes back: one that is yet to learn what was written earlier has to wait.
        for followed in [followed for followed in self._followed.values() if followed.told]:
            tracker = followed.tracker
            if tracker.screen_at is not None and tracker.screen_at <= now:
                seen = followed.look(now >= tracker.screen_at + _LATE)
                if seen is not None:
                    tracker.screen(now, *seen)
                self._tick(followed)
            elif _due(tracker) <= now:
                self._tick(followed)
            else:
                self._schedule(tracker)

    def _wall(self, monotonic: float) -> float:
        return self._clock.now() - (self._clock.monotonic() - monotonic)

    def _monotonic(self, wall: float) -> float:
        return self._clock.monotonic() - max(0.0, self._clock.now() - wall)


def _shown(activity: Activity) -> tuple[State, str, Source]:
    """Return what is worth telling where it is another than before."""
    return activity.state, activity.reason, activity.source


def _due(tracker: ActivityTracker) -> float:
    """Return when there is something to do for a tracker."""
    return min((due for due in (tracker.next_at, tracker.screen_at) if due is not None), default=float("inf"))


def _remembered(memory: Mapping[str, Any]) -> list[tuple[float, Signal]]:
    """Return the signals of a memory; what makes no sense, as from another release, is left out."""
    found = []
    for name, values in memory.items():
        kind = _KINDS.get(name)
        try:
            at = float(values["at"])
            signal = kind(**{key: value for key, value in values.items() if key != "at"}) if kind else None
        except (TypeError, KeyError, ValueError):
            continue
        if signal is not None:
            found.append((at, signal))
    return found
