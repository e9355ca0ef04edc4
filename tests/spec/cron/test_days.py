"""Which days match, and how close they come."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.spec.cron.days import Days

ALL_DAYS, ALL_MONTHS, ALL_WEEK = frozenset(range(1, 32)), frozenset(range(1, 13)), frozenset(range(7))
DAY = timedelta(days=1)


def days(
    days: frozenset[int] = ALL_DAYS,
    months: frozenset[int] = ALL_MONTHS,
    weekdays: frozenset[int] = ALL_WEEK,
    *,
    either: bool = False,
) -> Days:
    """Return the columns, the ones left out unrestricted."""
    return Days(days, months, weekdays, either)


def matching(chosen: Days, first: date, count: int) -> list[date]:
    """Return the days that match among so many."""
    return [day for day in (first + DAY * step for step in range(count)) if chosen.match(day)]


def test_both_columns_must_match_or_either() -> None:
    """On Friday the 13th both match; with `either` every Friday and every 13th does."""
    both, either = (days(frozenset({13}), weekdays=frozenset({5}), either=way) for way in (False, True))
    assert matching(both, date(2026, 1, 1), 365) == [date(2026, 2, 13), date(2026, 3, 13), date(2026, 11, 13)]
    assert len(matching(either, date(2026, 1, 1), 365)) == 52 + 12 - 3


def test_other_months_do_not_match() -> None:
    """A day of another month never matches, whatever its weekday."""
    assert matching(days(months=frozenset({2}), weekdays=frozenset({0})), date(2026, 1, 1), 365) == [
        date(2026, 2, day) for day in (1, 8, 15, 22)
    ]


SETS = st.builds(
    Days,
    st.frozensets(st.integers(1, 31), min_size=1) | st.just(ALL_DAYS),
    st.frozensets(st.integers(1, 12), min_size=1) | st.just(ALL_MONTHS),
    st.frozensets(st.integers(0, 6), min_size=1) | st.just(ALL_WEEK),
    st.booleans(),
)


@given(SETS, st.dates(date(1970, 1, 1), date(2090, 1, 1)), st.integers(0, 900))
def test_counts_the_days_that_match(chosen: Days, first: date, length: int) -> None:
    """The count is the number of matching days, the last one left out."""
    assert chosen.count(first, first + DAY * length) == len(matching(chosen, first, length))


@given(SETS, st.dates(date(1970, 1, 1), date(2090, 1, 1)))
def test_never_claims_more_room_than_there_is(chosen: Days, first: date) -> None:
    """No two matching days are closer than the claim."""
    found = matching(chosen, first, 800)
    assert all((after - before).days >= chosen.closest() for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("chosen", "closest"),
    [
        (days(), 1),
        (days(weekdays=frozenset({1})), 7),
        (days(weekdays=frozenset({1, 3})), 2),
        (days(weekdays=frozenset({0, 6})), 1),
        (days(frozenset({1})), 28),
        (days(frozenset({1, 31})), 1),
        (days(frozenset({1, 29})), 1),
        (days(frozenset({15}), frozenset({1, 12})), 31),
        (days(frozenset({1}), weekdays=frozenset({1})), 28),
        (days(frozenset({1}), weekdays=frozenset({1}), either=True), 1),
        (days(frozenset({29}), frozenset({2})), 365),
        (days(months=frozenset({3}), weekdays=frozenset({2})), 7),
    ],
)
def test_the_closest_days(chosen: Days, closest: int) -> None:
    """Weeks, the ends of months and leap days are known; what depends on the calendar is taken closely."""
    assert chosen.closest() == closest
