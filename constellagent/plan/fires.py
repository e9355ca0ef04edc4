"""What the ledger knows of a fire: the words that planning, daemon and faces share.

A fire is the nominal minute at which a schedule is due, or the moment of what else woke it. Whatever becomes
of it, it has one row in the ledger: the run that it led to, or why there was none.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Origin = Literal["clock", "person", "event"]
"""Who caused a fire. The clock's are found again by their minute, so none of them can be run twice."""

Reason = Literal["schedule", "catchup", "manual", "backfill", "retry", "email", "sms", "agent", "webhook"]
"""Why a run wakes; it is told in `CONSTELLAGENT_REASON`."""

State = Literal[
    "queued",
    "claimed",
    "running",
    "succeeded",
    "failed",
    "timeout",
    "stopped",
    "replaced",
    "lost",
    "missed",
    "skipped_overlap",
    "expired",
    "dropped",
    "over_limit",
    "cancelled",
]
"""What became of a fire.

    queued           will run as soon as it may
    claimed          is being started
    running          its session is live
    succeeded        its program ended with exit status 0
    failed           it ended otherwise, or could not be started
    timeout          it was stopped because it took longer than `timeout`
    stopped          a person stopped it
    replaced         it was stopped for a later fire (`overlap: replace`)
    lost             it was started, and nobody knows how it ended (killed machine)
    missed           one row for a stretch of fires that were due while nothing watched, and are not run
    skipped_overlap  the run before it was still going
    expired          it could not start within `start_deadline`
    dropped          a later fire took its place in the queue, or the queue was full
    over_limit       there were more than `max_per_hour`, it looked like a loop, or `limits` were reached
    cancelled        its schedule was paused or removed while it was queued
"""

OPEN: frozenset[State] = frozenset({"queued", "claimed", "running"})
"""The states that are not the end."""

RAN: frozenset[State] = frozenset({"succeeded", "failed", "timeout", "stopped", "replaced", "lost"})
"""The states of a run that was started."""

FAILED: frozenset[State] = frozenset({"failed", "timeout", "lost"})
"""The states that `pause_on_failure` counts."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fire:
    """One row of the ledger, as far as it is decided before anything runs.

    Attributes:
        run: id of the run, and of its session; see `run_id`.
        schedule: key of the schedule, `agent/name`.
        origin: who caused it.
        fire_at: the nominal time; of a `missed` row that of the newest fire in it.
        attempt: 1, and one more for each retry or repetition.
        reason: why it wakes.
        state: what became of it.
        not_before: it starts at this time or later: the jitter, or the wait before a retry.
        why: what there is to say about the state, in words.
        first: the nominal time of the oldest fire of a `missed` row.
        count: how many fires a `missed` row stands for.
        missed: how many fires were missed before this run; told in `CONSTELLAGENT_MISSED_COUNT`.
        event: id of what caused it, unique within its schedule; empty for the clock.
        depth: how many runs caused one another up to this one; the loop protection looks at it.
    """

    run: str
    schedule: str
    origin: Origin
    fire_at: datetime
    attempt: int
    reason: Reason
    state: State
    not_before: datetime
    why: str = ""
    first: datetime | None = None
    count: int = 1
    missed: int = 0
    event: str = ""
    depth: int = 0


def run_id(constellation: str, schedule: str, origin: Origin, fire_at: datetime, attempt: int) -> str:
    """Return the id of a run: the same fire gives the same id, whoever decides on it and however often."""
    words = "\0".join([constellation, schedule, origin, str(microseconds(fire_at)), str(attempt)])
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


def microseconds(moment: datetime) -> int:
    """Return an aware time as whole microseconds since the epoch, the form in which the ledger keeps it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """Return the aware UTC time of so many microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=micros)


def shown(instant: datetime) -> str:
    """Return a time as every face writes it: `2026-11-22T09:00:00Z`, a fraction only where it has one."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
