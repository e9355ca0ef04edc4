"""Agents that are started once others are done: `needs:` with the names of agents.

An agent is done when a turn of its session has ended so, or its session ended well, as it is declared now.
"""

from typing import assert_never

from constellagent.plan.actions import Plan
from constellagent.plan.desired import Desired, DesiredAgent
from constellagent.plan.observed import Absent, Observed, ObservedAgent, There, Unknown

WAITS = "waits for "
"""How a plan's note begins about an agent that is not started yet."""


def awaited(agent: DesiredAgent, desired: Desired, observed: Observed) -> dict[str, str]:
    """Return for which agents it still waits, and what there is to say of each, which is mostly nothing."""
    found = {need: _undone(desired.agents[need], observed) for need in agent.after}
    return {need: why for need, why in found.items() if why is not None}


def said(waits: dict[str, str]) -> str:
    """Return in words for whom an agent waits: `waits for docs, which failed`."""
    return WAITS + ", ".join(f"{need}, which {why}" if why else need for need, why in waits.items())


def waiting(plan: Plan) -> frozenset[str]:
    """Return the agents of a plan that are to be started once others are done."""
    return frozenset(note.subject for note in plan.notes if note.text.startswith(WAITS))


def _undone(agent: DesiredAgent, observed: Observed) -> str | None:
    """Return what there is to say of an agent that is not done; None of one that is."""
    session = observed.agents.get(agent.name, ObservedAgent()).session
    match session:
        case There(facts) if facts.fingerprint == agent.fingerprint:
            if facts.done:
                return None
            return "" if facts.live or facts.ended_by != "itself" else f"failed: {facts.outcome}"
        case Unknown(reason):
            return f"could not be looked at: {reason}"
        case There() | Absent():
            return ""
        case never:
            assert_never(never)
