"""When a zone changes its offset from UTC.

Moments are naive UTC here, and whole minutes: offsets with odd seconds (before 1972) are cut to the minute.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC
_PROBE = timedelta(days=1)
"""No zone of the tz database ever changed twice within less than three days."""


@dataclass(frozen=True, slots=True)
class OffsetChange:
    """A change of a zone's offset.

    Attributes:
        at: the first minute with the new offset.
        before: the offset until then.
        after: the offset from then on.
    """

    at: datetime
    before: timedelta
    after: timedelta


def find_zone(zone: tzinfo | str) -> tzinfo:
    """Return the zone that is meant.

    Raises:
        ValueError: the tz database has no zone of this name.
    """
    if isinstance(zone, tzinfo):
        return zone
    try:
        return ZoneInfo(zone)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(
            f"{zone!r} is no time zone of the tz database, such as Europe/London or UTC"
        ) from error


def offset_at(zone: tzinfo, moment: datetime) -> timedelta:
    """Return the zone's offset at a moment.

    Raises:
        ValueError: the zone knows no offset.
    """
    offset = datetime.fromtimestamp((moment - _EPOCH).total_seconds(), zone).utcoffset()
    if offset is None:
        raise ValueError(f"the time zone {zone!r} has no offset from UTC")
    return offset - offset % MINUTE


def changes(zone: tzinfo, begin: datetime, end: datetime) -> Iterator[OffsetChange]:
    """Yield the changes from `begin` to before `end`, oldest first."""
    for year in range(begin.year, (end - MINUTE).year + 1):
        for change in _changes_in(zone, year):
            if begin <= change.at < end:
                yield change


@lru_cache(maxsize=8192)
def _changes_in(zone: tzinfo, year: int) -> tuple[OffsetChange, ...]:
    """Return the changes of one year. Kept per zone, because a year of probes costs about 300 µs."""
    found = []
    known, end = datetime(year, 1, 1) - MINUTE, datetime(year + 1, 1, 1) - MINUTE  # noqa: DTZ001 - naive UTC
    offset = offset_at(zone, known)
    while known < end:
        probe = min(known + _PROBE, end)
        if offset_at(zone, probe) != offset:
            probe = _first_with_another(zone, offset, known, probe)
            found.append(OffsetChange(probe, offset, offset_at(zone, probe)))
            offset = found[-1].after
        known = probe
    return tuple(found)


def _first_with_another(zone: tzinfo, offset: timedelta, low: datetime, high: datetime) -> datetime:
    """Return the first minute after `low`, and up to `high`, that has another offset than `low`."""
    while high - low > MINUTE:
        middle = low + (high - low) // 2 // MINUTE * MINUTE
        if offset_at(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high
