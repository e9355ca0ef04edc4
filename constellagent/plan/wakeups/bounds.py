"""When a schedule may fire at all: not while it is paused, not before `start`, not from `end` on."""

from datetime import datetime

from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups.decisions import TICK, Standing


def is_paused(schedule: DesiredSchedule, standing: Standing) -> bool:
    """Say whether it is paused: by its declaration, by a person, or by failures."""
    return schedule.spec.paused or standing.paused != ""


def covers(schedule: DesiredSchedule, moment: datetime) -> bool:
    """Say whether `moment` lies within `start` and `end`."""
    begun = schedule.start is None or schedule.start <= moment
    return begun and (schedule.end is None or moment < schedule.end)


def within(schedule: DesiredSchedule, after: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return the part of a window (`after` exclusive, `until` inclusive) within `start` and `end`.

    Nothing is left where it does not end after it begins.
    """
    if schedule.start is not None:
        after = max(after, schedule.start - TICK)
    if schedule.end is not None:
        until = min(until, schedule.end - TICK)
    return after, until
