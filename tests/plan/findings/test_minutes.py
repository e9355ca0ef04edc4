"""Minutes as bit sets, held against the fires themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan import timetable
from constellagent.plan.findings.minutes import Tally, Window, first
from tests.plan.findings.files import NOW, desired

ZONES = (
    "UTC",
    "Asia/Kolkata",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "America/Havana",
    "Pacific/Apia",
)
MOMENTS = (
    NOW,
    datetime(2027, 3, 10, 7, 3, 20, tzinfo=UTC),
    datetime(2027, 11, 3, 23, 59, tzinfo=UTC),
    datetime(2018, 11, 1, tzinfo=UTC),
    datetime(2019, 2, 14, 2, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 4, 22, tzinfo=UTC),
    datetime(2011, 12, 28, tzinfo=UTC),
    datetime(2027, 4, 1, 12, tzinfo=UTC),
)
MINUTES = st.sampled_from(["0", "30", "*/15", "*", "5,35", "59"])
HOURS = st.sampled_from(["*", "0", "1", "2", "*/2", "23", "0-3", "9-17"])
DAYS = st.sampled_from(["* * *", "* * 0", "* * 1-5", "1 * *", "13 * 5", "*/2 * 1", "* 3,11 *"])


def of(bits: int, window: Window) -> list[datetime]:
    """Return the moments of a set."""
    return [window.moment(number) for number in range(bits.bit_length()) if bits >> number & 1]


@given(MINUTES, HOURS, DAYS, st.sampled_from(ZONES), st.sampled_from(MOMENTS))
def test_a_set_holds_the_fires_of_the_window(
    minutes: str, hours: str, days: str, zone: str, after: datetime
) -> None:
    """Whatever the clocks do in it: the same minutes as the expression gives one by one."""
    (schedule,) = desired(f"cron: '{minutes} {hours} {days}'", zone=zone)
    window = Window(after, 7)
    end = window.moment(7 * 24 * 60)
    expected = [*timetable.fires(schedule, after, end - timedelta(minutes=1))]
    assert of(window.starts(schedule), window) == expected


def test_jitter_start_and_end_count() -> None:
    """A start is the minute of the fire and its delay; there is none before `start`, or from `end` on."""
    times = "start: 2026-11-24T09:00, end: 2026-11-26T09:00"
    plain, late = desired(f"cron: '0 9 * * *', {times}", f"cron: '0 9 * * *', jitter: 3h, {times}")
    window = Window(NOW, 7)
    assert [moment.day for moment in of(window.starts(plain), window)] == [24, 25]
    assert of(window.starts(late), window) == [
        (NOW.replace(day=day, hour=9) + late.delay).replace(second=0) for day in (24, 25)
    ]


@pytest.mark.parametrize("seconds", [0, 30])
def test_odd_seconds_of_start_and_end(seconds: int) -> None:
    """A fire within the minute in which `start` lies comes before it; `end` at a fire leaves the fire out."""
    text = f"start: 2026-11-23T09:00:{seconds:02}Z, end: 2026-11-25T09:00:{seconds:02}Z"
    (schedule,) = desired(f"cron: '0 9 * * *', {text}")
    window = Window(NOW, 7)
    assert of(window.starts(schedule), window) == [*timetable.fires(schedule, NOW, NOW + timedelta(days=7))]


def test_an_event_has_no_minutes() -> None:
    """A schedule without an expression starts nowhere."""
    assert Window(NOW, 7).starts(*desired("on: {webhook: h}")) == 0


@given(st.lists(st.integers(0, 255), max_size=20), st.integers(0, 25))
def test_a_tally_counts(sets: list[int], limit: int) -> None:
    """The minutes beyond a limit and the fullest of them are those that counting one by one gives."""
    tally = Tally()
    for bits in sets:
        tally.add(bits)
    counts = [sum(bits >> number & 1 for bits in sets) for number in range(8)]
    over = tally.beyond(limit)
    assert [over >> number & 1 for number in range(8)] == [int(count > limit) for count in counts]
    if over:
        assert tally.fullest(over) == counts.index(max(counts))
        assert first(over) == next(number for number, count in enumerate(counts) if count > limit)
