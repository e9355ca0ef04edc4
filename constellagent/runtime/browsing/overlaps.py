"""Which files several agents of a constellation have changed, each against its own base."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import Absent, Unknown
from constellagent.runtime.diffs import listing, sides
from constellagent.runtime.git import Git
from constellagent.runtime.ports import WorktreeLook, Worktrees
from constellagent.runtime.review_views import OverlapView
from constellagent.runtime.standing import STANDING

_log = logging.getLogger(__name__)

_AT_ONCE = 4
"""Worktrees that are looked at together; each look is up to two git processes."""


async def found(git: Git, agents: Sequence[DesiredAgent], worktrees: Worktrees) -> list[OverlapView]:
    """Return the files that more than one agent changed, by path.

    Agents without a worktree changed nothing. Those whose changes could not be looked at, or not all of them,
    are named first, with an empty path: what they touch may overlap as well.

    Raises:
        ConstellagentError: it could not be found out where the worktrees are.
    """
    looks = await worktrees.look(agents)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def touched(agent: DesiredAgent) -> tuple[set[str], bool]:
        async with slots:
            return await _touched(git, agent, looks[agent.name])

    every = await asyncio.gather(*(touched(agent) for agent in agents))
    touching: dict[str, list[str]] = {}
    for agent, (paths, _) in zip(agents, every, strict=True):
        for path in paths:
            touching.setdefault(path, []).append(agent.name)
    unknown = [agent.name for agent, (_, whole) in zip(agents, every, strict=True) if not whole]
    return [
        *([OverlapView(path="", agents=unknown)] if unknown else []),
        *(OverlapView(path=path, agents=names) for path, names in sorted(touching.items()) if len(names) > 1),
    ]


async def _touched(git: Git, agent: DesiredAgent, look: WorktreeLook) -> tuple[set[str], bool]:
    """Return the paths that an agent changed, also those it renamed a file from, and whether that is all."""
    if isinstance(look.worktree, Absent):
        return set(), True
    if isinstance(look.worktree, Unknown) or look.worktree.value.state not in STANDING:
        return set(), False
    folder = Path(look.worktree.value.path)
    try:
        base = await sides.commit_of(git, folder, look.base, agent.base, sides.BASE)
        changes = await listing.changed(git, folder, base)
    except ConstellagentError as error:
        _log.debug("the changes of %s cannot be looked at: %s", agent.name, error.message)
        return set(), False
    paths = {name for change in changes.files for name in (change["path"], change["old_path"]) if name}
    return paths, not changes.truncated
