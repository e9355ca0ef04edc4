"""CS010: fires where the clocks change."""

import pytest

from constellagent.plan.findings.clocks import AHEAD, check_clocks
from constellagent.plan.findings.finding import Bounds
from tests.plan.findings.files import NOW, desired, file, one, told


@pytest.mark.parametrize(
    ("cron", "zone", "message"),
    [
        (
            "30 2 * * *",
            "America/New_York",
            (
                "on 2027-03-14 the clocks of America/New_York go forward from 02:00 to 03:00: "
                "what is due at 02:30 runs once, at 03:00"
            ),
        ),
        (
            "30 1 * * *",
            "America/New_York",
            (
                "on 2027-11-07 the clocks of America/New_York go back from 02:00 to 01:00: "
                "01:30 comes twice, and it runs the first time only"
            ),
        ),
        (
            "*/30 2 * * *",
            "America/New_York",
            (
                "on 2027-03-14 the clocks of America/New_York go forward from 02:00 to 03:00: "
                "there is no 02:00, 02:30, and nothing runs in its place"
            ),
        ),
        (
            "*/30 1 * * *",
            "America/New_York",
            (
                "on 2027-11-07 the clocks of America/New_York go back from 02:00 to 01:00: "
                "01:00, 01:30 comes twice, and it runs both times"
            ),
        ),
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            (
                "on 2027-10-03 the clocks of Australia/Lord_Howe go forward from 02:00 to 02:30: "
                "what is due at 02:15 runs once, at 02:30"
            ),
        ),
    ],
)
def test_fires_in_an_hour_that_is_skipped_or_repeated(cron: str, zone: str, message: str) -> None:
    """The date, the zone and what happens are told at the expression."""
    finding = one(file(f"cron: '{cron}'", zone=zone))
    assert (finding.rule, finding.severity, finding.line, finding.column) == ("CS010", "warning", 8, 18)
    assert finding.message == message
    assert "timezone: UTC" in finding.help


def test_changes_of_a_whole_period_are_told_together() -> None:
    """Two springs within 400 days are one finding; spring and autumn are two."""
    (fault,) = check_clocks(
        desired("cron: '30 2 * * *'", zone="America/New_York"), Bounds(NOW.replace(month=3, day=1))
    )
    assert fault.message.endswith("; so too on 2027-03-14")
    assert AHEAD.days == 400
    both = file("cron: '30 1,2 * * *'", zone="America/New_York")
    assert told(both) == ["8:18 CS010 a/s0", "8:18 CS010 a/s0"]


@pytest.mark.parametrize(
    ("schedule", "zone"),
    [
        ("cron: '30 2 * * *'", "UTC"),
        ("cron: '30 2 * * *'", "Asia/Kolkata"),
        ("cron: '30 4 * * *'", "America/New_York"),
        ("cron: '30 2 * 5 *'", "America/New_York"),
        ("cron: '0 * * * *'", "America/New_York"),
        ("cron: '30 2 * * *', end: 2027-03-01", "America/New_York"),
        ("cron: '30 2 * * *', start: 2027-03-15, end: 2027-11-01", "America/New_York"),
        ("cron: '30 2 * * *', timezone: UTC", "America/New_York"),
    ],
)
def test_nothing_is_said_where_nothing_is_special(schedule: str, zone: str) -> None:
    """Other zones and hours, jobs of every hour, and changes while the schedule is not in effect."""
    assert [line for line in told(file(schedule, zone=zone)) if "CS010" in line] == []


def test_what_an_event_wakes_knows_no_clocks() -> None:
    """A schedule without an expression is passed over."""
    assert [*check_clocks(desired("on: {webhook: h}"), Bounds(NOW))] == []
