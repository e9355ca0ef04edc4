"""Answers what faces ask about an agent's changes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from constellagent.errors import UsageError
from constellagent.runtime.diff_views import DiffRequest, DiffView, FileChange
from constellagent.runtime.diffs import asking, listing, patches, sides
from constellagent.runtime.diffs.work import RunsOf, Work
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import WORKTREE
from constellagent.runtime.standing import Standing
from constellagent.spec.suggest import did_you_mean

CONTEXT = 3
"""Unchanged lines around each change, unless a request says how many."""
_MOST_CONTEXT = 100_000


class Diffs:
    """Compares revisions of agents' work; holds nothing, so each answer is of now."""

    def __init__(self, git: Git, runs: RunsOf) -> None:
        """`git` runs in the worktrees, wherever its own folder is; `runs` finds the runs of schedules."""
        self._git = git
        self._work = Work(git, runs)

    async def of(self, standing: Standing, request: DiffRequest) -> DiffView:
        """Return the changes between two revisions of an agent's work.

        Raises:
            UsageError: there is no such commit, run or changed file, or no such comparison.
            ConflictError: the base names no commit, or nothing is left of the run.
            WorldError: the base could not be looked at, or git failed.
        """
        if run := request.get("run"):
            found = await self._work.of(standing, request["file"], run)
            standing, against, to = found.standing, found.old, found.new
        else:
            against, to = request.get("against") or sides.BASE, request.get("to") or WORKTREE
            sides.check(against, to)
        agent, folder = standing.agent, standing.folder
        side, new = await asyncio.gather(
            sides.resolve(self._git, folder, standing.base, agent.base, against),
            sides.commit_of(self._git, folder, standing.base, agent.base, to),
        )
        changes = await listing.changed(
            self._git, folder, side.commit, new, ignore_space=request.get("ignore_space", False)
        )
        patch, cut = await self._patch(folder, side.commit, new, changes.files, request)
        return DiffView(
            agent=agent.name,
            against=against,
            to=to,
            commit=_commit(side.commit),
            to_commit=_commit(new),
            branch=standing.branch,
            ahead=side.ahead,
            behind=side.behind,
            files=changes.files,
            added=changes.added,
            removed=changes.removed,
            patch=patch,
            truncated=changes.truncated or cut,
        )

    async def _patch(
        self, folder: Path, old: str, new: str, files: Sequence[FileChange], request: DiffRequest
    ) -> tuple[str | None, bool]:
        paths = [*request.get("paths", ()), *([request["path"]] if "path" in request else ())]
        if not paths:
            return None, False
        known = {change["path"]: change for change in files}
        for path in paths:
            if path not in known:
                raise UsageError(
                    f"{path!r} is not among the changed files{did_you_mean(path, known)}",
                    hint=f"`constellagent diff {request['agent']} --stat` lists them",
                )
        lines = request.get("context", CONTEXT)
        return await patches.text(
            self._git,
            folder,
            old,
            [known[path] for path in dict.fromkeys(paths)],
            new=new,
            context=max(0, min(lines, _MOST_CONTEXT)),
            ignore_space=request.get("ignore_space", False),
        )


def _commit(side: str) -> str:
    return "" if side in {asking.INDEX, WORKTREE} else side
