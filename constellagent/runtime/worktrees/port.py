"""The `Worktrees` port: what the rest of the package does, bound to one constellation in one repository."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.clock import Clock
from constellagent.runtime.git import Git
from constellagent.runtime.paths import Paths
from constellagent.runtime.ports import Journal, Records, Removal, Report, WorktreeLook
from constellagent.runtime.repository import Repository
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.runtime.worktrees import adopt, checkout, create, interrupted, look, remove, setup
from constellagent.runtime.worktrees.site import Site


class GitWorktrees:
    """The worktrees of one constellation; see `ports.Worktrees`."""

    def __init__(
        self,
        repository: Repository,
        constellation: str,
        root: Path,
        *,
        git: Git,
        journal: Journal,
        records: Records,
        paths: Paths,
        clock: Clock,
        checkouts: asyncio.Semaphore,
        setup_timeout: float,
        sandboxes: Sandboxes | None = None,
    ) -> None:
        """`checkouts` bounds the checkouts that run at once; all constellations should share one.

        Without `sandboxes` no setup step of a sandboxed agent is run.
        """
        self._site = Site(
            repository, constellation, root, git, journal, records, paths, clock, setup_timeout, sandboxes
        )
        self._checkouts = checkouts

    @property
    def git(self) -> Git:
        """Git in this repository, kept in where a sandboxed agent has worked."""
        return self._site.git

    async def take_back(self, agents: Sequence[DesiredAgent]) -> None:
        """Take back what a killed git left half made for these agents; goes before the look of an apply.

        Raises:
            WorldError: the repository's list of worktrees cannot be locked.
        """
        await interrupted.take_back(self._site, agents)

    async def look(self, agents: Sequence[DesiredAgent]) -> Mapping[str, WorktreeLook]:
        """Look at worktree, branch and base of each agent, by name."""
        return await look.look(self._site, agents)

    async def register(self, agent: DesiredAgent, commit: str, *, new_branch: bool) -> None:
        """Create the branch where asked, and the locked, still empty worktree; exclude `.ravi/` from git.

        Raises:
            ConflictError: the branch is checked out elsewhere, or the place is taken.
            RefusedError: `.ravi/` is tracked in `commit`.
            GitError: git failed otherwise.
        """
        await create.register(self._site, agent, commit, new_branch=new_branch)

    async def fill(self, agent: DesiredAgent) -> None:
        """Check the branch out and copy the included ignored files; never overwrites a file.

        Raises:
            ConflictError: the worktree is not there, or a filter is missing.
            RefusedError: a person changed the half-made worktree.
            WorldError: git failed, or the disk is full.
        """
        await checkout.fill(self._site, agent, self._checkouts)

    async def finish(self, agent: DesiredAgent, env: Mapping[str, str], report: Report) -> None:
        """Run the setup steps with `env`, keep their logs, and mark the worktree complete.

        Raises:
            WorldError: a setup step failed; the message names the step, its exit status and its log.
            UnavailableError: there can be no such sandbox here as the agent declares.
        """
        await setup.finish(self._site, agent, env, report)

    async def repair(self, agent: DesiredAgent, path: Path) -> None:
        """Tell git that the worktree now lies at `path`, and remember it.

        Raises:
            ConflictError: what lies at `path` is not the agent's worktree.
        """
        await adopt.repair(self._site, agent, path)

    async def adopt(self, agent: DesiredAgent, path: Path) -> Sequence[str]:
        """Take over the worktree at `path`, which a person made; returns what was done, in words.

        Raises:
            ConflictError: it is no worktree of this repository, is on another branch, or is somebody else's.
            RefusedError: `.ravi/` is tracked in it.
        """
        return await adopt.adopt(self._site, agent, path)

    async def losses(self, agent: str, path: Path, *, own_sessions: Sequence[str] = ()) -> Sequence[str]:
        """Return one line for each thing that removing the worktree would lose; empty where it is safe.

        Processes of `own_sessions` (ids) that work in it do not count: they are stopped first.
        """
        return await remove.losses_of(self._site, agent, path, own_sessions)

    async def remove(self, agent: str, path: Path, *, force: bool, branch_stays: bool = False) -> Removal:
        """Remove a worktree that we made. The branch is kept.

        With `branch_stays` it is no loss that nothing but a branch here holds its commits.

        Raises:
            RefusedError: something would be lost and `force` is not given, or it cannot be rescued.
            ConflictError: the worktree is not ours.
        """
        return await remove.remove(self._site, agent, path, force=force, branch_stays=branch_stays)

    async def drop_branch(self, branch: str, commit: str) -> bool:
        """Remove a branch that holds nothing beyond `commit`, where it began; says whether it is gone.

        Raises:
            GitError: git failed.
        """
        return await remove.drop_branch(self._site, branch, commit)

    async def named(self, beginning: str) -> Mapping[str, Path]:
        """Return where the worktrees of ours lie whose agent's name begins so, by that name."""
        return self._site.named(beginning, await self._site.registrations())
