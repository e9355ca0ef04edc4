"""Which queued fires start now: in their order, one in each workspace, as many as may start."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from constellagent.plan.fires import Fire
from constellagent.plan.limits import NOTHING_HELD, Held
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups.decisions import TICK, Admission, Change
from constellagent.spec.durations import format_duration


def admit(
    schedules: Mapping[str, DesiredSchedule],
    open_fires: Sequence[Fire],
    now: datetime,
    slots: int,
    held: Held = NOTHING_HELD,
) -> Admission:
    """Return which queued fires start now.

    A run keeps its workspace until it has ended, also one that is being replaced. `start_deadline` ends the
    wait of all but what a person asked for. A fire of an agent that reached a limit waits, unless its
    schedule lets fires give way rather than wait (`overlap: skip`, `allow`).

    Args:
        schedules: by key; queued fires of one that is not there wait.
        open_fires: all open fires of a constellation, oldest first.
        now: the time.
        slots: how many may start.
        held: what may not start though it is its turn.
    """
    taken = {
        place
        for fire in open_fires
        if fire.state != "queued"
        for place in _places(fire.schedule, schedules.get(fire.schedule))
    }
    queued = (fire for fire in open_fires if fire.state == "queued" and fire.schedule in schedules)
    most = slots if held.free is None else min(slots, held.free)
    start: list[Fire] = []
    changes: list[Change] = []
    later: list[datetime] = []
    for fire in sorted(queued, key=lambda fire: (fire.not_before, fire.fire_at, fire.schedule, fire.run)):
        schedule = schedules[fire.schedule]
        deadline = _deadline(schedule, fire)
        if fire.not_before > now:
            later.append(fire.not_before)
            continue
        if deadline is not None and now > deadline:
            longest = format_duration(deadline - fire.not_before)
            why = f"it could not start within {longest} (start_deadline)"
            changes.append(Change(fire.run, "expired", why))
            continue
        is_free = schedule.workspace not in taken
        if (limit := held.agents.get(schedule.agent)) is not None:
            changes += _hold(schedule, fire, limit)
        elif is_free and len(start) < most:
            start.append(fire)
            taken.update(filter(None, [schedule.workspace]))
            continue
        elif is_free and len(start) < slots and fire.why != held.full:
            changes.append(Change(fire.run, "queued", held.full))
        if deadline is not None:
            later.append(deadline + TICK)
    return Admission(tuple(start), tuple(changes), min(later, default=None))


def _hold(schedule: DesiredSchedule, fire: Fire, limit: str) -> Sequence[Change]:
    """Say what becomes of a fire whose agent may begin nothing: what was asked for one by one waits."""
    waits = schedule.overlap not in {"skip", "allow"} or fire.origin == "person"
    if waits or fire.reason in {"catchup", "backfill", "retry"}:
        return () if fire.why == limit else (Change(fire.run, "queued", limit),)
    return (Change(fire.run, "over_limit", limit),)


def _places(key: str, schedule: DesiredSchedule | None) -> Sequence[str]:
    """Return the workspaces that a run occupies: all it may have where its schedule is not there."""
    if schedule is None:
        return key, key.partition("/")[0]
    return (schedule.workspace,) if schedule.workspace else ()


def _deadline(schedule: DesiredSchedule, fire: Fire) -> datetime | None:
    """Return the last moment at which a fire may start; a person's wish has none."""
    if schedule.spec.start_deadline is None or fire.reason in {"manual", "backfill"}:
        return None
    return fire.not_before + schedule.spec.start_deadline
