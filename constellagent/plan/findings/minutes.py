"""In which minutes of a window schedules start, as bit sets: bit n stands for the nth minute.

A week of ten thousand schedules holds millions of starts. Days without a change of the clocks are all alike,
so their starts come from the numbers of the expression, and whole weeks are counted by adding bit sets.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from constellagent.plan.schedules import DesiredSchedule
from constellagent.spec.cron import Cron

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


class _LocalDay(NamedTuple):
    """A day of a zone in UTC; `plain` if the clocks do not change in it."""

    begin: datetime
    end: datetime
    plain: bool


class Window:
    """The minutes after a moment, `days` days of them."""

    def __init__(self, after: datetime, days: int) -> None:
        self.begin = after.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
        self._length = days * 24 * 60
        self._fires: dict[tuple[Cron, str], int] = {}
        self._days: dict[str, tuple[_LocalDay, ...]] = {}

    def starts(self, schedule: DesiredSchedule) -> int:
        """Return the minutes in which runs of the schedule start, its jitter included."""
        if schedule.cron is None:
            return 0
        key = (schedule.cron, schedule.timezone)
        if key not in self._fires:
            self._fires[key] = self._find(schedule.cron, schedule.timezone)
        bits = self._fires[key]
        if schedule.start is not None:
            first = self._index(schedule.start + _MINUTE - datetime.resolution)
            bits = bits >> first << first
        if schedule.end is not None:
            bits &= (1 << self._index(schedule.end + _MINUTE - datetime.resolution)) - 1
        return (bits << schedule.delay // _MINUTE) & ((1 << self._length) - 1)

    def moment(self, minute: int) -> datetime:
        """Return the minute with this number."""
        return self.begin + minute * _MINUTE

    def _index(self, moment: datetime) -> int:
        return min(max((moment - self.begin) // _MINUTE, 0), self._length)

    def _find(self, cron: Cron, timezone: str) -> int:
        """Return the nominal minutes of an expression."""
        zone = ZoneInfo(timezone)
        if timezone not in self._days:
            self._days[timezone] = tuple(_local_days(zone, self.begin, self.moment(self._length)))
        whole, bits = _times(cron.minutes, cron.hours), 0
        for day in self._days[timezone]:
            after, until = day.begin - datetime.resolution, day.end - datetime.resolution
            shift = (day.begin - self.begin) // _MINUTE
            if not day.plain:
                found = sum(1 << (fire - day.begin) // _MINUTE for fire in cron.between(after, until, zone))
            else:
                found = whole if cron.count(after, until, zone) else 0
            bits |= found << shift if shift >= 0 else found >> -shift
        return bits & ((1 << self._length) - 1)


class Tally:
    """How many bit sets hold each minute: the nth plane holds the nth binary digit of all the counts."""

    def __init__(self) -> None:
        self._planes: list[int] = []

    def add(self, bits: int) -> None:
        """Count one more set."""
        for index, plane in enumerate(self._planes):
            if not bits:
                return
            self._planes[index], bits = plane ^ bits, plane & bits
        if bits:
            self._planes.append(bits)

    def beyond(self, limit: int) -> int:
        """Return the minutes that more than `limit` (0 or more) sets hold."""
        planes = self._planes + [0] * (limit.bit_length() - len(self._planes))
        more, even = 0, -1
        for index, plane in reversed(list(enumerate(planes))):
            if limit >> index & 1:
                even &= plane
            else:
                more |= even & plane
                even &= ~plane
        return more

    def fullest(self, among: int) -> int:
        """Return the first minute with the highest count, of a set of minutes that is not empty."""
        for plane in reversed(self._planes):
            among = among & plane or among
        return first(among)


def first(bits: int) -> int:
    """Return the number of the first minute of a set that is not empty."""
    return (bits & -bits).bit_length() - 1


@lru_cache(maxsize=4096)
def _times(minutes: frozenset[int], hours: frozenset[int]) -> int:
    """Return the minutes of one day."""
    hour = sum(1 << minute for minute in minutes)
    return sum(hour << 60 * number for number in hours)


def _local_days(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[_LocalDay]:
    """Yield the days of the zone that have a part between `begin` and `end`."""
    day = begin.astimezone(zone).date()
    while _midnight(day, zone) < end:
        here, following = _midnight(day, zone), _midnight(day + _DAY, zone)
        offsets = {moment.astimezone(zone).utcoffset() for moment in (here - _MINUTE, here, following)}
        yield _LocalDay(here, following, plain=len(offsets) == 1 and following - here == _DAY)
        day += _DAY


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
