"""Points in time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from constellagent.spec.moments import in_zone, parse_moment


def test_reads_dates_and_times() -> None:
    """A date is its first minute; an offset is kept; none stays naive until the zone is known."""
    assert parse_moment("2026-01-31").isoformat() == "2026-01-31T00:00:00"
    assert parse_moment("2026-01-31 09:00").isoformat() == "2026-01-31T09:00:00"
    assert parse_moment("2026-01-31T09:00:30Z") == datetime(2026, 1, 31, 9, 0, 30, tzinfo=UTC)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert parse_moment(moment) is moment


@pytest.mark.parametrize("value", [5, None, "tomorrow", "20260101", "2026-W01-1", "2026-01-01\n"])
def test_refuses_other_forms(value: object) -> None:
    """Numbers and the rarer ISO forms are no moments."""
    with pytest.raises(ValueError, match="expected a date such as 2026-01-31"):
        parse_moment(value)


def test_refuses_days_that_do_not_exist() -> None:
    """The 30th of February has the right form and is still wrong."""
    with pytest.raises(ValueError, match="no such moment as 2026-02-30"):
        parse_moment("2026-02-30")


@pytest.mark.parametrize("value", ["1969-12-31", "2200-01-01", "9999-12-31T23:59Z", "0001-01-01"])
def test_refuses_years_that_are_too_far_off(value: str) -> None:
    """Times computed from them would leave what a computer can tell."""
    with pytest.raises(ValueError, match="is outside of the years 1970 to 2199"):
        parse_moment(value)
    assert parse_moment("1970-01-01").year + parse_moment("2199-12-31").year == 1970 + 2199


def test_a_naive_moment_takes_the_zone() -> None:
    """Only a moment without an offset is moved into the zone."""
    london = ZoneInfo("Europe/London")
    summer = in_zone(parse_moment("2026-07-01T12:00"), london)
    assert summer.astimezone(UTC).hour == 11
    aware = parse_moment("2026-07-01T12:00Z")
    assert in_zone(aware, london) is aware
