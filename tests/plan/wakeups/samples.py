"""Schedules and fires to decide about, short enough that a test shows only what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from constellagent.plan.fires import Fire, Reason, State, run_id
from constellagent.plan.schedules import DesiredSchedule, desire_schedule
from constellagent.plan.wakeups import Standing
from constellagent.spec.models import Schedule

HOME = "c-1"
"""The id of the constellation."""

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    """Return a time in UTC; `09:00` is one of 22 November 2026, and `23 09:00` one of that month."""
    before = {":": "2026-11-22 ", " ": "2026-11-"}.get(text[2], "")
    return datetime.fromisoformat(before + text).replace(tzinfo=UTC)


def schedule(
    cron: str | None = "0 * * * *",
    *,
    key: str = "triage/hourly",
    timezone: str = "UTC",
    delay: timedelta = timedelta(0),
    **spec: Any,
) -> DesiredSchedule:
    """Return the schedule `triage/hourly`; `delay` is the jitter that it drew."""
    agent, name = key.split("/")
    raw = {"prompt": "Read your inbox.", **({"cron": cron} if cron else {}), **spec}
    made = desire_schedule(agent, name, Schedule.model_validate(raw), timezone, "acme")
    return replace(made, delay=delay)


def by_event(**spec: Any) -> DesiredSchedule:
    """Return the schedule `triage/mail`, which a mail wakes."""
    return schedule(None, key="triage/mail", on={"email": {}}, **spec)


def fire(
    whose: DesiredSchedule,
    fire_at: datetime,
    state: State = "running",
    reason: Reason = "schedule",
    **changes: Any,
) -> Fire:
    """Return a row of the ledger."""
    origin = changes.pop("origin", "person" if reason == "manual" else "clock")
    attempt = changes.pop("attempt", 1)
    values: dict[str, Any] = {
        "run": run_id(HOME, whose.key, origin, fire_at, attempt),
        "schedule": whose.key,
        "origin": origin,
        "fire_at": fire_at,
        "attempt": attempt,
        "reason": reason,
        "state": state,
        "not_before": fire_at + whose.delay,
    }
    return Fire(**{**values, **changes})


def standing(upto: datetime, *open_fires: Fire, **changes: Any) -> Standing:
    """Return what the ledger knows about a schedule."""
    return Standing(upto=upto, open=open_fires, **changes)


def outline(fires: tuple[Fire, ...]) -> list[tuple[str, str, str]]:
    """Return fires as state, reason, and day and time of their nominal time."""
    return [(fire.state, fire.reason, f"{fire.fire_at:%d %H:%M}") for fire in fires]
