"""The times of a wall clock that a cron expression matches: the home of croniter.

croniter is asked about naive times only, since it decides otherwise than Debian's cron where a zone changes
its offset. It gets the columns as numbers, in the forms that all its versions read alike, and is told
whether both day columns must match.
"""

import platform
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from itertools import pairwise

from constellagent.spec.cron.columns import FIELDS
from constellagent.spec.cron.days import Days


@contextmanager
def _without_a_process() -> Iterator[None]:
    """Tell what is imported the width of a pointer instead of letting it ask the program `file`."""
    asked = platform.architecture
    platform.architecture = lambda *_: (f"{8 * struct.calcsize('P')}bit", "")
    try:
        yield
    finally:
        platform.architecture = asked


with _without_a_process():
    from croniter import CroniterBadDateError, croniter

_MINUTE = timedelta(minutes=1)


class WallTime:
    """The naive times that match five columns. Safe to be used by several threads and iterators at once."""

    __slots__ = ("_days", "_hours", "_minutes", "_pattern")

    def __init__(self, minutes: frozenset[int], hours: frozenset[int], days: Days) -> None:
        self._minutes = minutes
        self._hours = hours
        self._days = days
        self._pattern: croniter | None = None

    def walk(self) -> "Walk":
        """Return a reader of these times with a place of its own."""
        if self._pattern is None:  # Made once, since reading the pattern costs more than finding a time.
            self._pattern = croniter(self._text(), datetime(1970, 1, 1), day_or=self._days.either)  # noqa: DTZ001 - a wall clock
        return Walk(copy(self._pattern))

    def _text(self) -> str:
        days, weekdays = self._days.days, self._days.weekdays
        if self._days.either and (len(days) == 31 or len(weekdays) == 7):
            # To croniter a column that names all its numbers is `*`, and then the other one must match.
            days = weekdays = frozenset(range(32))
        sets = (self._minutes, self._hours, days, self._days.months, weekdays)
        return " ".join(_column(numbers, field.cycle) for numbers, field in zip(sets, FIELDS, strict=True))


class Walk:
    """Searches in one direction; what lies between a question and its answer is not searched again."""

    __slots__ = ("_answer", "_asked", "_pattern")

    def __init__(self, pattern: croniter) -> None:
        self._pattern = pattern
        self._asked: datetime | None = None
        self._answer: datetime | None = None

    def first_from(self, moment: datetime) -> datetime | None:
        """Return the first match that is not before `moment` (a whole minute), or None within 50 years.

        Raises:
            RuntimeError: the search stands still.
        """
        if self._asked is None or not self._asked <= moment or (self._answer and self._answer < moment):
            self._ask(self._pattern.get_next, moment - _MINUTE)
            self._asked = moment
            if self._answer and self._answer < moment:
                raise RuntimeError(f"the search for a time from {moment} on came back with {self._answer}")
        return self._answer

    def last_before(self, moment: datetime) -> datetime | None:
        """Return the last match before `moment` (a whole minute), or None within 50 years.

        Raises:
            RuntimeError: the search stands still.
        """
        if self._asked is None or not moment <= self._asked or (self._answer and self._answer >= moment):
            self._ask(self._pattern.get_prev, moment)
            self._asked = moment
            if self._answer and self._answer >= moment:
                raise RuntimeError(f"the search for a time before {moment} came back with {self._answer}")
        return self._answer

    def _ask(self, search: Callable[[type[datetime]], datetime], moment: datetime) -> None:
        self._pattern.set_current(moment)
        try:
            self._answer = search(datetime)
        except CroniterBadDateError:
            self._answer = None


def _column(numbers: frozenset[int], cycle: range) -> str:
    """Return the numbers as `*`, as one range, with or without a step, or as a list."""
    found = [number for number in cycle if number in numbers]
    if len(found) == len(cycle):
        return "*"
    steps = {after - before for before, after in pairwise(found)}
    if len(steps) == 1:
        return f"{found[0]}-{found[-1]}/{steps.pop()}"
    return ",".join(map(str, found))
