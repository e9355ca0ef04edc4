"""CS013, CS014, CS015 and CS018: how often a schedule fires, against what it declares."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise

from constellagent.plan import timetable
from constellagent.plan.findings.fault import Fault, local
from constellagent.plan.findings.finding import Bounds
from constellagent.plan.fires import shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.spec.cron import Cron
from constellagent.spec.durations import format_duration

MOST_MISSED = 100
"""More missed fires than this are rarely worth a run each."""

YEAR = timedelta(days=366)

_SEARCHED = 2000
"""So many fires are looked through for two that are too close."""

_CONSEQUENCES = {
    "skip": "while the run goes on the later fire is skipped",
    "queue_one": "while the run goes on the later fire waits, and of several that wait only the last runs",
    "queue_all": "while the run goes on the later fires wait, and may pile up",
    "replace": "the later fire stops the run",
}


def check_rates(schedules: Iterable[DesiredSchedule], bounds: Bounds) -> Iterator[Fault]:
    """Yield a fault for what is too close, too often, too rare, or too much to make up for."""
    for schedule in schedules:
        if schedule.cron is not None:
            yield from _check_overlap(schedule, schedule.cron, bounds)
            yield from _check_often(schedule, schedule.cron, bounds)
            yield from _check_rare(schedule, schedule.cron, bounds)
            yield from _check_missed(schedule, bounds)


def _check_overlap(schedule: DesiredSchedule, cron: Cron, bounds: Bounds) -> Iterator[Fault]:
    timeout = schedule.spec.timeout
    if timeout is None or schedule.overlap == "allow" or timeout <= cron.smallest_gap:
        return
    found = timetable.fires(schedule, bounds.after, bounds.after + timetable.HORIZON)
    close = ((a, b) for a, b in pairwise(islice(found, _SEARCHED)) if b - a < timeout)
    for before, later in islice(close, 1):
        gap = format_duration(later - before)
        message = (
            f"timeout {format_duration(timeout)} is longer than the {gap} from {local(schedule, before)} to "
            f"{local(schedule, later)}: {_CONSEQUENCES[schedule.overlap]}"
        )
        yield Fault(
            "CS013", schedule, "timeout", message, f"write a timeout of {gap} or less, or fire less often"
        )


def _check_often(schedule: DesiredSchedule, cron: Cron, bounds: Bounds) -> Iterator[Fault]:
    if cron.most_per_day > bounds.most_per_day:
        message = (
            f"fires {cron.most_per_day:,} times a day, and each of them is a run that costs; "
            f"more than {bounds.most_per_day:,} (--max-fires-per-day) are too many"
        )
        help_ = f"write a larger step in the minute, or --max-fires-per-day {cron.most_per_day}"
        yield Fault("CS014", schedule, "cron", message, help_)


def _check_rare(schedule: DesiredSchedule, cron: Cron, bounds: Bounds) -> Iterator[Fault]:
    after = bounds.after
    if schedule.end is not None and schedule.end <= after:
        message = f"ended on {shown(schedule.end)} and does not fire any more"
        yield Fault("CS015", schedule, "end", message, "remove the schedule, or its end")
        return
    begun = schedule.start is None or schedule.start <= after
    if begun and schedule.end is None and len(cron.weekdays) == 7 and min(cron.days) <= 28:
        return  # every year has such days, so nothing has to be evaluated
    first = timetable.next_fire(schedule, after)
    if first is None:
        yield Fault("CS015", schedule, "end", "does not fire any more before its end", "remove the schedule")
        return
    second = timetable.next_fire(schedule, first)
    message = ""
    if first - after > YEAR:
        message = f"fires next on {local(schedule, first)}, in {_days(first - after)} days"
    elif second is not None and second - first > YEAR:
        gone = f"then not for {_days(second - first)} days, until {local(schedule, second)}"
        message = f"fires next on {local(schedule, first)}, and {gone}"
    if message:
        yield Fault("CS015", schedule, "cron", message, "check day and month; remove it if it is not needed")


def _days(span: timedelta) -> str:
    return f"{span.days:,}"


def _check_missed(schedule: DesiredSchedule, bounds: Bounds) -> Iterator[Fault]:
    if schedule.spec.missed != "all":
        return
    window: timedelta = schedule.spec.catch_up_window
    until: datetime = bounds.after + window
    count = timetable.count(schedule, bounds.after, until)
    if count > MOST_MISSED:
        message = (
            f"missed: all, and {count:,} fires lie within catch_up_window {format_duration(window)}: after "
            f"so long a downtime the newest {schedule.spec.max_catch_up} of them run one after another, and "
            f"the others are only written down"
        )
        help_ = "write missed: latest, or a shorter catch_up_window"
        yield Fault("CS018", schedule, "missed", message, help_)
