"""CS013, CS014, CS015 and CS018: how often a schedule fires."""

import pytest

from constellagent.plan.findings.finding import Bounds
from constellagent.plan.findings.rates import check_rates
from tests.plan.findings.files import NOW, desired, file, one, told


def test_a_timeout_longer_than_the_gap() -> None:
    """The two fires that are too close are named, and what becomes of the later one."""
    finding = one(file("cron: '0,20 9 * * *', timeout: 45m"))
    assert (finding.rule, finding.severity, finding.line, finding.column) == ("CS013", "warning", 8, 43)
    assert finding.message == (
        "timeout 45m is longer than the 20m from Mon 2026-11-23 09:00 to Mon 2026-11-23 09:20: "
        "while the run goes on the later fire is skipped"
    )
    assert finding.help.startswith("write a timeout of 20m or less")


@pytest.mark.parametrize(
    ("overlap", "consequence"),
    [
        ("skip", "is skipped"),
        ("queue_one", "only the last runs"),
        ("queue_all", "may pile up"),
        ("replace", "the later fire stops the run"),
    ],
)
def test_what_overlap_makes_of_it(overlap: str, consequence: str) -> None:
    """Each setting has its own consequence."""
    text = file(f"cron: '0,20 9 * * *', timeout: 45m, overlap: {overlap}")
    assert one(text).message.endswith(consequence)


@pytest.mark.parametrize(
    "schedule",
    [
        "cron: '0,20 9 * * *', timeout: 20m",
        "cron: '0,20 9 * * *'",
        "cron: '0,20 9 * * *', timeout: 45m, overlap: allow",
        "cron: '0 9 * * *', timeout: 24h",
        "cron: '0,20 9 * * *', timeout: 45m, start: 2026-11-23T09:10, end: 2026-11-23T09:30",
    ],
)
def test_no_overlap(schedule: str) -> None:
    """As long as the gap is short enough; without a limit nothing is known; two at once may be wanted."""
    assert [line for line in told(file(schedule)) if "CS013" in line] == []


def test_many_fires_a_day() -> None:
    """One more than the limit is too many; the limit itself is fine."""
    finding = one(file("cron: '*/10 * * * *'"))
    assert (finding.rule, finding.severity, finding.line, finding.column) == ("CS014", "warning", 8, 18)
    assert "fires 144 times a day" in finding.message
    assert finding.help.endswith("--max-fires-per-day 144")
    assert told(file("cron: '*/15 * * * *'")) == []
    assert told(file("cron: '*/10 * * * *'"), most_per_day=144) == []


def test_a_date_that_is_far_off() -> None:
    """More than a year ahead is told with the date; a year is not."""
    finding = one(file("cron: '0 12 29 2 *'"))
    assert (finding.rule, finding.severity, finding.line, finding.column) == ("CS015", "warning", 8, 18)
    assert finding.message == "fires next on Tue 2028-02-29 12:00, in 464 days"
    assert told(file("cron: '0 12 21 11 *'")) == []
    assert told(file("cron: '@yearly'")) == []


def test_a_start_that_is_far_off() -> None:
    """What begins in years fires in years."""
    assert one(file("cron: '0 12 * * *', start: 2030-01-01")).message.startswith(
        "fires next on Tue 2030-01-01"
    )
    assert told(file("cron: '0 12 * * *', start: 2026-12-01")) == []
    assert told(file("cron: '0 12 * * *', start: 2020-01-01")) == []


def test_a_pause_of_years_after_the_next_fire() -> None:
    """Soon, and then not for long."""
    soon = Bounds(NOW.replace(year=2028, month=2, day=1))
    (fault,) = check_rates(desired("cron: '0 12 29 2 *'"), soon)
    assert fault.message == (
        "fires next on Tue 2028-02-29 12:00, and then not for 1,461 days, until Sun 2032-02-29 12:00"
    )


def test_weekdays_come_every_year() -> None:
    """A schedule of each week is not rare, nor is the last one before an end."""
    assert told(file("cron: '0 12 * * 1'")) == []
    assert told(file("cron: '0 12 * * *', end: 2026-12-24")) == []


def test_what_has_ended() -> None:
    """An end that has passed is told there, as is one before which nothing fires any more."""
    finding = one(file("cron: '0 12 * * *', end: 2026-01-01"))
    assert (finding.rule, finding.line, finding.column) == ("CS015", 8, 37)
    assert finding.message == "ended on 2026-01-01T00:00:00Z and does not fire any more"
    finding = one(file("cron: '0 12 1 * *', end: 2026-11-30"))
    assert finding.message == "does not fire any more before its end"


def test_all_missed_fires_of_a_long_time() -> None:
    """More than a hundred in the window are told with both numbers."""
    finding = one(file("cron: '0 * * * *', missed: all"))
    assert (finding.rule, finding.severity, finding.line, finding.column) == ("CS018", "warning", 8, 39)
    assert "168 fires lie within catch_up_window 7d" in finding.message
    assert "the newest 24 of them run one after another" in finding.message


@pytest.mark.parametrize(
    "settings",
    ["missed: all, catch_up_window: 4d", "missed: latest", "missed: skip", "missed: all, paused: true"],
)
def test_what_there_is_to_make_up_for_is_bounded(settings: str) -> None:
    """A hundred fires, one or none, or a schedule that is paused."""
    assert told(file(f"cron: '0 * * * *', {settings}")) == []


def test_what_an_event_wakes_has_no_rate() -> None:
    """A schedule without an expression is passed over."""
    assert [*check_rates(desired("on: {webhook: h}"), Bounds(NOW))] == []
