"""What becomes of a fire while runs of its workspace are open: it waits, gives way, or takes their place.

What was asked for one by one is never eaten by a later fire: neither a backfill, nor the fires that
`missed: all` makes up for. They are worked off in their order, and the clock's fires do not count them as
the run before.
"""

from collections.abc import Iterable
from dataclasses import replace

from constellagent.plan.fires import Fire, shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups.decisions import MOST_QUEUED, Change, Decision, Standing
from constellagent.spec.models import Overlap


def judge(
    schedule: DesiredSchedule, standing: Standing, fire: Fire, overlap: Overlap, ahead: int = 0
) -> Decision:
    """Return what becomes of a new queued fire by the rule `overlap`.

    `ahead` says how many fires of its schedule the same decision has queued before it. A fire that is open
    already is the same one told twice: nothing comes of it, and nothing gives way to it.
    """
    own = [known for known in standing.open if known.schedule == schedule.key]
    if any(_same(known, fire) for known in own):
        return Decision()
    going = [known for known in standing.open if not _made_up_for(schedule, known)]
    if overlap == "skip" and going:
        return Decision(fires=(replace(fire, state="skipped_overlap", why=_going_on(going)),))
    queued = [known for known in own if known.state == "queued" and not _asked_for(known)]
    one_waits = overlap in {"queue_one", "replace"}
    giving_way = [known for known in queued if one_waits and not _made_up_for(schedule, known)]
    if len(queued) - len(giving_way) + ahead >= MOST_QUEUED:
        why = f"the queue is full: {MOST_QUEUED} runs of {schedule.key} wait already"
        return Decision(fires=(replace(fire, state="dropped", why=why),))
    return Decision(
        fires=(fire,),
        changes=tuple(Change(known.run, "dropped", "a newer fire took its place") for known in giving_way),
        stop=tuple(known.run for known in own if overlap == "replace" and known.state != "queued"),
    )


def _same(known: Fire, fire: Fire) -> bool:
    return known.event == fire.event if fire.event else known.run == fire.run


def _asked_for(fire: Fire) -> bool:
    """Whether a person asked for this very run."""
    return fire.origin == "person" or fire.reason == "backfill"


def _made_up_for(schedule: DesiredSchedule, fire: Fire) -> bool:
    """Whether a fire belongs to the schedule's own backlog, which is worked off one by one."""
    one_by_one = fire.reason == "backfill" or (fire.reason == "catchup" and schedule.spec.missed == "all")
    return one_by_one and fire.schedule == schedule.key


def _going_on(going: Iterable[Fire]) -> str:
    """Say what the fire would have overlapped: the run that goes on, else the oldest that waits."""
    known = min(going, key=lambda fire: fire.state == "queued")
    what = "was still waiting to start" if known.state == "queued" else "was still going"
    return f"{known.schedule} of {shown(known.fire_at)} {what}"
