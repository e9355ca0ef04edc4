"""CS011 and CS017: what cron programs read differently, although it is accepted here."""

import re
from collections.abc import Iterable, Iterator

from constellagent.plan.findings.fault import Fault, local
from constellagent.plan.findings.finding import Bounds
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.timetable import next_fire
from constellagent.spec.cron import Cron

_RANGE = re.compile(r"(\w+)-(\w+)(?:/\d+)?", re.ASCII)


def check_columns(schedules: Iterable[DesiredSchedule], bounds: Bounds) -> Iterator[Fault]:
    """Yield a fault for two day columns that are both restricted, and for each range of one number."""
    for schedule in schedules:
        if schedule.cron is not None:
            yield from _check_days(schedule, schedule.cron, bounds)
            yield from _check_ranges(schedule, schedule.cron)


def _check_days(schedule: DesiredSchedule, cron: Cron, bounds: Bounds) -> Iterator[Fault]:
    _, _, days, _, weekdays = cron.resolved.split()
    all_days, all_weekdays = len(cron.days) == 31, len(cron.weekdays) == 7
    starred = "day of month" if days.startswith("*") else "day of week" if weekdays.startswith("*") else ""
    if (all_days or all_weekdays) if starred else (all_days and all_weekdays):
        return
    columns = f"day of month {days} and day of week {weekdays} are both restricted"
    if starred:
        message = (
            f"{columns}, and {starred} begins with a star: only a day that fits both counts, where other "
            f"cron programs take either{_soon(schedule, bounds)}"
        )
        help_ = "leave one of them *, or write the numbers out where either is meant, such as 1-31/2 for */2"
    else:
        message = f"{columns}: a day that fits either of them counts{_soon(schedule, bounds)}"
        help_ = "leave one of them *; where both are meant, let the command look at the date"
    yield Fault("CS011", schedule, "cron", message, help_)


def _soon(schedule: DesiredSchedule, bounds: Bounds) -> str:
    """Return the next two fires in words, or nothing where there are none."""
    first = next_fire(schedule, bounds.after)
    second = first and next_fire(schedule, first)
    times = [local(schedule, fire) for fire in (first, second) if fire]
    return f"; next on {' and '.join(times)}" if times else ""


def _check_ranges(schedule: DesiredSchedule, cron: Cron) -> Iterator[Fault]:
    for item in re.split(r"[ ,]", cron.text):
        found = _RANGE.fullmatch(item)
        if found and found[1].lower().lstrip("0") == found[2].lower().lstrip("0"):
            message = f"{item} stands for {found[1]} alone; some cron programs take every value for it"
            yield Fault("CS017", schedule, "cron", message, f"write {found[1]}")
