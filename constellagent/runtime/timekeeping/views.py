"""Schedules and rows of the ledger as faces see them. Pure: what is known goes in, JSON shapes come out."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from constellagent.plan.fires import Fire, shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.timetable import next_fire
from constellagent.runtime.schedule_views import FireView, RunView, ScheduleView
from constellagent.runtime.scheduler import Outlook
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.runtime.store.schedules import ScheduleRow
from constellagent.spec.models import On, OnMessage

MOST_FIRES = 3
"""Fires to come that are shown of one schedule."""


def run(row: LedgerRow, now: datetime, *, log: str = "", waits: str = "") -> RunView:
    """Return one row; `waits` says what a queued one waits for."""
    fire, report = row.fire, row.report
    seconds = None
    if row.started_at is not None:
        seconds = max(0.0, ((row.ended_at or now) - row.started_at).total_seconds())
    return RunView(
        run=fire.run,
        schedule=fire.schedule,
        origin=fire.origin,
        reason=fire.reason,
        fire_at=shown(fire.fire_at),
        due=shown(fire.not_before),
        attempt=fire.attempt,
        state=fire.state,
        why=waits or fire.why,
        first=_shown(fire.first),
        count=fire.count,
        missed=fire.missed,
        decided_at=shown(row.decided_at),
        started_at=_shown(row.started_at),
        ended_at=_shown(row.ended_at),
        seconds=seconds,
        exit_status=row.exit_status,
        log=log,
        branch=row.branch,
        path="" if report.get("cleared") else row.path,
        commits=list(report.get("commits", [])),
        commit_count=int(report.get("commit_count", 0)),
        did=dict(report.get("did", {})),
        denied=list(report.get("denied", [])),
        usage=report.get("usage"),
        told=str(report.get("told", "")),
        kept=str(report.get("kept", "")),
        tzdata=row.tzdata,
    )


def schedule(
    row: ScheduleRow,
    desired: DesiredSchedule | None,
    outlook: Outlook,
    spec: Mapping[str, Any],
    open_runs: Collection[RunView],
    last: RunView | None,
    fires: int,
) -> ScheduleView:
    """Return one schedule in effect with its next `fires`.

    `desired` is None where this release does not understand it.
    """
    cron = desired.cron if desired is not None else None
    return ScheduleView(
        schedule=row.key,
        agent=row.agent,
        name=row.name,
        wakes=wakes(desired) if desired is not None else "nobody knows",
        cron="" if cron is None else cron.text,
        resolved="" if cron is None else cron.resolved,
        timezone="" if desired is None or cron is None else desired.timezone,
        state=outlook.state,
        why=outlook.why,
        next=[] if desired is None else list(_next(desired, outlook, fires)),
        upto=shown(row.upto),
        failures=row.failures,
        open=list(open_runs),
        last=last,
        declared=dict(spec),
    )


def wakes(desired: DesiredSchedule) -> str:
    """Return in words what wakes a schedule."""
    if desired.cron is not None:
        return f"{desired.cron.text} {desired.timezone}"
    assert desired.spec.on is not None, "exactly one of cron and on is declared"
    return _cause(desired.spec.on)


def waits(fire: Fire, open_fires: Sequence[Fire], workspaces: Mapping[str, str], now: datetime) -> str:
    """Return what a queued fire waits for; `workspaces` are those of the schedules, by key.

    `open_fires` are all open ones of the constellation, oldest first.
    """
    if fire.not_before > now:
        return f"waits until {shown(fire.not_before)}"
    place = workspaces.get(fire.schedule, "")
    # The list was read later than the fire, which may have been claimed meanwhile: it never waits for itself.
    others = [other for other in open_fires if other.run != fire.run]
    beside = [other for other in others if place and workspaces.get(other.schedule) == place]
    for other in beside:
        if other.state != "queued":
            return f"waits for the end of the run of {other.schedule} of {shown(other.fire_at)}"
    ahead = sum(_order(other) < _order(fire) for other in beside)
    return f"waits behind {ahead} other{'s' if ahead > 1 else ''}" if ahead else "waits for its turn"


def local(at: datetime, zone: ZoneInfo) -> str:
    """Return a time as a clock in the zone shows it: `Mon 2026-11-23 09:00 GMT`."""
    return at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M %Z")


def _next(desired: DesiredSchedule, outlook: Outlook, count: int) -> Iterator[FireView]:
    at = outlook.next_fire
    while at is not None and count > 0:
        yield FireView(fire_at=shown(at), due=shown(at + desired.delay), local=local(at, desired.zone))
        count -= 1
        at = next_fire(desired, at) if count else None


def _cause(on: On) -> str:
    if on.email is not None:
        return f"mail{_pattern(on.email)}"
    if on.sms is not None:
        return f"a text{_pattern(on.sms)}"
    if on.agent is not None:
        return f"agent {on.agent} {on.state or 'done'}"
    return f"webhook {on.webhook}"


def _pattern(message: OnMessage) -> str:
    words = (("from", message.from_), ("with subject", message.subject), ("with text", message.text))
    return "".join(f" {word} {pattern}" for word, pattern in words if pattern is not None)


def _order(fire: Fire) -> tuple[datetime, datetime, str, str]:
    """Return by what queued fires take their turn."""
    return fire.not_before, fire.fire_at, fire.schedule, fire.run


def _shown(at: datetime | None) -> str:
    return "" if at is None else shown(at)
