"""What a program in a terminal did, with the time of each thing, and what a person would say of it then.

A recording is a file of JSON lines: a head, then what happened. Of screens only the rows that changed are
kept. A check says what the state was by what had been done to the program, never by what we made of it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constellagent.agents.kind import Report
from constellagent.term.activity import Activity, ActivityTracker, Signs
from constellagent.term.scanner.events import AgentState, Bell, Notification, Signal, Title

FOLDER = Path(__file__).parents[2] / "data" / "activity"
"""Where the recordings are."""

ReadHook = Callable[[Mapping[str, Any]], Report | None]


@dataclass(frozen=True, slots=True)
class Recording:
    """One run of a program.

    Attributes:
        name: of its file.
        kind: of the agent.
        version: of the program.
        events: what happened, each with its time as `at`.
    """

    name: str
    kind: str
    version: str
    events: tuple[Mapping[str, Any], ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a tracker said at a check.

    Attributes:
        where: recording, time and scene.
        says: the states that are right, as `waiting (permission)`.
        found: what the tracker said.
        screen: what was shown then.
    """

    where: str
    says: tuple[str, ...]
    found: Activity
    screen: str

    @property
    def right(self) -> bool:
        """Whether the tracker agrees with the person."""
        return words(self.found) in self.says


def words(activity: Activity) -> str:
    """Return a state and why it waits, as a person is shown it."""
    waits = activity.state == "waiting" and activity.reason
    return f"{activity.state} ({activity.reason})" if waits else activity.state


def recordings() -> list[Recording]:
    """Return all recordings, by name."""
    return [_read(path) for path in sorted(FOLDER.glob("*.jsonl"))]


def _read(path: Path) -> Recording:
    head, *events = map(json.loads, path.read_text("utf-8").splitlines())
    return Recording(path.stem, head["kind"], head["version"], tuple(events))


def replay(
    recording: Recording, signs: Signs, read_hook: ReadHook | None = None
) -> Iterator[tuple[Verdict, Mapping[str, Any]]]:
    """Let a tracker see all of it again; yields a verdict, and the check, at each.

    Without `read_hook` no hook is heard.
    """
    tracker = ActivityTracker(0.0, signs=signs)
    lines: list[str] = []
    for event in recording.events:
        at = event["at"]
        if "check" in event:
            found = tracker.tick(at)
            where = f"{recording.name} at {at:.1f} s, {event['check']}"
            yield Verdict(where, tuple(event["says"]), found, "\n".join(lines)), event
        elif "hook" in event:
            report = read_hook(event["hook"]) if read_hook else None
            if report is not None and report.state is not None:
                tracker.hook(at, report.state, report.reason, report.message)
        elif "screen" in event:
            lines = drawn(lines, event["screen"])
            tracker.screen(at, lines, event["cursor"])
        else:
            _feed(tracker, at, event)


def _feed(tracker: ActivityTracker, at: float, event: Mapping[str, Any]) -> None:
    signal = signal_of(event)
    if signal is not None:
        tracker.signal(at, signal)
    elif "output" in event:
        tracker.output(at, event["output"])
    elif "typed" in event:
        tracker.typed(at)
    elif "resized" in event:
        tracker.resized(at)


def signal_of(event: Mapping[str, Any]) -> Signal | None:
    """Return what a terminal's sequence said, None where the event is something else."""
    if "title" in event:
        return Title(event["title"], 0)
    if "report" in event:
        state, kind = event["report"]
        return AgentState(state, kind, 0)
    if "notification" in event:
        title, body = event["notification"]
        return Notification(title, body, "normal", 9, 0)
    return Bell(1, 0) if "bell" in event else None


def drawn(before: list[str], changes: Mapping[str, Any]) -> list[str]:
    """Return the lines of a screen of which some rows have changed."""
    lines = (before + [""] * changes["height"])[: changes["height"]]
    for row, text in changes["rows"].items():
        lines[int(row)] = text
    return lines


def changes(before: list[str], lines: list[str]) -> dict[str, Any]:
    """Return what makes one screen of another; the inverse of `drawn`."""
    padded = (before + [""] * len(lines))[: len(lines)]
    rows = {str(row): text for row, text in enumerate(lines) if padded[row] != text}
    return {"height": len(lines), "rows": rows}
