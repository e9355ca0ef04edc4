"""Schedules resolved: what the dry-run and the daemon both start from."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan.schedules import DesiredSchedule, desire_schedule, desire_schedules, in_effect
from constellagent.spec.models import Constellation, Schedule


def one(name: str = "morning", **spec: Any) -> DesiredSchedule:
    """Return one schedule at nine o'clock in London."""
    if "on" not in spec:
        spec.setdefault("cron", "0 9 * * *")
    return desire_schedule("triage", name, Schedule.model_validate(spec), "Europe/London", "acme")


def test_all_schedules_of_a_file_have_their_key_and_zone() -> None:
    """A schedule's own zone wins over the file's, in the file's order."""
    raw = {
        "version": 1,
        "timezone": "Asia/Kolkata",
        "agents": {
            "b": {"command": ["true"], "schedules": {"x": {"cron": "@daily"}, "y": {"on": {"webhook": "w"}}}},
            "a": {"command": ["true"], "schedules": {"x": {"cron": "@daily", "timezone": "UTC"}}},
        },
    }
    found = desire_schedules(Constellation.model_validate(raw))
    assert {key: (s.timezone, s.cron is None) for key, s in found.items()} == {
        "b/x": ("Asia/Kolkata", False),
        "b/y": ("Asia/Kolkata", True),
        "a/x": ("UTC", False),
    }
    assert list(found) == ["b/x", "b/y", "a/x"]
    assert found["a/x"].zone.key == "UTC"


@given(st.integers(1, 100_000), st.text(min_size=1, max_size=8))
def test_the_delay_is_constant_and_below_the_jitter(seconds: int, name: str) -> None:
    """The same schedule is always delayed by the same, so order and spacing stay."""
    spec = Schedule(cron="0 9 * * *", jitter=timedelta(seconds=seconds))
    first = desire_schedule("triage", name, spec, "UTC", "acme")
    assert timedelta(0) <= first.delay < timedelta(seconds=seconds)
    assert first.delay == desire_schedule("triage", name, spec, "UTC", "acme").delay
    assert not first.delay.microseconds


def test_schedules_are_spread_by_their_jitter() -> None:
    """Twenty schedules with ten minutes of jitter do not wake at once."""
    assert len({one(name=f"s{n}", jitter="10m").delay for n in range(20)}) > 15
    assert one().delay == timedelta(0)
    assert one(jitter="5ms").delay < timedelta(milliseconds=5)


def test_moments_without_an_offset_are_the_schedules_own() -> None:
    """A day begins at midnight in the schedule's zone."""
    schedule = one(start="2026-07-01", end="2026-12-01T00:00:00Z")
    assert schedule.start == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert schedule.end == datetime(2026, 12, 1, tzinfo=UTC)


def test_what_two_runs_cannot_share() -> None:
    """Fresh runs exclude their own schedule's, others their agent's, and `allow` nobody's."""
    assert one().workspace == "triage/morning"
    assert one(workspace="agent").workspace == "triage"
    assert one(workspace="resident", prompt="x").workspace == "triage"
    assert one(overlap="allow").workspace == ""


def test_an_event_waits_where_a_fire_of_the_clock_is_skipped() -> None:
    """A mail that comes while a run is going must not be lost; what is declared wins."""
    assert one().overlap == "skip"
    assert one(on={"email": {}}).overlap == "queue_one"
    assert one(on={"email": {}}, overlap="skip").overlap == "skip"


def test_only_other_times_make_a_schedule_begin_anew() -> None:
    """A prompt or a policy changes nothing about which fires are due; an equal expression does not either."""
    assert in_effect(one(), one(prompt="x", missed="all", jitter="5m"))
    assert in_effect(one(cron="@daily"), one(cron="0 0 * * *"))
    for change in ({"cron": "1 9 * * *"}, {"start": "2026-01-01"}, {"end": "2027-01-01"}):
        assert not in_effect(one(), one(**change))
    assert not in_effect(one(), one(on={"webhook": "w"}))
    assert not in_effect(one(on={"email": {"from": "a*"}}), one(on={"email": {"from": "b*"}}))
