"""What is to be expected of a schedule, for people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from constellagent.plan.fires import shown
from constellagent.runtime.scheduler.board import Entry

BEHIND = timedelta(hours=3)
"""How far a clock may be behind a cursor before a person is told."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """How a schedule stands.

    Attributes:
        state: `on`, `paused`, `never` where no fire of the clock will come, or `behind` where the clock was
            set back behind what is decided already.
        why: what there is to say about the state, empty where it is `on`.
        next_fire: the nominal time of the next fire, None where there is none.
        next_due: when that is due, jitter included.
    """

    state: Literal["on", "paused", "never", "behind"]
    why: str = ""
    next_fire: datetime | None = None
    next_due: datetime | None = None


def outlook_of(entry: Entry, now: datetime) -> Outlook:
    """Return what is to be expected of a schedule in effect."""
    schedule = entry.schedule
    if entry.paused or schedule.spec.paused:
        return Outlook("paused", entry.paused or "it is declared as paused")
    never = _never(entry, now)
    if never or entry.due is None:
        return Outlook("never", never) if never else Outlook("on")
    fire = entry.due - schedule.delay
    if is_behind(entry.upto, now):
        why = (
            f"the clock was set back: everything up to {shown(entry.upto)} is decided already; "
            f"`constellagent schedule reset {schedule.key}` begins anew from now"
        )
        return Outlook("behind", why, fire, entry.due)
    return Outlook("on", "", fire, entry.due)


def _never(entry: Entry, now: datetime) -> str:
    """Say why no fire will come, empty where one may."""
    schedule = entry.schedule
    if schedule.end is not None and schedule.end <= now:
        return f"its end was {shown(schedule.end)}"
    if entry.fault or schedule.cron is None or entry.due is not None:
        return entry.fault
    return "no time within its start and end matches"


def is_behind(upto: datetime, now: datetime) -> bool:
    """Say whether the clock is so far behind a cursor that a person should know."""
    return upto - now > BEHIND
