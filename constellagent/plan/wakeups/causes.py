"""The fires of events: a mail, a text, another agent, a webhook."""

from dataclasses import replace
from datetime import datetime

from constellagent.plan.fires import Fire, run_id
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups.bounds import covers, is_paused
from constellagent.plan.wakeups.decisions import MOST_DEPTH, Cause, Decision, Standing
from constellagent.plan.wakeups.overlapping import judge


def decide_cause(
    constellation: str, schedule: DesiredSchedule, standing: Standing, cause: Cause, now: datetime
) -> Decision:
    """Return what becomes of an event.

    While the schedule is paused, and outside of its `start` and `end`, an event wakes nobody and leaves no
    row. One that looks like a loop, or is more than `max_per_hour`, leaves a row and is not run. An event
    that is told late (it came while the daemon was down) is not missed; it is due now. Of two events in one
    microsecond the second is not new to the ledger and leaves no row: it has to be told a microsecond later.
    """
    if is_paused(schedule, standing) or not covers(schedule, cause.at):
        return Decision()
    fire = Fire(
        run=run_id(constellation, schedule.key, "event", cause.at, 1),
        schedule=schedule.key,
        origin="event",
        fire_at=cause.at,
        attempt=1,
        reason=cause.reason,
        state="queued",
        not_before=max(now, cause.at + schedule.delay),
        event=cause.id,
        depth=cause.depth + 1,
    )
    refusal = _refusal(schedule, standing, fire)
    if refusal:
        return Decision(fires=(replace(fire, state="over_limit", why=refusal),))
    return judge(schedule, standing, fire, schedule.overlap)


def _refusal(schedule: DesiredSchedule, standing: Standing, fire: Fire) -> str:
    """Say why an event is not run, empty where it is."""
    if fire.depth > MOST_DEPTH:
        return f"it looks like a loop: {MOST_DEPTH} runs caused one another up to this event"
    most = schedule.spec.max_per_hour
    if standing.last_hour >= most:
        return f"more than {most} runs by events within an hour (max_per_hour)"
    return ""
