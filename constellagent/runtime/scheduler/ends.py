"""How a run ended, read from how its session did."""

from dataclasses import dataclass

from constellagent.plan.fires import State
from constellagent.runtime.store.sessions import SessionRow


@dataclass(frozen=True, slots=True)
class End:
    """The end of a run.

    Attributes:
        state: how it ended.
        why: what there is to say about it.
        exit_status: of its program, None where a signal ended it or nobody knows.
    """

    state: State
    why: str = ""
    exit_status: int | None = None


LOST = End("lost", "it was started, and nobody knows how it ended")


def end_of(session: SessionRow, wanted: State | None) -> End:
    """Return how the run of an ended session ended; `wanted` is the state that we stopped it for, if we did.

    One that ended by itself before the stop reached it ended by itself. A headless run that took longer than
    the limit that it kept itself timed out.
    """
    if session.ended_by == "itself":
        state: State = "succeeded" if session.exit_status == 0 else "failed"
    elif session.ended_by == "stop":
        state = wanted or "stopped"
    elif session.ended_by == "limit":
        return End("timeout", session.outcome, session.exit_status)
    else:
        state = "lost"
    return End(state, _REASONS.get(state, session.outcome), session.exit_status)


_REASONS: dict[State, str] = {
    "timeout": "it took longer than its timeout",
    "replaced": "a later fire took its place (overlap: replace)",
}
