"""Times in the words of findings."""

from constellagent.plan.findings.fault import local
from tests.plan.findings.files import NOW, desired


def test_a_time_is_told_as_the_zone_shows_it() -> None:
    """With the weekday, which is what most schedules are about."""
    (schedule,) = desired("cron: '@daily'", zone="Asia/Tokyo")
    assert local(schedule, NOW) == "Sun 2026-11-22 21:00"
