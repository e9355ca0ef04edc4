"""Declarations and looks to plan with, short enough that a test shows only what it is about."""

from pathlib import PurePath
from typing import Any

from constellagent.plan.desired import Desired, DesiredAgent, desire
from constellagent.plan.observed import (
    Absent,
    BranchFacts,
    IdentityFacts,
    Look,
    ObservedAgent,
    SessionFacts,
    There,
    WorktreeFacts,
    WorktreeState,
)
from constellagent.spec.models import Constellation

REPO = PurePath("/repos/acme")
PATH = PurePath("/repos/acme.worktrees/docs")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TIP = "89abcdef0123456789abcdef0123456789abcdef"


def declared(*, services: dict[str, Any] | None = None, **agents: dict[str, Any]) -> Desired:
    """Return a constellation named `acme` of these agents; each runs `true` unless it says otherwise."""
    blocks = {name: {"command": ["true"], **block} for name, block in agents.items()}
    raw = {"version": 1, "name": "acme", "agents": blocks, "services": services or {}}
    return desire(Constellation.model_validate(raw), REPO)


def docs(**block: Any) -> DesiredAgent:
    """Return the declared agent `docs`."""
    return declared(docs=block).agents["docs"]


def identity(agent: DesiredAgent, **changes: Any) -> There[IdentityFacts]:
    """Return the identity that `agent` should have, bound and written."""
    wanted = agent.identity
    assert wanted is not None
    address = f"{wanted.email}@{wanted.domain}"
    values: dict[str, Any] = {"uuid": "u-1", "name": wanted.name, "address": address, "phone": "+15550100"}
    return There(IdentityFacts(**{**values, **changes}))


def worktree(agent: DesiredAgent, **changes: Any) -> There[WorktreeFacts]:
    """Return the worktree that `agent` should have, ready."""
    values: dict[str, Any] = {
        "path": agent.path,
        "branch": agent.branch,
        "head": TIP,
        "state": WorktreeState.READY,
    }
    return There(WorktreeFacts(**{**values, **changes}))


def session(agent: DesiredAgent, **changes: Any) -> There[SessionFacts]:
    """Return the live session that `agent` should have."""
    return There(SessionFacts(**{"id": "s-1", "live": True, "fingerprint": agent.fingerprint, **changes}))


def branch(held_by: PurePath | None = None) -> There[BranchFacts]:
    """Return a branch that exists."""
    return There(BranchFacts(TIP, held_by))


def settled(agent: DesiredAgent, **changes: Any) -> ObservedAgent:
    """Return what is seen of `agent` when all is as declared."""
    who: Look[IdentityFacts] = Absent() if agent.identity is None else identity(agent)
    values: dict[str, Any] = {
        "worktree": worktree(agent),
        "branch": branch(agent.path),
        "base": There(COMMIT),
        "identity": who,
        "session": session(agent),
        "schedules": There(agent.schedules),
        "made_by_us": True,
    }
    return ObservedAgent(**{**values, **changes})


def nothing(**changes: Any) -> ObservedAgent:
    """Return what is seen of an agent of which nothing is there yet."""
    values: dict[str, Any] = {
        "worktree": Absent(),
        "branch": Absent(),
        "base": There(COMMIT),
        "identity": Absent(),
        "session": Absent(),
        "schedules": There({}),
    }
    return ObservedAgent(**{**values, **changes})
