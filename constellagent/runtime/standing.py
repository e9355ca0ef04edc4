"""An agent's worktree whose files are there to be looked at, which is what all reviewing starts from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError, UsageError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import Look, There, Unknown, WorktreeFacts, WorktreeState
from constellagent.runtime.ports import Worktrees
from constellagent.spec.suggest import did_you_mean

STANDING = frozenset({WorktreeState.READY, WorktreeState.UNFINISHED, WorktreeState.MOVED})
"""The states of a worktree whose files are there."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One agent's worktree as it was found.

    Attributes:
        agent: what is declared of it.
        folder: where it is.
        branch: what is checked out there, empty for none.
        base: the commit of the declared base.
    """

    agent: DesiredAgent
    folder: Path
    branch: str
    base: Look[str]


async def find(agents: Sequence[DesiredAgent], worktrees: Worktrees, name: str) -> Standing:
    """Return the worktree of the one of `agents` that has this name.

    Raises:
        UsageError: there is no such agent.
        ConflictError: it has no worktree.
        WorldError: its worktree could not be looked at.
    """
    agent = _named(agents, name)
    look = (await worktrees.look([agent]))[agent.name]
    facts = _facts(agent, look.worktree)
    return Standing(agent, Path(facts.path), facts.branch or "", look.base)


def _named(agents: Sequence[DesiredAgent], name: str) -> DesiredAgent:
    for agent in agents:
        if agent.name == name:
            return agent
    raise UsageError(f"there is no agent {name!r}{did_you_mean(name, (one.name for one in agents))}")


def _facts(agent: DesiredAgent, look: Look[WorktreeFacts]) -> WorktreeFacts:
    if isinstance(look, Unknown):
        raise WorldError(f"the worktree of {agent.name} could not be looked at: {look.reason}")
    if isinstance(look, There) and look.value.state in STANDING:
        return look.value
    where = f": {look.value.path} is {look.value.state}" if isinstance(look, There) else ""
    raise ConflictError(
        f"{agent.name} has no worktree{where}",
        hint="`constellagent apply` makes it; `plan` says what is wrong",
    )
