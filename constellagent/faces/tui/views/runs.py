"""Schedules and their runs as rows and as text: pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from constellagent.faces.run_words import SHORT_ID, did, moment, took, why
from constellagent.faces.tui import ages
from constellagent.faces.tui.words import Fragments, clean, fit
from constellagent.faces.wording import counted
from constellagent.runtime.schedule_views import RunView, ScheduleView

STYLES: Mapping[str, str] = {
    "on": "class:state.done",
    "paused": "class:tone.warning",
    "never": "class:tone.error",
    "behind": "class:tone.error",
    "queued": "class:state.starting",
    "claimed": "class:state.starting",
    "running": "class:state.working",
    "succeeded": "class:tone.done",
    "failed": "class:tone.error",
    "timeout": "class:tone.error",
    "lost": "class:tone.error",
    "stopped": "class:tone.warning",
    "replaced": "class:tone.warning",
    "missed": "class:tone.warning",
    "over_limit": "class:tone.warning",
}
"""The style of each state of a schedule and of a run; others matter less."""


def style(state: str) -> str:
    """Return how a state is drawn."""
    return STYLES.get(state, "class:dim")


def schedule_row(view: ScheduleView, now: float, width: int, place: str = "") -> Fragments:
    """Return one schedule as a line: name, state, next fire here and in its own zone, last run.

    `place` is the constellation's name where there are several.
    """
    name = min(34, max(16, width // 4))
    last, roomy = view["last"], width >= 130
    line: Fragments = [
        *(fit([("class:dim", clean(place))], 12) if place else []),
        *([("", " ")] if place else []),
        *fit([("class:heading", clean(view["schedule"]))], name),
        ("", " "),
        *fit([(style(view["state"]), view["state"])], 7),
        *fit([("", _next(view, now, roomy=roomy))], 42 if roomy else 10),
    ]
    if view["open"]:
        line.append(("class:state.working", f"{counted(len(view['open']), 'run')} open  "))
    if last is not None:
        line += [("class:dim", "last "), (style(last["state"]), last["state"])]
        line.append(("class:dim", f" {moment(last['fire_at'])}"))
    if view["failures"] > 1:
        line.append(("class:tone.error", f"  {view['failures']} failed in a row"))
    return [*line, ("class:dim", f"  {clean(view['why'] or view['wakes'])}")]


def run_row(view: RunView, width: int) -> Fragments:
    """Return one row of the ledger as a line."""
    line: Fragments = [
        *fit([("", moment(view["fire_at"])[: 20 if width >= 70 else 16])], 20 if width >= 70 else 17),
        *fit([(style(view["state"]), view["state"].replace("_", " "))], 16),
        *fit([("class:dim", took(view["seconds"]))], 7),
    ]
    if width >= 70:
        line += fit([("class:dim", clean(view["reason"]))], 10)
    if width >= 110:
        line += fit([("class:dim", did(view["did"]))], 22)
    return [*line, ("", clean(why(view)))]


def run_lines(view: RunView, tail: Sequence[str], problem: str = "") -> list[Fragments]:
    """Return all that is known of a run, and the end of its output, or why that cannot be had."""
    exit_status = "" if view["exit_status"] is None else f", exit status {view['exit_status']}"
    rows = [
        ("why", why(view)),
        ("reason", view["reason"]),
        ("fire", _utc(view["fire_at"])),
        ("started", _utc(view["started_at"])),
        ("ended", _utc(view["ended_at"])),
        ("took", took(view["seconds"])),
        ("branch", view["branch"]),
        ("worktree", view["path"]),
        ("kept", view["kept"]),
        ("did", did(view["did"])),
        ("told", f"its owner at {_utc(view['told'])}" if view["told"] else ""),
    ]
    lines: list[Fragments] = [
        _labelled("run", view["run"]),
        [*_labelled("state", ""), (style(view["state"]), view["state"]), ("", exit_status)],
        *(_labelled(word, value) for word, value in rows if value),
    ]
    for number, commit in enumerate(view["commits"]):
        said = f"{commit['id'][:12]} {commit['subject']}"
        lines.append(_labelled("" if number else "commits", said))
    if more := view["commit_count"] - len(view["commits"]):
        lines.append(_labelled("", f"and {more} more"))
    if tail:
        lines += [[], [("class:heading", "the end of its output")]]
        lines += [[("", clean(line))] for line in tail]
    if problem:
        lines += [[], [("class:dim", f"Its output cannot be shown: {clean(problem)}")]]
    return lines


def short(run: str) -> str:
    """Return as much of a run's id as tells it from others."""
    return run[:SHORT_ID]


def _labelled(word: str, value: str) -> Fragments:
    return [("class:dim", f"{word:<10}"), ("", clean(value))]


def _utc(at: str) -> str:
    return f"{moment(at)} UTC" if at else ""


def _next(view: ScheduleView, now: float, *, roomy: bool) -> str:
    """Return the next fire by this place's clock, with room by the schedule's too."""
    if not view["next"]:
        return "-" if view["cron"] else "on events"
    fire = view["next"][0]
    here = ages.moment(datetime.fromisoformat(fire["due"]).timestamp(), now)
    there = clean(fire["local"])
    return here if here in there or not roomy else f"{here} ({there})"
