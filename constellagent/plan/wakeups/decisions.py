"""The words of a decision: what the ledger knows of a schedule, and what is to be written down about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from constellagent.plan.fires import Fire, Reason, State

LATE = timedelta(seconds=60)
"""A fire that is seen less than this after it was due is late and not missed."""

MOST_QUEUED = 1000
"""Runs of one schedule that may wait at once; what comes on top is dropped, with a row that says so.

What a person asked for neither counts nor is dropped.
"""

MOST_DEPTH = 8
"""Runs that may cause one another by events; the next one is not run: it looks like a loop."""

MOST_BACKFILL = 1000
"""Nominal times that one backfill may cover."""

TICK = timedelta(microseconds=1)
"""The smallest step of time: `moment - TICK` is just before `moment`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger knows about one schedule now.

    Attributes:
        upto: every nominal time up to and including this is decided.
        paused: why it does not fire, empty where it does.
        failures: runs that failed in a row, retries exhausted.
        open: the queued, claimed and running fires of its workspace, its own and others', oldest first.
            Where it shares no workspace (`overlap: allow`): its own.
        last_hour: fires by events within the last hour that ran, or will.
    """

    upto: datetime
    paused: str = ""
    failures: int = 0
    open: tuple[Fire, ...] = ()
    last_hour: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the ledger that changes: a queued fire that will not run after all, or why it still waits."""

    run: str
    state: State
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to write down in one transaction, and what to end after it.

    Attributes:
        fires: new rows; one that exists already is left as it is.
        changes: rows that change.
        stop: runs to be stopped, with state `replaced`.
        upto: the new cursor, None where it stays.
        failures: the new count of failures in a row, None where it stays.
        pause: why the schedule is paused from now on, empty where it is not.
    """

    fires: tuple[Fire, ...] = ()
    changes: tuple[Change, ...] = ()
    stop: tuple[str, ...] = ()
    upto: datetime | None = None
    failures: int | None = None
    pause: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return self == Decision()


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that wakes a schedule beside the clock.

    Attributes:
        reason: what it was.
        id: unique within the schedule, so that the same one is not told twice.
        at: when it happened. The ledger has room for one event of a schedule in each microsecond.
        depth: the depth of the run that caused it, 0 where none did.
    """

    reason: Reason
    id: str
    at: datetime
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Admission:
    """Which queued fires start now.

    Attributes:
        start: these, in this order.
        changes: queued fires that will not run (`expired`, `over_limit`), and why others still wait.
        again: when to look again though nothing ends before, None where only an end can change the answer.
    """

    start: tuple[Fire, ...] = ()
    changes: tuple[Change, ...] = ()
    again: datetime | None = None
