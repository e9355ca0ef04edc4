"""One look at the worktrees, branches and bases of any number of agents: four git commands and small reads.

Whatever cannot be looked at is `Unknown`; a folder that is not there is only called absent where reading its
parent said so.
"""

import asyncio
import os
import stat
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from constellagent.errors import ConstellagentError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import (
    Absent,
    BranchFacts,
    Look,
    There,
    Unknown,
    WorktreeFacts,
    WorktreeState,
)
from constellagent.runtime import repository
from constellagent.runtime.ports import Record, Step, WorktreeLook
from constellagent.runtime.worktrees import place, registry
from constellagent.runtime.worktrees.registry import Registration
from constellagent.runtime.worktrees.site import Site, resolved, short, stands

T = TypeVar("T")


async def look(site: Site, agents: Sequence[DesiredAgent]) -> dict[str, WorktreeLook]:
    """Look at worktree, branch and base of each agent, by name."""
    if not agents:
        return {}
    listed, branches, bases = await asyncio.gather(
        _asked(site.registrations()),
        _asked(_branches(site)),
        repository.resolve_bases(site.git, (agent.base for agent in agents)),
    )
    if isinstance(listed, Unknown):
        return {agent.name: WorktreeLook(listed, listed, bases[agent.base]) for agent in agents}
    records = await site.records.all()
    worktrees = await asyncio.to_thread(_worktrees, site, listed, records, agents)
    for name, found in worktrees.items():
        worktrees[name] = await _cut_short(site, name, found)
    return {
        agent.name: WorktreeLook(
            worktrees[agent.name],
            branches
            if isinstance(branches, Unknown)
            else _branch(agent, branches, listed, worktrees[agent.name]),
            bases[agent.base],
        )
        for agent in agents
    }


async def _asked(question: Awaitable[T]) -> T | Unknown:
    try:
        return await question
    except ConstellagentError as error:
        return Unknown(error.message)


async def _branches(site: Site) -> dict[str, str]:
    said = await site.git.run("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads")
    return {
        short(name): commit for name, _, commit in (line.partition(" ") for line in said.text.splitlines())
    }


def _branch(
    agent: DesiredAgent,
    branches: Mapping[str, str],
    listed: list[Registration],
    worktree: Look[WorktreeFacts],
) -> Look[BranchFacts]:
    commit = branches.get(agent.branch)
    if commit is None:
        return Absent()
    holder = registry.on_branch(listed, agent.branch)
    if holder is None:
        return There(BranchFacts(commit))
    if isinstance(worktree, There) and resolved(worktree.value.path) == holder.path:
        gone = worktree.value.state is WorktreeState.MISSING
        return There(BranchFacts(commit, None if gone else worktree.value.path))
    return There(BranchFacts(commit, holder.path))


def _worktrees(
    site: Site, listed: list[Registration], records: Mapping[str, Record], agents: Sequence[DesiredAgent]
) -> dict[str, Look[WorktreeFacts]]:
    found: dict[str, Look[WorktreeFacts]] = {}
    for agent in agents:
        try:
            found[agent.name] = _worktree(site, listed, records.get(agent.name), agent)
        except ConstellagentError as error:
            found[agent.name] = Unknown(error.message)
        except OSError as error:
            found[agent.name] = Unknown(f"cannot look at {error.filename}: {error.strerror}")
    return found


def _worktree(
    site: Site, listed: list[Registration], record: Record | None, agent: DesiredAgent
) -> Look[WorktreeFacts]:
    declared = resolved(agent.path)
    ours = site.ours(agent.name, listed)
    if ours is None:
        return _not_ours(listed, declared, agent)
    homes = [declared, *([resolved(record.path)] if record else [])]
    shown = agent.path if ours.path == declared else ours.path
    branch = short(ours.branch) if ours.branch else None
    if stands(ours):
        complete = ours.marker is not None and ours.marker.complete
        state = WorktreeState.READY if complete else WorktreeState.UNFINISHED
        if ours.path not in homes:
            state = WorktreeState.MOVED
        return There(WorktreeFacts(shown, branch, ours.head, state, _detail(ours)))
    for folder in _places(site, homes):
        if ours.admin is not None and registry.linked_admin(folder) == Path(os.path.realpath(ours.admin)):
            shown = agent.path if folder == declared else folder
            return There(
                WorktreeFacts(shown, branch, ours.head, WorktreeState.MOVED, f"git knows it at {ours.path}")
            )
    taken = place.occupant(ours.path)
    state = WorktreeState.OCCUPIED if taken else WorktreeState.MISSING
    return There(WorktreeFacts(shown, branch, ours.head, state, taken))


def _not_ours(listed: list[Registration], declared: Path, agent: DesiredAgent) -> Look[WorktreeFacts]:
    other = next((one for one in listed if one.path == declared), None)
    if other is not None:
        if other.admin is None:
            return There(
                WorktreeFacts(agent.path, None, other.head, WorktreeState.OCCUPIED, "the main checkout")
            )
        detail = f"locked: {other.lock}" if other.lock else ""
        if not stands(other):
            detail = "registered with git, but its folder is gone; git worktree prune forgets it"
        branch = short(other.branch) if other.branch else None
        return There(WorktreeFacts(agent.path, branch, other.head, WorktreeState.FOREIGN, detail))
    taken = place.occupant(declared)
    if not taken:
        return Absent()
    return There(WorktreeFacts(agent.path, None, None, WorktreeState.OCCUPIED, taken))


def _places(site: Site, homes: Sequence[Path]) -> Iterator[Path]:
    """Where a worktree that was moved by hand is looked for: at home, and beside the other worktrees."""
    yield from homes
    root = Path(os.path.realpath(site.root))
    try:
        entries = sorted(os.scandir(root), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise WorldError(f"cannot read {root}: {error.strerror}") from error
    for entry in entries:
        if stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
            yield root / entry.name


def _detail(ours: Registration) -> str:
    said = [] if ours.lock is not None else ["it is not locked any more"]
    if ours.branch is None and ours.admin is not None:
        for folder in ("rebase-merge", "rebase-apply"):
            if (ours.admin / folder).is_dir():
                said.append("in the middle of a rebase")
                break
        else:
            said.append(f"detached at {(ours.head or 'nothing')[:12]}")
    return ", ".join(said)


async def _cut_short(site: Site, agent: str, found: Look[WorktreeFacts]) -> Look[WorktreeFacts]:
    """Tell a place that something else took from a removal of ours that died half-way; the latter goes on."""
    if (
        not isinstance(found, There)
        or found.value.state is not WorktreeState.OCCUPIED
        or found.value.head is None
    ):
        return found
    if Step.WORKTREE_REMOVE not in await site.journal.open_steps(agent):
        return found
    return There(replace(found.value, state=WorktreeState.MISSING, detail="its removal was cut short"))
