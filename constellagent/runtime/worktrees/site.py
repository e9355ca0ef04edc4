"""What all parts share: one repository, one constellation, and how its worktrees are known."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePath

from constellagent.errors import ConflictError
from constellagent.runtime.clock import Clock
from constellagent.runtime.git import Git
from constellagent.runtime.paths import Paths
from constellagent.runtime.ports import Journal, Records, Step
from constellagent.runtime.repository import Repository
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.runtime.worktrees import registry
from constellagent.runtime.worktrees.registry import Registration

STEPS = frozenset(step for step in Step if step.value.startswith(("branch.", "worktree.")))
"""The steps that are taken here."""


@dataclass(frozen=True, slots=True)
class Site:
    """One constellation's place in one repository.

    Attributes:
        repository: where.
        constellation: its id; part of the reason for which its worktrees are locked.
        root: the folder that is declared to hold the worktrees.
        git: runs git there.
        journal: takes the intents.
        records: remembers what we made.
        paths: where logs go.
        clock: tells the time that names a rescue.
        setup_timeout: seconds that one setup step may take.
        sandboxes: make those of setup steps; None where none are run.
    """

    repository: Repository
    constellation: str
    root: Path
    git: Git
    journal: Journal
    records: Records
    paths: Paths
    clock: Clock
    setup_timeout: float
    sandboxes: Sandboxes | None = None

    def reason(self, agent: str) -> str:
        """Return the reason for which the worktree of `agent` is locked."""
        return lock_reason(self.constellation, agent)

    async def registrations(self) -> list[Registration]:
        """Return all worktrees that git lists, the main checkout first."""
        return await registry.registrations(self.repository, self.git)

    def ours(self, agent: str, listed: list[Registration]) -> Registration | None:
        """Return the registration that is ours by its lock or by its marker.

        Raises:
            ConflictError: there are two, or a marker cannot be read.
        """
        reason, key = self.reason(agent), (self.constellation, agent)
        found = [
            one
            for one in listed
            if one.lock == reason
            or (one.lock is None and one.marker and (one.marker.constellation, one.marker.agent) == key)
        ]
        if len(found) > 1:
            places = " and ".join(str(one.path) for one in found)
            raise ConflictError(
                f"two worktrees are locked for agent {agent}: {places}",
                hint="unlock the one that is not the agent's (git worktree unlock PATH)",
            )
        if found and found[0].fault:
            raise ConflictError(found[0].fault, hint="remove that file and import the worktree again")
        return found[0] if found else None

    def named(self, beginning: str, listed: list[Registration]) -> dict[str, Path]:
        """Return the places of our worktrees whose agent's name begins so, by that name."""
        locked = self.reason(beginning)
        found = {}
        for one in listed:
            if one.lock is not None and one.lock.startswith(locked):
                found[one.lock.removeprefix(self.reason(""))] = one.path
            elif one.lock is None and one.marker and one.marker.constellation == self.constellation:
                found |= {one.marker.agent: one.path} if one.marker.agent.startswith(beginning) else {}
        return found

    async def settle(self, agent: str, steps: Collection[Step] = STEPS) -> None:
        """Mark intents done that died between acting and that mark: what they wanted was seen to be so."""
        for step in dict.fromkeys(await self.journal.open_steps(agent)):
            if step in steps:
                async with self.journal.step(step, agent):
                    pass

    async def require(self, agent: str) -> tuple[Registration, Path]:
        """Return our registration of `agent` and git's folder for it.

        Raises:
            ConflictError: there is none, or two.
        """
        found = self.ours(agent, await self.registrations())
        if found is None or found.admin is None:
            raise ConflictError(f"agent {agent} has no worktree", hint="apply creates it")
        return found, found.admin


def lock_reason(constellation: str, agent: str) -> str:
    """Return the reason for which the worktree of an agent is locked."""
    return f"constellagent:{constellation}:{agent}"


def resolved(path: PurePath) -> Path:
    """Return the path as git writes it: the folder resolved, the last name as it is."""
    return Path(os.path.realpath(path.parent)) / path.name


def stands(one: Registration) -> bool:
    """Say whether a worktree is where git thinks it is, and is the one that git means.

    Raises:
        WorldError: its `.git` file cannot be read.
    """
    return one.admin is not None and registry.linked_admin(one.path) == Path(os.path.realpath(one.admin))


def short(ref: str) -> str:
    """Return the short name of a branch."""
    return ref.removeprefix("refs/heads/")
