"""Taking over a worktree: one that a person made, or one of ours that was moved."""

import asyncio
from dataclasses import replace
from pathlib import Path

from constellagent.errors import ConflictError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.ports import Record, Step
from constellagent.runtime.worktrees import create, marker, registry
from constellagent.runtime.worktrees.marker import Marker
from constellagent.runtime.worktrees.registry import Registration
from constellagent.runtime.worktrees.site import Site, resolved, short, stands


async def adopt(site: Site, agent: DesiredAgent, path: Path) -> list[str]:
    """Take over the worktree at `path`; returns what was done, in words.

    Raises:
        ConflictError: it is no worktree of this repository, is on another branch, or is somebody else's.
        RefusedError: `.ravi/` is tracked in it.
    """
    place = resolved(path)
    listed = await site.registrations()
    found = next((one for one in listed if one.path == place), None)
    _check_adoptable(site, agent, place, found, site.ours(agent.name, listed))
    if found is None or found.admin is None:
        raise ConflictError(f"{place} is no linked worktree of {site.repository.root}")
    done = []
    if found.head is not None:
        await create.refuse_tracked_identity(site, found.head)
    async with site.journal.step(Step.WORKTREE_ADD, agent.name, path=str(place), branch=agent.branch):
        if found.lock is None:
            async with registry.exclusively(site.repository):
                await site.git.run("worktree", "lock", "--reason", site.reason(agent.name), str(place))
            done.append(f"locked {place} against removal by others")
        known = found.marker or Marker(site.constellation, agent.name)
        if not known.complete:
            known = replace(
                known, constellation=site.constellation, agent=agent.name, filled=True, complete=True
            )
            await asyncio.to_thread(marker.write, found.admin, known)
            done.append(f"took over the worktree {place} on {agent.branch}, as it is")
        await _remember(site, agent, path)
    async with site.journal.step(Step.WORKTREE_EXCLUDE, agent.name):
        await create.exclude(site, agent)
    return done


def _check_adoptable(
    site: Site, agent: DesiredAgent, place: Path, found: Registration | None, ours: Registration | None
) -> None:
    if found is None:
        raise ConflictError(
            f"{place} is no worktree of {site.repository.root}",
            hint="name the folder with --path; `git worktree list` shows those that are",
        )
    if found.admin is None:
        raise ConflictError(f"{place} is the main checkout", hint="an agent needs a worktree of its own")
    if not stands(found):
        raise ConflictError(
            f"{place} is registered with git, but is not there",
            hint="git worktree repair PATH if it was moved, git worktree prune if it is gone",
        )
    if ours is not None and ours != found:
        raise ConflictError(
            f"agent {agent.name} has a worktree already, at {ours.path}", hint="remove that one first"
        )
    if found.lock is not None and found.lock != site.reason(agent.name):
        raise ConflictError(
            f"{place} is locked: {found.lock or 'no reason given'}",
            hint=f"if nobody needs that any more: git worktree unlock {place}",
        )
    if found.branch != f"refs/heads/{agent.branch}":
        on = f"branch {short(found.branch)}" if found.branch else "no branch"
        raise ConflictError(
            f"{place} is on {on}, but {agent.name} is declared on {agent.branch}",
            hint="declare that branch, or switch the worktree to the declared one",
        )


async def repair(site: Site, agent: DesiredAgent, path: Path) -> None:
    """Tell git that our worktree now lies at `path`, and remember it.

    Raises:
        ConflictError: what lies at `path` is not the agent's worktree.
        WorldError: git could not be told.
    """
    found, admin = await site.require(agent.name)
    place = resolved(path)
    if registry.linked_admin(place) != admin:
        raise ConflictError(
            f"{place} is not the worktree of {agent.name}", hint="plan again and see where it is"
        )
    async with site.journal.step(Step.WORKTREE_REPAIR, agent.name, path=str(place)):
        async with registry.exclusively(site.repository):
            if found.path != place:
                await site.git.run("worktree", "repair", str(place))
            if found.lock is None:
                await site.git.run("worktree", "lock", "--reason", site.reason(agent.name), str(place))
        now, _ = await site.require(agent.name)
        if now.path != place or not stands(now):
            raise WorldError(f"git still has the worktree of {agent.name} at {now.path}", hint="apply again")
        await _remember(site, agent, path)


async def _remember(site: Site, agent: DesiredAgent, path: Path) -> None:
    known = (await site.records.all()).get(agent.name) or Record(agent.name, path, agent.branch)
    await site.records.put(replace(known, path=path, branch=agent.branch))
