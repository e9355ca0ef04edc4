"""CS010: fires that fall into an hour which the clocks of their zone skip or repeat."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from constellagent.plan.findings.fault import Fault
from constellagent.plan.findings.finding import Bounds
from constellagent.plan.schedules import DesiredSchedule
from constellagent.spec.cron import Cron, Shift

AHEAD = timedelta(days=400)
"""Each change of the clocks that comes every year lies within it."""

_EFFECTS = {
    "moved": "what is due at {local} runs once, at {after}",
    "skipped": "there is no {local}, and nothing runs in its place",
    "once": "{local} comes twice, and it runs the first time only",
    "twice": "{local} comes twice, and it runs both times",
}


def check_clocks(schedules: Iterable[DesiredSchedule], bounds: Bounds) -> Iterator[Fault]:
    """Yield one fault for the hours that are skipped and one for those that are repeated."""
    known: dict[tuple[Cron, str], Sequence[Shift]] = {}
    for schedule in schedules:
        cron = schedule.cron
        if cron is None:
            continue
        key = (cron, schedule.timezone)
        if key not in known:
            until = bounds.after + AHEAD
            known[key] = tuple(cron.shifts(bounds.after, until, schedule.zone)) if _special(cron) else ()
        for kind in ("gap", "fold"):
            found = [shift for shift in known[key] if shift.kind == kind and _in_effect(schedule, shift)]
            if found:
                yield _fault(schedule, found)


def _special(cron: Cron) -> bool:
    """Whether a change of the clocks may surprise: what runs in every hour by real time does what it says."""
    return not (cron.wildcard and len(cron.hours) == 24)


def _in_effect(schedule: DesiredSchedule, shift: Shift) -> bool:
    begun = schedule.start is None or schedule.start <= shift.at
    return begun and (schedule.end is None or shift.at < schedule.end)


def _fault(schedule: DesiredSchedule, shifts: Sequence[Shift]) -> Fault:
    first, *others = shifts
    after = first.at.astimezone(schedule.zone)
    offset = (first.at - timedelta(minutes=1)).astimezone(schedule.zone).utcoffset() or timedelta()
    before = (first.at + offset).replace(tzinfo=None)
    effect = _EFFECTS[first.effect].format(local=first.local, after=f"{after:%H:%M}")
    way = "forward" if first.kind == "gap" else "back"
    message = (
        f"on {before:%Y-%m-%d} the clocks of {schedule.timezone} go {way} from {before:%H:%M} to "
        f"{after:%H:%M}: {effect}"
    )
    if others:
        message += f"; so too on {', '.join(f'{o.at.astimezone(schedule.zone):%Y-%m-%d}' for o in others)}"
    low, high = sorted((before, after.replace(tzinfo=None)))
    help_ = (
        f"write a time outside of {low:%H:%M} to {high:%H:%M}, or timezone: UTC, whose clocks never change"
    )
    return Fault("CS010", schedule, "cron", message, help_)
