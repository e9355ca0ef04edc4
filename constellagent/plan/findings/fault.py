"""What a rule says about a schedule before its place in the file is known."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from constellagent.plan.findings.finding import Bounds
from constellagent.plan.schedules import DesiredSchedule


class Fault(NamedTuple):
    """A broken rule.

    Attributes:
        rule: its code.
        schedule: who breaks it, or the first of several who break it together.
        key: the key of the schedule's block that has to change.
        message: what is wrong, on one line.
        help: what to write instead.
    """

    rule: str
    schedule: DesiredSchedule
    key: str
    message: str
    help: str


Check = Callable[[Iterable[DesiredSchedule], Bounds], Iterator[Fault]]
"""Looks at all schedules that an expression wakes, for a few rules."""


def local(schedule: DesiredSchedule, instant: datetime) -> str:
    """Return a time as the clocks of the schedule's zone show it: `Mon 2026-11-23 09:00`."""
    return f"{instant.astimezone(schedule.zone):%a %Y-%m-%d %H:%M}"
