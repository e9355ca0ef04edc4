"""Runs that a person asks for: one now, or those of a window of the past."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from constellagent.errors import UsageError
from constellagent.plan.fires import FAILED, OPEN, RAN, Fire, run_id, shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups.bounds import within
from constellagent.plan.wakeups.decisions import MOST_BACKFILL, Decision, Standing
from constellagent.spec.cron import Cron

_RERUNS = ("", "failed", "all")


def decide_manual(
    constellation: str,
    schedule: DesiredSchedule,
    standing: Standing,  # noqa: ARG001 - every decision takes it; a person's wish does not depend on it
    now: datetime,
) -> Decision:
    """Return the run that a person asks for now; it runs though the schedule is paused, and waits its turn.

    Asked for twice in one microsecond, it is one run.
    """
    fire = Fire(
        run=run_id(constellation, schedule.key, "person", now, 1),
        schedule=schedule.key,
        origin="person",
        fire_at=now,
        attempt=1,
        reason="manual",
        state="queued",
        not_before=now,
    )
    return Decision(fires=(fire,))


def decide_backfill(
    constellation: str,
    schedule: DesiredSchedule,
    known: Collection[Fire],
    window: tuple[datetime, datetime],
    rerun: str,
    now: datetime,
) -> Decision:
    """Return runs for the nominal times after `window[0]` up to `window[1]`, one after another.

    `known` are the rows of the clock in that window. What has run is left out, unless `rerun` is `failed`
    (its newest run failed) or `all`; what is open is always left out. A paused schedule is backfilled, too.

    Raises:
        UsageError: no clock wakes the schedule, the window is empty, in the future or holds more than
            `MOST_BACKFILL` times, or there is no such `rerun`.
    """
    cron = _backfilled(schedule, window, rerun, now)
    after, until = within(schedule, *window)
    if until <= after:
        return Decision()
    count = cron.count(after, until, schedule.zone)
    if count > MOST_BACKFILL:
        raise UsageError(
            f"{schedule.key} fires {count} times in this window; a backfill runs {MOST_BACKFILL} at most",
            hint="give a shorter window, and the rest of it later",
        )
    rows: dict[datetime, list[Fire]] = defaultdict(list)
    for row in known:
        rows[row.fire_at].append(row)
    times = cron.between(after, until, schedule.zone)
    return Decision(
        fires=tuple(
            _again(constellation, schedule, fire_at, rows[fire_at], now)
            for fire_at in times
            if _is_wanted(rows[fire_at], rerun)
        )
    )


def _backfilled(
    schedule: DesiredSchedule, window: tuple[datetime, datetime], rerun: str, now: datetime
) -> Cron:
    """Return the expression of a schedule that can be backfilled over this window."""
    after, until = window
    if schedule.cron is None:
        raise UsageError(
            f"{schedule.key} is woken by events, so there are no times to backfill",
            hint=f"`constellagent schedule run {schedule.key}` starts it now",
        )
    if rerun not in _RERUNS:
        raise UsageError(f"there is no rerun {rerun!r}", hint="give failed or all, or leave it out")
    if until > now:
        raise UsageError(
            f"the window ends at {shown(until)}, which is in the future",
            hint=f"end it at {shown(now)} or before",
        )
    if until <= after:
        raise UsageError(
            f"the window from {shown(after)} to {shown(until)} is empty", hint="give an end that is later"
        )
    return schedule.cron


def _is_wanted(rows: Sequence[Fire], rerun: str) -> bool:
    """Say whether a nominal time of which these are the rows is to be run."""
    if any(row.state in OPEN for row in rows):
        return False
    ran = [row for row in rows if row.state in RAN]
    if not ran or rerun == "all":
        return True
    return rerun == "failed" and max(ran, key=lambda row: row.attempt).state in FAILED


def _again(
    constellation: str, schedule: DesiredSchedule, fire_at: datetime, rows: Sequence[Fire], now: datetime
) -> Fire:
    attempt = max((row.attempt for row in rows), default=0) + 1
    return Fire(
        run=run_id(constellation, schedule.key, "clock", fire_at, attempt),
        schedule=schedule.key,
        origin="clock",
        fire_at=fire_at,
        attempt=attempt,
        reason="backfill",
        state="queued",
        not_before=now,
    )
