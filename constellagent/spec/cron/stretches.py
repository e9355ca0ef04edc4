"""Time cut into stretches with one offset from UTC, each with the wall-clock times that belong to it.

What the wall clock skips belongs to the stretch after the gap, what it repeats to the stretch before the
fold: so a fixed-time job runs once for each time it names. That is what Debian's cron does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from constellagent.spec.cron.zones import MINUTE, changes, offset_at

LONGEST_GAP = timedelta(hours=3)
"""A wall clock that jumps further is set, and not moved: what it skips does not run (a day in Apia, 2011)."""

_LOOK_BACK = timedelta(days=2)
"""No fold is longer; with changes further back the wall clock has caught up."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time in which a zone keeps one offset.

    Attributes:
        start: its first minute, naive UTC.
        end: the minute after its last one, naive UTC.
        offset: wall clock minus UTC.
        first_new: the first time on the wall clock, naive, that no earlier minute has shown or skipped for
            good. Before `local_start` where there was a gap, after it where there was a fold.
    """

    start: datetime
    end: datetime
    offset: timedelta
    first_new: datetime

    @property
    def local_start(self) -> datetime:
        """What the wall clock shows at `start`."""
        return self.start + self.offset

    @property
    def local_end(self) -> datetime:
        """What the wall clock would show at `end`."""
        return self.end + self.offset

    def instant(self, local: datetime) -> datetime:
        """Return when a time that belongs to this stretch comes: at its start, if it was skipped."""
        return max(local - self.offset, self.start)


def forwards(zone: tzinfo, begin: datetime, end: datetime) -> Iterator[Stretch]:
    """Yield the stretches from `begin` to before `end`, both naive UTC; those of one year at a time."""
    for year in range(begin.year, end.year + 1):
        yield from _stretches(zone, *_part(year, begin, end))


def backwards(zone: tzinfo, begin: datetime, end: datetime) -> Iterator[Stretch]:
    """Yield the same stretches as `forwards`, the newest first."""
    for year in range(end.year, begin.year - 1, -1):
        yield from reversed(list(_stretches(zone, *_part(year, begin, end))))


def _part(year: int, begin: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return the part of the window that lies in one year."""
    return max(begin, datetime(year, 1, 1)), min(end, datetime(year + 1, 1, 1))  # noqa: DTZ001 - naive UTC


def _stretches(zone: tzinfo, begin: datetime, end: datetime) -> Iterator[Stretch]:
    start, offset = begin, offset_at(zone, begin - MINUTE)
    reached = begin + offset
    for change in changes(zone, begin - _LOOK_BACK, begin):
        reached = max(reached, change.at + change.before)
    first_new = reached
    for change in changes(zone, begin, end):
        if start < change.at:
            yield Stretch(start, change.at, offset, first_new)
        reached = max(reached, change.at + offset)
        start, offset = change.at, change.after
        first_new = reached if start + offset - reached <= LONGEST_GAP else start + offset
    if start < end:
        yield Stretch(start, end, offset, first_new)
