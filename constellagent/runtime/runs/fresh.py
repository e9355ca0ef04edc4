"""A worktree and a branch for one run, made as an agent's are, and taken up again where that was cut short.

The place is written into the ledger before anything is made there, so that the next daemon goes on in the
same place instead of beginning another.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from constellagent.errors import ConflictError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.fires import Fire
from constellagent.plan.observed import Absent, Unknown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.contexts import Context
from constellagent.runtime.events import Event
from constellagent.runtime.git import Git
from constellagent.runtime.repository import resolve_base
from constellagent.runtime.runs.naming import BRANCHES, Place, owner_name, places
from constellagent.runtime.store.ledger import Ledger, LedgerRow

_log = logging.getLogger(__name__)


class FreshWorktrees:
    """Makes the worktrees of runs."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._choosing = asyncio.Lock()
        self._keys = asyncio.Lock()
        """Two runs of one agent must not mint its key at once: each would take the other's for lost."""

    async def make(
        self, context: Context, agent: DesiredAgent, schedule: DesiredSchedule, fire: Fire
    ) -> Path:
        """Make the worktree of a run, ready to work in, and return its folder.

        Raises:
            ConflictError: the base names no commit, or something is in the way.
            RefusedError: somebody changed the worktree while it was half made.
            WorldError: git failed, a setup step failed, or the disk is full.
        """
        place, base = await self._place(context, agent, schedule, fire)
        return await self.build(context, agent, fire.run, place, base)

    async def build(self, context: Context, agent: DesiredAgent, run: str, place: Place, base: str) -> Path:
        """Make a worktree at a place that is written down, from a commit; what is half made goes on.

        Raises:
            ConflictError: something is in the way.
            RefusedError: somebody changed the worktree while it was half made.
            WorldError: git failed, a setup step failed, or the disk is full.
        """
        stand_in = replace(agent, name=owner_name(agent.name, run), path=place.path, branch=place.branch)
        worktrees = context.worktrees
        await worktrees.take_back([stand_in])
        await worktrees.register(stand_in, base, new_branch=True)
        if agent.identity is not None:
            async with self._keys:
                await context.identities.write(agent.name, place.path)
        await worktrees.fill(stand_in)
        environment = await context.launches.environment(agent, place.path)
        await worktrees.finish(stand_in, environment, _tell)
        return place.path

    async def _place(
        self, context: Context, agent: DesiredAgent, schedule: DesiredSchedule, fire: Fire
    ) -> tuple[Place, str]:
        """Return where the run works, as decided before, else decided and written down now; and its base."""
        row = await self._ledger.get(fire.run)
        if row is not None and row.branch:
            return Place(Path(row.path), row.branch), row.base
        git = context.worktrees.git
        wanted = schedule.spec.base or agent.base
        base = await resolve_base(git, wanted)
        if isinstance(base, Absent):
            raise ConflictError(
                f"base {wanted!r} of {schedule.key} names no commit",
                hint="declare a branch, a tag or a commit that is there",
            )
        if isinstance(base, Unknown):
            raise WorldError(f"base {wanted!r} of {schedule.key} cannot be looked at: {base.reason}")
        async with self._choosing:
            others = await self._ledger.open(context.id)
            place = await _free(git, context, schedule, fire, others)
            await self._ledger.place(fire.run, branch=place.branch, path=str(place.path), base=base.value)
        return place, base.value


async def _free(
    git: Git, context: Context, schedule: DesiredSchedule, fire: Fire, others: Sequence[LedgerRow]
) -> Place:
    """Return the place of a run, under its second name where the first is another run's or was left behind.

    Two schedules can come to one name (`a.b` and `c`, `a` and `b.c`), and so can two events of one moment.

    Raises:
        ConflictError: a branch is in the way of all branches of the schedule's runs.
    """
    plain, apart = places(Path(context.desired.worktrees), schedule.agent, schedule.name, fire)
    above = [BRANCHES, f"{BRANCHES}/{schedule.agent}", f"{BRANCHES}/{schedule.agent}/{schedule.name}"]
    asked = [*above, plain.branch]
    query = "".join(f"refs/heads/{branch}\n" for branch in asked)
    said = (await git.run("cat-file", "--batch-check", stdin=query.encode())).text.splitlines()
    there = [branch for branch, line in zip(asked, said, strict=True) if not line.endswith(" missing")]
    if there and there[0] in above:
        raise ConflictError(
            f"branch {there[0]} is in the way: the branches of runs are called {plain.branch} and so on",
            hint=f"give it another name: git branch -m {there[0]} NAME",
        )
    chosen = any(row.branch == plain.branch or row.path == str(plain.path) for row in others)
    taken = chosen or bool(there) or await asyncio.to_thread(os.path.lexists, plain.path)
    return apart if taken else plain


def _tell(event: Event) -> None:
    _log.info("%s: %s", event.subject, event.text)
