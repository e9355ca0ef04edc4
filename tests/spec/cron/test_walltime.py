"""The times of a wall clock, found by croniter, against a plain search."""

import sys
from datetime import datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.spec.cron.days import Days
from constellagent.spec.cron.walltime import Walk, WallTime

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MINUTES, HOURS = frozenset(range(60)), frozenset(range(24))
EVERY = Days(frozenset(range(1, 32)), frozenset(range(1, 13)), frozenset(range(7)), either=False)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2110, 1, 1)).map(  # noqa: DTZ001 - a wall clock
    lambda moment: moment.replace(second=0, microsecond=0)
)


def at(text: str) -> datetime:
    """Return a naive time."""
    return datetime.fromisoformat(text)


def sets(low: int, high: int) -> st.SearchStrategy[frozenset[int]]:
    """Some numbers or all of them."""
    return st.frozensets(st.integers(low, high), min_size=1) | st.just(frozenset(range(low, high + 1)))


def search(
    minutes: frozenset[int], hours: frozenset[int], days: Days, start: datetime, sign: int
) -> datetime | None:
    """Search day by day and minute by minute within 9 years, from `start` on or before it."""
    for step in range(9 * 366):
        day = start.replace(hour=0, minute=0) + DAY * (sign * step)
        if not days.match(day.date()):
            continue
        times = [
            day.replace(hour=hour, minute=minute) for hour in sorted(hours) for minute in sorted(minutes)
        ]
        found = [time for time in times if (time >= start if sign > 0 else time < start)]
        if found:
            return found[0] if sign > 0 else found[-1]
    return None


@given(
    sets(0, 59), sets(0, 23), st.builds(Days, sets(1, 31), sets(1, 12), sets(0, 6), st.booleans()), MOMENTS
)
def test_finds_what_a_plain_search_finds(
    minutes: frozenset[int], hours: frozenset[int], days: Days, moment: datetime
) -> None:
    """The nearest match on either side is the one that trying every day finds, for any sets of numbers."""
    wall = WallTime(minutes, hours, days)
    for walk, sign in ((wall.walk().first_from, 1), (wall.walk().last_before, -1)):
        expected, found = search(minutes, hours, days, moment, sign), walk(moment)
        if expected or (found and abs(found - moment) < DAY * 366 * 8):
            assert found == expected


@given(sets(0, 59), sets(0, 3), st.lists(st.integers(0, 3000), min_size=1, max_size=12))
def test_the_order_of_questions_changes_no_answer(
    minutes: frozenset[int], hours: frozenset[int], questions: list[int]
) -> None:
    """A walk that was asked before answers like a new one."""
    wall = WallTime(minutes, hours, EVERY)
    forth, back = wall.walk(), wall.walk()
    for question in questions:
        moment = at("2026-05-05T00:00") + MINUTE * question
        assert forth.first_from(moment) == wall.walk().first_from(moment)
        assert back.last_before(moment) == wall.walk().last_before(moment)


def test_a_column_that_names_all_its_days_lets_every_day_match() -> None:
    """Every day of the month or Monday is every day, though croniter would take it for Mondays."""
    either = Days(EVERY.days, EVERY.months, frozenset({1}), either=True)
    tuesday = at("2026-05-05T12:00")
    assert WallTime(frozenset({0}), frozenset({12}), either).walk().first_from(tuesday) == tuesday


def test_days_that_never_come_end_the_search() -> None:
    """Where there is no match there is no answer, in both directions and at the second time too."""
    never = WallTime(MINUTES, HOURS, Days(frozenset({30}), frozenset({2}), EVERY.weekdays, either=False))
    forth, back = never.walk(), never.walk()
    for moment in (at("2026-01-01T00:00"), at("2026-01-02T00:00"), at("2025-01-02T00:00")):
        assert forth.first_from(moment) is None
        assert back.last_before(moment) is None


class Stuck:
    """A search that comes back with where it stood. A real one that does so is not known."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def set_current(self, moment: datetime) -> None:
        """Remember where to stay."""
        self.moment = moment

    def get_next(self, _kind: type[datetime]) -> datetime:
        """Return a time as many minutes off as was asked for."""
        return self.moment + self.steps * MINUTE

    get_prev = get_next


def test_a_search_that_stands_still_is_an_error() -> None:
    """A time that is not ahead is refused, since a loop over it would never end."""
    moment = at("2026-05-05T12:00")
    stuck: Any = Stuck(0)
    moving: Any = Stuck(1)
    with pytest.raises(
        RuntimeError, match="the search for a time from 2026-05-05 12:00:00 on came back with"
    ):
        Walk(stuck).first_from(moment)
    with pytest.raises(RuntimeError, match="the search for a time before 2026-05-05 12:00:00 came back with"):
        Walk(stuck).last_before(moment)
    assert Walk(moving).first_from(moment) == moment


def test_threads_and_walks_do_not_disturb_each_other() -> None:
    """Two threads that walk the same expression from different places each see all of their own times."""
    wall = WallTime(frozenset({0}), HOURS, EVERY)
    seen: dict[int, list[datetime]] = {}

    def read(year: int) -> None:
        walk, moment = wall.walk(), datetime(year, 1, 1)  # noqa: DTZ001 - a wall clock
        for _ in range(300):
            found = walk.first_from(moment)
            assert found
            seen.setdefault(year, []).append(found)
            moment = found + MINUTE

    threads = [Thread(target=read, args=(year,)) for year in (2026, 2031)]
    patience = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(patience)
    for year, times in seen.items():
        start = datetime(year, 1, 1)  # noqa: DTZ001 - a wall clock
        assert times == [start + 60 * MINUTE * step for step in range(300)]
    assert len(seen) == 2
