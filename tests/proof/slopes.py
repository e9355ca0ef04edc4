"""Whether a figure grows: the slope of many samples, and how sure it is.

Theil and Sen's slope is the median of the slopes between all pairs of samples, so a spike moves it little.
Its interval is widened where samples follow each other, as those of memory do, because they say less then.
"""

import itertools
import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

_SURE = 1.96
"""Standard deviations of a two-sided interval of 95 %."""
_FOLLOWING = 0.95
"""The correlation with the sample before that is believed at most."""


class Slope(NamedTuple):
    """By how much something grows in an hour, between which values that lies, and how much it is."""

    per_hour: float
    low: float
    high: float
    middle: float

    @property
    def significant(self) -> bool:
        """Whether it is certain that it grows at all."""
        return self.low > 0

    def within(self, bound: float) -> bool:
        """Say whether it grows by no more than that in an hour, or not certainly at all."""
        return self.per_hour <= bound or not self.significant


def slope(times: Sequence[float], values: Sequence[float]) -> Slope:
    """Return the slope of values over times in seconds; there must be three at least, at different times."""
    count = len(values)
    pairs = sorted(
        (values[b] - values[a]) / (times[b] - times[a]) for a in range(count) for b in range(a + 1, count)
    )
    middle = statistics.median(pairs)
    spread = math.sqrt(count * (count - 1) * (2 * count + 5) / 18 * _inflation(times, values, middle))
    lowest = max(0, math.floor((len(pairs) - _SURE * spread) / 2))
    highest = min(len(pairs) - 1, math.ceil((len(pairs) + _SURE * spread) / 2))
    low, high = pairs[lowest], pairs[highest]
    return Slope(3600 * middle, 3600 * low, 3600 * high, statistics.fmean(values))


def _inflation(times: Sequence[float], values: Sequence[float], per_second: float) -> float:
    """Return by how much the variance is larger than that of independent samples."""
    rest = [value - per_second * at for at, value in zip(times, values, strict=True)]
    mean = statistics.fmean(rest)
    around = [value - mean for value in rest]
    whole = sum(value * value for value in around)
    if not whole:
        return 1.0
    following = sum(a * b for a, b in itertools.pairwise(around)) / whole
    following = min(max(following, 0.0), _FOLLOWING)
    return (1 + following) / (1 - following)
