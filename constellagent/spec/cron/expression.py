"""A cron expression and its fires: Debian's rules on top of the times of a naive wall clock.

A fixed-time job runs once for each wall-clock time that it names, whatever the zone does; a job whose minute
or hour begins with `*` goes by real time: nothing in a gap, both passes of a fold.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from constellagent.spec.cron.days import Days
from constellagent.spec.cron.faults import CronError
from constellagent.spec.cron.grammar import read
from constellagent.spec.cron.stretches import LONGEST_GAP, Stretch, backwards, forwards
from constellagent.spec.cron.walltime import WallTime
from constellagent.spec.cron.zones import MINUTE, changes, find_zone

_HORIZON = timedelta(days=40 * 366)
"""The longest time between two fires: 29 February on a Sunday pauses for 40 years across 2100."""
_EARLIEST = datetime(100, 1, 1)  # noqa: DTZ001 - naive UTC
_LATEST = datetime(9900, 1, 1)  # noqa: DTZ001 - naive UTC
"""Fires are looked for between these; beyond them there is no room for a search."""
_FEW = 3


@dataclass(frozen=True, slots=True)
class Shift:
    """What an offset change of a zone does to an expression.

    Attributes:
        at: the change, UTC.
        kind: gap: the wall clock jumps forward. fold: it goes back.
        effect: moved: runs once, right after the gap. skipped: the times in the gap are lost. once: the first
            pass of a repeated time only. twice: both passes.
        local: the wall-clock times that it is about: `02:30`, or `02:00, 02:05, 02:10 and 9 more`.
    """

    at: datetime
    kind: Literal["gap", "fold"]
    effect: Literal["moved", "skipped", "once", "twice"]
    local: str


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression; equal to another one with the same resolved text. Made by `parse_cron`.

    All datetimes that it takes must be aware (else ValueError); all that it gives are UTC, whole minutes.
    A zone is an object or the name of one (ValueError if there is none of the name).

    Attributes:
        text: as written, with single blanks.
        resolved: five columns in which words and `H` are numbers.
        minutes: 0 to 59.
        hours: 0 to 23.
        days: days of the month.
        months: 1 to 12.
        weekdays: 0 (Sunday) to 6.
        wildcard: its minute or hour begins with `*`, so it goes by real time where an offset changes.
    """

    text: str = field(compare=False)
    resolved: str
    minutes: frozenset[int] = field(compare=False, repr=False)
    hours: frozenset[int] = field(compare=False, repr=False)
    days: frozenset[int] = field(compare=False, repr=False)
    months: frozenset[int] = field(compare=False, repr=False)
    weekdays: frozenset[int] = field(compare=False, repr=False)
    wildcard: bool = field(compare=False, repr=False)
    _days: Days = field(compare=False, repr=False)
    _wall: WallTime = field(compare=False, repr=False)

    def between(self, after: datetime, until: datetime, zone: tzinfo | str) -> Iterator[datetime]:
        """Yield the fires after `after`, up to and including `until`, ascending, each of them once."""
        return self._ascending(_minute_after(after), _minute_after(until), find_zone(zone))

    def next(self, after: datetime, zone: tzinfo | str) -> datetime | None:
        """Return the first fire after `after`, or None where there is none within 40 years."""
        begin = _minute_after(after)
        end = min(begin + _HORIZON, _LATEST)
        return next(self._ascending(begin, end, find_zone(zone)), None)

    def previous(self, before: datetime, zone: tzinfo | str) -> datetime | None:
        """Return the last fire before `before`, or None where there was none within 40 years."""
        end = _minute_from(before)
        walk = self._wall.walk()
        for stretch in backwards(find_zone(zone), max(end - _HORIZON, _EARLIEST), end):
            local = walk.last_before(stretch.local_end)
            if local and local >= self._first_local(stretch):
                return stretch.instant(local).replace(tzinfo=UTC)
        return None

    def count(self, after: datetime, until: datetime, zone: tzinfo | str) -> int:
        """Return how many fires `between` would yield; costs by the days of the window, not by the fires."""
        total = 0
        for stretch in forwards(find_zone(zone), _minute_after(after), _minute_after(until)):
            first = self._first_local(stretch)
            total += self._count_local(max(first, stretch.local_start), stretch.local_end)
            if self._count_local(first, stretch.local_start):  # All of a gap together are one fire.
                total += not self._count_local(stretch.local_start, stretch.local_start + MINUTE)
        return total

    def shifts(self, after: datetime, until: datetime, zone: tzinfo | str) -> Iterator[Shift]:
        """Yield the offset changes in (after, until] that touch this expression, the oldest first."""
        return self._shifts(_minute_after(after), _minute_after(until), find_zone(zone))

    @property
    def smallest_gap(self) -> timedelta:
        """The shortest time between two fires by the wall clock; an offset change may bring them closer.

        Never longer than in reality; for what fires at most once a day it is whole days.
        """
        minutes, hours = sorted(self.minutes), sorted(self.hours)
        gaps = [after - before for before, after in pairwise(minutes)]
        gaps += [60 * (after - before) + minutes[0] - minutes[-1] for before, after in pairwise(hours)]
        night = 60 * (hours[0] - hours[-1]) + minutes[0] - minutes[-1]
        return min([*gaps, self._days.closest() * 24 * 60 + night]) * MINUTE

    @property
    def most_per_day(self) -> int:
        """How many fires a day has by the wall clock, if it has any."""
        return len(self.minutes) * len(self.hours)

    def _ascending(self, begin: datetime, end: datetime, zone: tzinfo) -> Iterator[datetime]:
        walk = self._wall.walk()
        for stretch in forwards(zone, begin, end):
            local = walk.first_from(self._first_local(stretch))
            while local and local < stretch.local_end:
                fire = stretch.instant(local)
                yield fire.replace(tzinfo=UTC)
                local = walk.first_from(fire + stretch.offset + MINUTE)

    def _first_local(self, stretch: Stretch) -> datetime:
        """Return the first wall-clock time whose fire falls into the stretch."""
        return stretch.local_start if self.wildcard else stretch.first_new

    def _count_local(self, begin: datetime, end: datetime) -> int:
        """Return how many naive times match from `begin` to before `end`."""
        if begin >= end:
            return 0
        first, last = begin.date(), end.date()
        total = self._days.count(first, last) * self.most_per_day
        if self._days.match(first):
            total -= self._count_day(begin)
        if self._days.match(last):
            total += self._count_day(end)
        return total

    def _count_day(self, end: datetime) -> int:
        """Return how many times of a matching day lie before `end`."""
        hours = sorted(self.hours)
        total = bisect_left(hours, end.hour) * len(self.minutes)
        if end.hour in self.hours:
            total += sum(minute < end.minute for minute in self.minutes)
        return total

    def _shifts(self, begin: datetime, end: datetime, zone: tzinfo) -> Iterator[Shift]:
        for change in changes(zone, begin, end):
            low, high = sorted((change.at + change.before, change.at + change.after))
            if not self._count_local(low, high):
                continue
            at, local = change.at.replace(tzinfo=UTC), self._local(low, high)
            if change.after < change.before:
                yield Shift(at, "fold", "twice" if self.wildcard else "once", local)
            else:
                lost = self.wildcard or high - low > LONGEST_GAP
                yield Shift(at, "gap", "skipped" if lost else "moved", local)

    def _local(self, begin: datetime, end: datetime) -> str:
        """Describe the matches from `begin` to before `end`."""
        walk, shown = self._wall.walk(), list[str]()
        local = walk.first_from(begin)
        while local and local < end and len(shown) < _FEW:
            shown.append(f"{local:%H:%M}")
            local = walk.first_from(local + MINUTE)
        more = self._count_local(begin, end) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")


def parse_cron(text: object, *, seed: str = "") -> Cron:
    """Return the expression; `seed` (the name of the schedule) decides what its `H` stand for.

    Raises:
        CronError: it is no cron expression, or one that never fires.
    """
    if not isinstance(text, str):
        raise CronError('expected a cron expression as text, such as "0 9 * * 1-5"')
    return _parse(text, seed)


def check_cron(text: object) -> str:
    """Return the text of the expression with single blanks between its columns.

    Raises:
        CronError: it is no cron expression, or one that never fires.
    """
    return parse_cron(text).text


@lru_cache(maxsize=4096)
def _parse(text: str, seed: str) -> Cron:
    reading = read(text, seed)
    minute, hour, day, month, weekday = reading.columns
    days = Days(day.numbers, month.numbers, weekday.numbers, either=not (day.starred or weekday.starred))
    return Cron(
        text=reading.text,
        resolved=" ".join(column.text for column in reading.columns),
        minutes=minute.numbers,
        hours=hour.numbers,
        days=day.numbers,
        months=month.numbers,
        weekdays=weekday.numbers,
        wildcard=minute.starred or hour.starred,
        _days=days,
        _wall=WallTime(minute.numbers, hour.numbers, days),
    )


def _minute_after(moment: datetime) -> datetime:
    """Return the first whole minute after a moment, naive UTC."""
    naive = _naive(moment)
    return naive + MINUTE - (naive - _EARLIEST) % MINUTE


def _minute_from(moment: datetime) -> datetime:
    """Return the first whole minute that is not before a moment, naive UTC."""
    naive = _naive(moment)
    return naive + (_EARLIEST - naive) % MINUTE


def _naive(moment: datetime) -> datetime:
    """Return a moment as naive UTC, or the nearest limit."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"{moment} has no time zone; fires are found for aware datetimes only")
    room = timedelta(days=2)  # An offset must fit between the limits and the ends of what a datetime holds.
    naive = min(max(moment.replace(tzinfo=None), _EARLIEST - room), _LATEST + room) - offset
    return min(max(naive, _EARLIEST), _LATEST)
