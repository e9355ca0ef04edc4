"""CS012 and CS016: schedules that get into each other's way."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from constellagent.plan.findings.fault import Fault, local
from constellagent.plan.findings.finding import Bounds
from constellagent.plan.findings.minutes import Tally, Window, first
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.timetable import ticks

DAYS = 7
"""Collisions are looked for in so many days."""

MOST_AT_FULL_HOUR = 3
"""So many schedules may start when the hour is full without a word."""

_TOLD = 3

_CONSEQUENCES = {
    "skip": "the later one is skipped",
    "queue_one": "the later one waits for the other's run to end",
    "queue_all": "the later one waits for the other's run to end",
    "replace": "the later one waits for the other's run to end",
}


class _Starts(NamedTuple):
    """A schedule and the minutes in which it starts."""

    schedule: DesiredSchedule
    minutes: int


def check_crowds(schedules: Iterable[DesiredSchedule], bounds: Bounds) -> Iterator[Fault]:
    """Yield one fault for the fullest minute, one for each shared worktree, and one for full hours."""
    window = Window(bounds.after, DAYS)
    rows = [_Starts(schedule, window.starts(schedule)) for schedule in schedules if ticks(schedule)]
    yield from _check_parallel(rows, window, bounds.max_parallel)
    yield from _check_workspaces(rows, window)
    yield from _check_full_hours(rows)


def _check_parallel(rows: list[_Starts], window: Window, limit: int) -> Iterator[Fault]:
    tally = Tally()
    for row in rows:
        tally.add(row.minutes)
    over = tally.beyond(limit)
    if not over:
        return
    minute = tally.fullest(over)
    there = [row.schedule for row in rows if row.minutes >> minute & 1]
    message = (
        f"on {local(there[0], window.moment(minute))} ({there[0].timezone}) {len(there):,} schedules start "
        f"in one minute: {_some(there)}; only {limit} run at once (--max-parallel), so the others wait"
    )
    if over.bit_count() > 1:
        message += f"; so it is in {over.bit_count() - 1:,} more minutes of {DAYS} days"
    help_ = "write jitter: 10m, or H in place of the minute, so that they start one after another"
    yield Fault("CS012", there[limit], "cron", message, help_)


def _check_workspaces(rows: list[_Starts], window: Window) -> Iterator[Fault]:
    users: dict[str, list[_Starts]] = {}
    for row in rows:
        if row.schedule.workspace:
            users.setdefault(row.schedule.workspace, []).append(row)
    for sharing in users.values():
        taken = 0
        for index, (schedule, minutes) in enumerate(sharing):
            if taken & minutes:
                minute = first(taken & minutes)
                other = next(row.schedule for row in sharing[:index] if row.minutes >> minute & 1)
                yield _shared(schedule, other, local(schedule, window.moment(minute)))
            taken |= minutes


def _shared(schedule: DesiredSchedule, other: DesiredSchedule, when: str) -> Fault:
    message = (
        f"starts in the same minute as {other.key} and in the same worktree, that of agent {schedule.agent}, "
        f"as on {when}: {_CONSEQUENCES[schedule.overlap]}"
    )
    return Fault(
        "CS012", schedule, "cron", message, "write another minute, or workspace: fresh for one of them"
    )


def _check_full_hours(rows: list[_Starts]) -> Iterator[Fault]:
    there = [row.schedule for row in rows if not row.schedule.spec.jitter and _at_full_hour(row.schedule)]
    if len(there) > MOST_AT_FULL_HOUR:
        message = f"{len(there):,} schedules without jitter start when the hour is full: {_some(there)}"
        help_ = "write jitter: 10m, or H in place of the minute 0"
        yield Fault("CS016", there[MOST_AT_FULL_HOUR], "cron", message, help_)


def _at_full_hour(schedule: DesiredSchedule) -> bool:
    return schedule.cron is not None and 0 in schedule.cron.minutes


def _some(schedules: list[DesiredSchedule]) -> str:
    told = ", ".join(schedule.key for schedule in schedules[:_TOLD])
    return told if len(schedules) <= _TOLD else f"{told} and {len(schedules) - _TOLD:,} more"
