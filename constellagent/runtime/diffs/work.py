"""Where the work of one run of a schedule is: what it is compared with, and what with.

A run in a worktree of its own is all that differs there, then all that its branch holds, once the worktree is
taken away. A run in the agent's worktree is what differs there as long as it goes on; of one that has ended
only its commits can be told from what others did there since.
"""

import asyncio
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from constellagent.errors import ConflictError, UsageError, WorldError
from constellagent.runtime.diffs import sides
from constellagent.runtime.git import Git
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.review_views import WORKTREE
from constellagent.runtime.standing import Standing


@dataclass(frozen=True, slots=True)
class RunWork:
    """What is known of the place of one run.

    Attributes:
        run: its id.
        agent: whose schedule it is of.
        base: the commit from which it began, empty where it had no place of its own to work in.
        branch: the branch that is its own, empty where it worked on the agent's.
        path: the folder that it worked in.
        tip: the newest commit that it is known to have made, empty for none.
        over: it has ended, and its commits were written down.
    """

    run: str
    agent: str
    base: str
    branch: str
    path: str
    tip: str
    over: bool


RunsOf = Callable[[str, str], Awaitable[RunWork | None]]
"""Finds the run of a constellation (by its id) whose id begins so, None where there is none."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared for a run.

    Attributes:
        standing: the worktree it is compared in.
        old: a commit.
        new: a commit, or `WORKTREE`.
    """

    standing: Standing
    old: str
    new: str


class Work:
    """Finds the work of runs."""

    def __init__(self, git: Git, runs: RunsOf) -> None:
        """`git` runs in the worktrees; `runs` knows what the ledger does."""
        self._git = git
        self._runs = runs

    async def of(self, standing: Standing, file: str, run: str) -> Sides:
        """Return the two sides of the work of a run of the agent that `standing` is of.

        Raises:
            UsageError: the agent has no such run, or several begin so.
            ConflictError: nothing is known, or left, of its work.
            WorldError: it could not be looked at.
        """
        agent = standing.agent.name
        work = await self._runs(constellation_id(await asyncio.to_thread(Path(file).resolve)), run)
        if work is None or work.agent != agent:
            raise UsageError(
                f"{agent} has no run {run!r}", hint="`constellagent schedule history` lists the runs"
            )
        if not work.base:
            raise ConflictError(
                f"run {work.run} has no changes of its own: it never began, or was typed into a live session",
                hint=f"`constellagent diff {agent}` shows all that {agent} changed",
            )
        place, new = await self._place(standing, work)
        wanted = [work.base] if new == WORKTREE else [work.base, new]
        kept = [found for found in await sides.commits(self._git, place.folder, *wanted) if found]
        if len(kept) < len(wanted):
            raise ConflictError(
                f"the commits of run {work.run} are gone, as its branch is",
                hint=f"`constellagent schedule history --run {work.run}` tells what it did",
            )
        return Sides(place, kept[0], new)

    async def _place(self, standing: Standing, work: RunWork) -> tuple[Standing, str]:
        """Return where to compare, and what with."""
        tip = work.tip or work.base
        if not work.branch:
            return standing, tip if work.over else WORKTREE
        folder = Path(work.path)
        if await asyncio.to_thread(_is_worktree, folder):
            return replace(standing, folder=folder, branch=work.branch), WORKTREE
        [branch] = await sides.commits(self._git, standing.folder, f"refs/heads/{work.branch}")
        return replace(standing, branch=work.branch), branch or tip


def _is_worktree(folder: Path) -> bool:
    try:
        mode = (folder / ".git").lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise WorldError(f"cannot look at {folder}: {error.strerror}") from error
    return stat.S_ISREG(mode)
