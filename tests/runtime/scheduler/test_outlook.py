"""What is to be expected of a schedule."""

from datetime import timedelta
from typing import Any

import pytest

from constellagent.plan.declared import resolve
from constellagent.plan.wakeups import Standing, due_at
from constellagent.runtime.scheduler.board import Entry
from constellagent.runtime.scheduler.outlook import Outlook, outlook_of
from tests.runtime.scheduler.lab import declaration
from tests.runtime.scheduler.virtual import NOON


def entry(*, upto: timedelta = timedelta(0), paused: str = "", fault: str = "", **spec: Any) -> Entry:
    """Return a schedule that is decided up to noon, or so long after it."""
    text = declaration(**spec)
    schedule = resolve("docs", "daily", text)
    made = Entry("c", schedule, text, NOON + upto, paused=paused, fault=fault)
    made.due = due_at(schedule, Standing(made.upto, paused))
    return made


def test_the_next_fire_is_nominal_and_due_after_the_jitter() -> None:
    """Both are told."""
    one = entry(cron="0 13 * * *", jitter="10m")

    outlook = outlook_of(one, NOON)

    fire = NOON.replace(hour=13, minute=0, second=0)
    assert outlook == Outlook("on", "", fire, fire + one.schedule.delay)


@pytest.mark.parametrize(
    ("made", "state", "why"),
    [
        (entry(on_={"email": {}}), "on", ""),
        (entry(cron="0 13 * * *", paused="holidays"), "paused", "holidays"),
        (entry(cron="0 13 * * *", paused_=True), "paused", "it is declared as paused"),
        (entry(on_={"email": {}}, end="2026-11-01"), "never", "its end was 2026-11-01T00:00:00Z"),
        (
            entry(cron="0 13 * * *", end="2026-11-22T12:30:00Z"),
            "never",
            "no time within its start and end matches",
        ),
        (entry(cron="0 13 * * *", fault="a mistake"), "never", "a mistake"),
    ],
)
def test_why_nothing_is_to_come_is_said(made: Entry, state: str, why: str) -> None:
    """No time is given where no fire of the clock will come."""
    assert outlook_of(made, NOON) == Outlook(state, why)  # type: ignore[arg-type] # one of its words


def test_a_clock_far_behind_is_said_with_the_way_out() -> None:
    """Three hours are a change of the zone's clock; more is a clock that was wrong."""
    assert outlook_of(entry(cron="0 13 * * *", upto=timedelta(hours=3)), NOON).state == "on"
    outlook = outlook_of(entry(cron="0 13 * * *", upto=timedelta(hours=4)), NOON)

    assert outlook.state == "behind"
    assert "everything up to 2026-11-22T16:00:30Z is decided already" in outlook.why
    assert "`constellagent schedule reset docs/daily`" in outlook.why
