"""Which days a cron expression matches, and how many of them there are, without walking from fire to fire."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

_YEARS = (2023, 2024, 2025)
"""A common year, a leap year and a common year: every neighbourhood of two months there is."""


@dataclass(frozen=True, slots=True)
class Days:
    """The three columns about days.

    Attributes:
        days: days of the month.
        months: 1 to 12.
        weekdays: 0 (Sunday) to 6.
        either: a day matches if its day of the month or its weekday does; otherwise both must.
    """

    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def match(self, day: date) -> bool:
        """Whether the expression fires on this day."""
        if day.month not in self.months:
            return False
        in_month, in_week = day.day in self.days, day.toordinal() % 7 in self.weekdays
        return in_month or in_week if self.either else in_month and in_week

    def count(self, first: date, end: date) -> int:
        """Return how many days match, from `first` to the day before `end`."""
        return sum(self.match(date.fromordinal(day)) for day in range(first.toordinal(), end.toordinal()))

    def closest(self) -> int:
        """Return how many days lie at least between two days that match; never more than in reality."""
        if self.either:
            return 1
        return max(self._closest_in_months(), self._closest_in_weeks())

    def _closest_in_weeks(self) -> int:
        days = sorted(self.weekdays)
        return min(after - before for before, after in pairwise([*days, days[0] + 7]))

    def _closest_in_months(self) -> int:
        if len(self.days) == 31:
            return 1
        matching = [
            date(year, month, 1).toordinal() + day
            for year in _YEARS
            for month in sorted(self.months)
            for day in sorted(self.days)
            if day <= monthrange(year, month)[1]
        ]
        return min((after - before for before, after in pairwise(matching)), default=365)
