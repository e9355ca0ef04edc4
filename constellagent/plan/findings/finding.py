"""A finding of the dry-run: which rule a schedule breaks, where, and what to write instead."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from constellagent.plan.timetable import MOST_PARALLEL

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""The worst first."""

MOST_PER_DAY = 96
"""More fires of one schedule a day are worth a warning: each of them is a run of an agent."""


class Rule(NamedTuple):
    """One rule about schedules: how bad it is to break it, its name, and what it is about."""

    severity: Severity
    title: str
    about: str


RULES: dict[str, Rule] = {
    "CS001": Rule("error", "does not parse", "The cron expression cannot be read."),
    "CS002": Rule("error", "unknown timezone", "The zone is not one of the tz database."),
    "CS003": Rule(
        "error", "never fires", "No day has such a date, or start and end leave no fire between them."
    ),
    "CS004": Rule(
        "error",
        "unsafe combination",
        "Settings that are fine alone contradict each other: two causes or two tasks, a shared worktree with "
        "overlap allow, jitter of half the smallest period or more, agents that wake one another for ever.",
    ),
    "CS010": Rule(
        "warning",
        "fires where clocks change",
        "Within 400 days a fire falls into an hour that the zone's clocks skip or repeat.",
    ),
    "CS011": Rule(
        "warning",
        "two day columns",
        "Day of month and day of week are both restricted; cron programs combine them differently.",
    ),
    "CS012": Rule(
        "warning",
        "collision",
        "More schedules start in one minute than may run at once, or two of them in the same worktree.",
    ),
    "CS013": Rule("warning", "likely overlap", "A run may take longer than the time to the next fire."),
    "CS014": Rule("warning", "many fires a day", "Each fire is a run of an agent, and runs cost."),
    "CS015": Rule("warning", "fires rarely", "The next fire is more than a year away, or there is none."),
    "CS016": Rule(
        "info", "many at the full hour", "Many schedules without jitter start when the hour is full."
    ),
    "CS017": Rule("warning", "read in two ways", "Cron programs disagree about what is written here."),
    "CS018": Rule(
        "warning", "long catch-up", "After some downtime more than 100 missed fires are to be made up for."
    ),
}
"""The rules by their codes."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the rules measure against.

    Attributes:
        after: the moment from which they look ahead.
        most_per_day: how many fires a day of one schedule are fine.
        max_parallel: how many runs may start in one minute.
    """

    after: datetime
    most_per_day: int = MOST_PER_DAY
    max_parallel: int = MOST_PARALLEL


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at its place.

    Attributes:
        rule: its code; empty for a problem of the file that is not about schedules.
        severity: how bad it is.
        schedule: key of the schedule, `agent/name`; empty where it is about none or several.
        line: 1-based; 0 where the whole file is meant.
        column: 1-based; 0 where the whole file is meant.
        message: what is wrong, on one line.
        help: what to write instead, or empty where the message says it.
        excerpt: an expression with a caret under the fault, or empty.
    """

    rule: str
    severity: Severity
    schedule: str
    line: int
    column: int
    message: str
    help: str = ""
    excerpt: str = ""

    @property
    def title(self) -> str:
        """The rule in words."""
        return RULES[self.rule].title if self.rule else "bad file"


def reaches(severity: Severity, least: Severity) -> bool:
    """Whether a severity is `least` or worse."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(least)
