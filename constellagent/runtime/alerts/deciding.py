"""What is worth a word to an owner, and for how long it must have lasted.

    state      reason        told as
    waiting    idle prompt   done where it had worked before, else nothing: it has just started
    waiting    any other     waiting
    done                     done
    failed                   failed
    working                  working
    exited                   exited

The end of a session that no person asked for is told as done or failed, or else as exited. `starting` and
`unknown` are never told.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from constellagent.runtime.store.sessions import SessionRow
from constellagent.spec.models import NotifyState
from constellagent.term.activity import Activity
from constellagent.term.activity.states import IDLE_PROMPT, Source

SURE: frozenset[Source] = frozenset({"hook", "report", "process"})
"""Sources that do not guess."""
SETTLE, SETTLE_GUESSED = 10.0, 30.0
"""Seconds that a state must have lasted before it is told: one that is sure, and one that was guessed."""

_TOLD: Mapping[str, NotifyState] = {
    "waiting": "waiting",
    "done": "done",
    "failed": "failed",
    "working": "working",
    "exited": "exited",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that an agent has come to.

    Attributes:
        state: in one word, as it is told.
        reason: more exactly; often empty.
        since: epoch seconds.
        message: what the agent says to a person; often empty.
        names: which words of `notify` ask for it.
        sure: it is known, not guessed.
        ended: its session is over.
        paused: it is a run that stands still until a person lets it go on.
    """

    state: NotifyState
    reason: str
    since: float
    message: str = ""
    names: frozenset[NotifyState] = frozenset()
    sure: bool = True
    ended: bool = False
    paused: bool = False

    @property
    def settle(self) -> float:
        """Seconds that it must last."""
        return SETTLE if self.sure else SETTLE_GUESSED


def of_activity(activity: Activity, since: float, *, worked: bool) -> Moment | None:
    """Return what is to be told of a live session's state, None for nothing; `worked`: it had work before."""
    told = _TOLD.get(activity.state)
    reason = activity.reason
    if told == "waiting" and reason == IDLE_PROMPT:
        told, reason = ("done", "") if worked else (None, "")
    if told is None:
        return None
    sure = activity.source in SURE
    return Moment(told, reason, since, activity.message, frozenset({told}), sure=sure)


def of_end(row: SessionRow, why: str) -> Moment | None:
    """Return what is to be told of a session's end; nothing where a person asked for it."""
    if row.ended_at is None or row.ended_by == "stop":
        return None
    state: NotifyState = "done" if row.ended_by == "itself" and row.exit_status == 0 else "failed"
    return Moment(state, why or row.outcome, row.ended_at, names=frozenset({state, "exited"}), ended=True)


def works(activity: Activity) -> bool:
    """Say whether a session has work: bare output, as of a program that starts, does not tell that."""
    return activity.state == "working" and activity.source != "output"
