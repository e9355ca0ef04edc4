"""Which fires are due in a stretch of time, with what is to be known about each: the dry-run.

The daemon decides from the same expressions, so what is listed here is what the ledger will hold. All lists
are lazy: a window of a year costs no more memory than one of a day.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice
from typing import Literal, NamedTuple

from constellagent.plan.fires import shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups.bounds import within

Note = Literal["dst-gap", "dst-fold", "collision", "overlap?"]
"""What is to be known about a fire.

    dst-gap    its time does not exist on that day, so it comes right after the gap
    dst-fold   its time exists twice on that day
    collision  more start in this minute than may run at once, or two of them in one worktree
    overlap?   the run of the fire before it may still be going: its `timeout` is longer than that is ago
"""

MOST_PARALLEL = 8
"""So many runs may start in one minute before it counts as a collision."""

HORIZON = timedelta(days=40 * 366)
"""No expression that fires at all leaves out so much time."""

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Due:
    """One fire of the list.

    Attributes:
        schedule: key of the schedule, `agent/name`.
        fire_at: its nominal time, UTC.
        due: when it starts: the nominal time and the jitter.
        notes: what is to be known about it.
    """

    schedule: str
    fire_at: datetime
    due: datetime
    notes: tuple[Note, ...] = ()


class _Row(NamedTuple):
    """A fire before its neighbours are known."""

    due: Due
    minute: datetime
    workspace: str


@dataclass(slots=True)
class _Minute:
    """What starts in one minute: how many, how many of them are not told yet, and in which workspaces."""

    starts: int = 0
    untold: int = 0
    workspaces: Counter[str] = field(default_factory=Counter)


class _Fold(NamedTuple):
    """A stretch of UTC time around a change of the zone's offset, and what it means for a fire in it."""

    first: datetime
    end: datetime
    note: Note


def timetable(
    schedules: Iterable[DesiredSchedule],
    after: datetime,
    until: datetime,
    *,
    max_parallel: int = MOST_PARALLEL,
) -> Iterator[Due]:
    """Yield the fires in (after, until] by time, then by schedule; a paused schedule has none."""
    rows = merge(*(_rows(schedule, after, until) for schedule in schedules), key=_order)
    waiting: deque[_Row] = deque()
    minutes: dict[datetime, _Minute] = {}
    for row in rows:
        while waiting and waiting[0].minute < row.due.fire_at:
            yield _told(waiting.popleft(), minutes, max_parallel)
        waiting.append(row)
        minute = minutes.setdefault(row.minute, _Minute())
        minute.starts += 1
        minute.untold += 1
        minute.workspaces[row.workspace] += 1
    while waiting:
        yield _told(waiting.popleft(), minutes, max_parallel)


def upcoming(schedules: Iterable[DesiredSchedule], after: datetime, count: int) -> Iterator[Due]:
    """Yield the first `count` fires after a moment; fewer where the schedules do not fire so often."""
    chosen, span, end = tuple(schedules), timedelta(days=1), after + HORIZON
    while count > 0 and after < end:
        until = min(after + span, end)
        for due in islice(timetable(chosen, after, until), count):
            yield due
            count -= 1
        after, span = until, span * 2


def fires(schedule: DesiredSchedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the nominal times in (after, until] between `start` and `end` of the schedule, paused or not."""
    if schedule.cron is not None:
        after, until = within(schedule, after, until)
        yield from schedule.cron.between(after, until, schedule.zone)


def count(schedule: DesiredSchedule, after: datetime, until: datetime) -> int:
    """Return how many fires of the schedule are due in (after, until], without walking them."""
    if not ticks(schedule) or schedule.cron is None:
        return 0
    after, until = within(schedule, after, until)
    return schedule.cron.count(after, until, schedule.zone) if after < until else 0


def ticks(schedule: DesiredSchedule) -> bool:
    """Whether the clock wakes it: it has a cron expression and is not paused."""
    return schedule.cron is not None and not schedule.spec.paused


def next_fire(schedule: DesiredSchedule, after: datetime) -> datetime | None:
    """Return the first nominal time after a moment, paused or not; None where there is none."""
    if schedule.cron is None:
        return None
    after, end = within(schedule, after, after + HORIZON)
    found = schedule.cron.next(after, schedule.zone)
    return found if found is not None and found <= end else None


def compare(
    before: Iterable[DesiredSchedule], now: Iterable[DesiredSchedule], after: datetime, until: datetime
) -> Iterator[tuple[Literal["+", "-"], Due]]:
    """Yield the fires that only one of two sets of schedules has: `+` those of `now`, `-` the others."""
    gone = ((_order_of(due), "-", due) for due in timetable(before, after, until))
    come = ((_order_of(due), "+", due) for due in timetable(now, after, until))
    for _, group in groupby(merge(gone, come, key=lambda side: side[0]), key=lambda side: side[0]):
        (_, sign, due), *other = group
        if not other:
            yield "+" if sign == "+" else "-", due


def line(due: Due) -> str:
    """Return a fire as one line that stays as it is: `2026-11-22T09:00:00Z triage/morning`."""
    return f"{shown(due.fire_at)} {due.schedule}"


def _order_of(due: Due) -> tuple[datetime, str]:
    return due.fire_at, due.schedule


def _order(row: _Row) -> tuple[datetime, str]:
    return _order_of(row.due)


def _rows(schedule: DesiredSchedule, after: datetime, until: datetime) -> Iterator[_Row]:
    if not ticks(schedule):
        return
    folds = _folds(schedule, after, until)
    fold = next(folds, None)
    before: datetime | None = None
    for fire in fires(schedule, after, until):
        while fold is not None and fold.end <= fire:
            fold = next(folds, None)
        notes: list[Note] = [] if fold is None or fire < fold.first else [fold.note]
        if _overlaps(schedule, before, fire):
            notes.append("overlap?")
        due = Due(schedule.key, fire, fire + schedule.delay, tuple(notes))
        yield _Row(due, due.due.replace(second=0, microsecond=0), schedule.workspace)
        before = fire


def _overlaps(schedule: DesiredSchedule, before: datetime | None, fire: datetime) -> bool:
    """Whether the run of the fire before this one may take until now; two that may run at once never do."""
    timeout = schedule.spec.timeout
    if timeout is None or schedule.cron is None or schedule.overlap == "allow":
        return False
    if before is None:
        before = schedule.cron.previous(fire, schedule.zone)
        if before is not None and schedule.start is not None and before < schedule.start:
            before = None
    return before is not None and fire - before < timeout


def _folds(schedule: DesiredSchedule, after: datetime, until: datetime) -> Iterator[_Fold]:
    """Yield where an offset change touches the fires of a window, oldest first."""
    assert schedule.cron is not None
    zone, day = schedule.zone, timedelta(days=1)
    for shift in schedule.cron.shifts(after - day, until + day, zone):
        if shift.kind == "fold":
            offsets = [moment.astimezone(zone).utcoffset() for moment in (shift.at - _MINUTE, shift.at)]
            width = (offsets[0] or timedelta()) - (offsets[1] or timedelta())
            yield _Fold(shift.at - width, shift.at + width, "dst-fold")
        elif shift.effect == "moved":
            yield _Fold(shift.at, shift.at + _MINUTE, "dst-gap")


def _told(row: _Row, minutes: dict[datetime, _Minute], max_parallel: int) -> Due:
    """Return a fire with what its minute holds; forget the minute with its last fire."""
    minute = minutes[row.minute]
    minute.untold -= 1
    if not minute.untold:
        del minutes[row.minute]
    shared = bool(row.workspace) and minute.workspaces[row.workspace] > 1
    if not shared and minute.starts <= max_parallel:
        return row.due
    dst = row.due.notes[:1] if row.due.notes[:1] != ("overlap?",) else ()
    return replace(row.due, notes=(*dst, "collision", *row.due.notes[len(dst) :]))
