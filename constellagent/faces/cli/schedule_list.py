"""`constellagent schedule list` and `next`: the fires to come, from the file alone.

The daemon decides by the same expressions, so what is listed is what it will do.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.schedule_window import (
    DEFAULT_WINDOW,
    From,
    declared,
    moment,
    number,
    one_of,
    window,
)
from constellagent.faces.cli.validate import read, shown
from constellagent.plan import fires, timetable
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.timetable import Due
from constellagent.spec.durations import format_duration
from constellagent.spec.models import On, OnMessage

FORMATS = ("table", "plain", "json", "ics")
ZONES = ("schedule", "UTC", "local")

UNLIMITED = {"plain", "json"}
"""Forms that are written as the fires come."""

_STATES = {"done": "is done", "failed": "has failed", "exited": "has ended"}

MOST_FIRES = 100_000
"""A table or a calendar of more fires is no use to anybody."""

Schedules = Annotated[
    list[str] | None, Argument("SCHEDULE", "Only these: agent/name, or an agent for all of its schedules.")
]


def list_all(
    schedules: Schedules = None,
    *,
    file: File = None,
    after: From = None,
    span: Annotated[str | None, Option(("--window",), "How far to look ahead [default: 7d].", "SPAN")] = None,
    count: Annotated[int | None, Option(("-n",), "So many fires, however far ahead.", "COUNT")] = None,
    zone: Annotated[
        str, Option(("--tz",), "Whose clocks LOCAL shows: schedule, UTC or local (this machine).", "ZONE")
    ] = "schedule",
    output: Annotated[
        str, Option(("--output", "-o"), "Write a table, or plain, json or ics.", "FORMAT")
    ] = "table",
    as_json: Json = False,
) -> int:
    """List the fires to come, from the file alone: no daemon is asked.

    Notes: dst-gap and dst-fold (clocks change), collision, overlap? (see timeout).
    """
    form = "json" if as_json else one_of(output, "--output", FORMATS)
    clocks = one_of(zone, "--tz", ZONES)
    begin, named = moment(after), constellation_file(file)
    found = declared(read(named), shown(named), schedules)
    until = None if count is not None else begin + window(span or DEFAULT_WINDOW)
    if until is None and span is not None:
        raise UsageError("-n counts fires, however far ahead", hint="leave --window out")
    dues = _dues(found, begin, until, count, form)
    if form == "plain":
        sys.stdout.writelines(f"{timetable.line(due)}\n" for due in dues)
    elif form == "ics":
        from constellagent.faces.reports import ics

        sys.stdout.writelines(ics.lines(dues, found, begin))
    elif form == "json":
        from constellagent.faces.reports import machine

        sys.stdout.writelines(machine.fires(begin, until, dues, found))
    else:
        _show([*dues], found, clocks)
    return 0


def next_fires(
    schedules: Schedules = None, *, file: File = None, after: From = None, as_json: Json = False
) -> int:
    """Show the next fire of each schedule, from the file alone: no daemon is asked."""
    begin, named = moment(after), constellation_file(file)
    found = declared(read(named), shown(named), schedules)
    times = {key: timetable.next_fire(schedule, begin) for key, schedule in found.items()}
    if as_json:
        from constellagent.faces.reports import machine

        screen.say_json(machine.next_fires(begin, times, found))
        return 0
    rows = [_next(schedule, times[key], begin) for key, schedule in found.items()]
    _say_table(("SCHEDULE", "NEXT (UTC)", "LOCAL", "IN"), rows)
    return 0


def _dues(
    found: Mapping[str, DesiredSchedule],
    begin: datetime,
    until: datetime | None,
    count: int | None,
    form: str,
) -> Iterator[Due]:
    """Return the fires of a window, or the first `count` ones.

    Raises:
        UsageError: there are more than a person reads.
    """
    if until is not None:
        count = sum(timetable.count(schedule, begin, until) for schedule in found.values())
    if count is None or (until is None and count < 1):
        raise UsageError("-n needs a number from 1")
    if count > MOST_FIRES and form not in UNLIMITED:
        raise UsageError(
            f"{count:,} fires are too many to show",
            hint="choose a shorter --window, or write them with -o json or -o plain",
        )
    if until is None:
        return timetable.upcoming(found.values(), begin, count)
    return timetable.timetable(found.values(), begin, until)


def _show(dues: Sequence[Due], found: Mapping[str, DesiredSchedule], clocks: str) -> None:
    rows = [
        (
            fires.shown(due.fire_at),
            _local(due.fire_at, found[due.schedule], clocks),
            due.schedule,
            _late(due.due - due.fire_at),
            ", ".join(due.notes),
        )
        for due in dues
    ]
    if rows:
        _say_table(("FIRE (UTC)", "LOCAL", "SCHEDULE", "DUE", "NOTES"), rows)
    for schedule in found.values():
        if not timetable.ticks(schedule):
            screen.say(f"{schedule.key}: {_idle(schedule)}")
    screen.say(f"{number(len(found), 'schedule')}, {number(len(rows), 'fire')}")


def _next(schedule: DesiredSchedule, fire: datetime | None, begin: datetime) -> tuple[str, ...]:
    if not timetable.ticks(schedule):
        return schedule.key, "-", "-", _idle(schedule)
    if fire is None:
        return schedule.key, "-", "-", "does not fire any more"
    later = f" {_late(schedule.delay)}" if schedule.delay else ""
    start = f"in {ahead(fire - begin)}{later}"
    return schedule.key, fires.shown(fire), _local(fire, schedule, "schedule"), start


def ahead(span: timedelta) -> str:
    """Return a span to the minute, by its two largest units: `3 h 12 m`, `2 d 4 h`, `less than 1 m`."""
    minutes = span // timedelta(minutes=1)
    counts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    first = next((index for index, (count, _) in enumerate(counts) if count), None)
    if first is None:
        return "less than 1 m"
    return " ".join(f"{count:,} {unit}" for count, unit in counts[first : first + 2] if count)


def _idle(schedule: DesiredSchedule) -> str:
    """Say why the clock does not wake a schedule."""
    woken = "" if schedule.spec.on is None else f"woken by {cause(schedule.spec.on)}"
    return ", ".join(part for part in ("paused" if schedule.spec.paused else "", woken) if part)


def cause(on: On) -> str:
    """Return what wakes an agent, in words."""
    if on.email is not None:
        return f"mail{_from(on.email)}{_like('subject', on.email.subject)}"
    if on.sms is not None:
        return f"a text{_from(on.sms)}{_like('text', on.sms.text)}"
    if on.agent is not None:
        return f"agent {on.agent} when it {_STATES[on.state or 'done']}"
    return f"the hook {on.webhook}"


def _from(message: OnMessage) -> str:
    return f" from {message.from_}" if message.from_ else ""


def _like(what: str, pattern: str | None) -> str:
    return f" with {what} {pattern}" if pattern else ""


def _local(instant: datetime, schedule: DesiredSchedule, clocks: str) -> str:
    """Return a time as the chosen clocks show it, with the name of their zone."""
    zones = {"schedule": schedule.zone, "UTC": UTC, "local": None}
    return f"{instant.astimezone(zones[clocks]):%a %Y-%m-%d %H:%M %Z}"


def _late(delay: timedelta) -> str:
    return f"+{format_duration(delay)}" if delay else "-"


def _say_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    first, *others = screen.table(head, rows, screen.terminal_columns())
    screen.say(screen.paint("  ".join(first).rstrip(), "dim", sys.stdout))
    for cells in others:
        screen.say("  ".join(cells).rstrip())
