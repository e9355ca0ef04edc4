"""What follows the end of a run: another try, a pause after too many failures, or nothing."""

from dataclasses import replace
from datetime import datetime, timedelta

from constellagent.plan.fires import FAILED, Fire, run_id
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups.bounds import is_paused
from constellagent.plan.wakeups.decisions import TICK, Change, Decision, Standing

_LONGEST_WAIT = timedelta(days=1)
"""Where the doubling of the wait before a retry stops."""


def decide_end(
    constellation: str, schedule: DesiredSchedule, standing: Standing, ended: Fire, now: datetime
) -> Decision:
    """Return what follows the end of a run, of which `ended.state` says how: a retry, a pause, or nothing.

    A run that is tried again does not count as failed yet. A paused schedule tries nothing again.
    """
    if has_tries_left(schedule, ended) and not is_paused(schedule, standing):
        return Decision(fires=(_retry(constellation, schedule, ended, now),))
    if ended.state == "succeeded":
        return Decision(failures=0 if standing.failures else None)
    if ended.state not in FAILED:
        return Decision()
    failures = standing.failures + 1
    if standing.paused or not 0 < schedule.spec.pause_on_failure <= failures:
        return Decision(failures=failures)
    why = f"paused after {failures} failure{'' if failures == 1 else 's'} in a row"
    waiting = (
        known.run
        for known in standing.open
        if known.schedule == schedule.key and known.state == "queued" and known.origin != "person"
    )
    changes = tuple(Change(run, "cancelled", f"its schedule was {why}") for run in waiting)
    return Decision(changes=changes, failures=failures, pause=why)


def has_tries_left(schedule: DesiredSchedule, ended: Fire) -> bool:
    """Say whether the schedule tries a run that ended so again."""
    retries = schedule.spec.retries
    return ended.state in retries.on and ended.attempt - 1 < retries.max


def _retry(constellation: str, schedule: DesiredSchedule, ended: Fire, now: datetime) -> Fire:
    """Return the next try of a fire. The event stays with the first one: it was told once."""
    retries = schedule.spec.retries
    attempt = ended.attempt + 1
    return replace(
        ended,
        run=run_id(constellation, schedule.key, ended.origin, ended.fire_at, attempt),
        attempt=attempt,
        reason="retry",
        state="queued",
        not_before=now + _wait(retries.backoff, ended.attempt),
        why=f"try {attempt} of {retries.max + 1}; the one before: {ended.state}",
        event="",
    )


def _wait(first: timedelta, tries: int) -> timedelta:
    """Return the wait after so many tries: it doubles each time, up to a day, or the first if longer."""
    doubled = (first // TICK) << (tries - 1)  # as whole numbers, because a timedelta overflows
    return min(doubled, max(first, _LONGEST_WAIT) // TICK) * TICK
