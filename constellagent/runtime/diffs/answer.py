"""Answers what faces ask about an agent's changes."""

from collections.abc import Sequence
from pathlib import Path

from constellagent.errors import ConstellagentError, UsageError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import Look, There, Unknown, WorktreeFacts, WorktreeState
from constellagent.runtime.diff_views import DiffRequest, DiffView, FileChange
from constellagent.runtime.diffs import listing, patches, sides
from constellagent.runtime.git import Git
from constellagent.runtime.ports import Worktrees
from constellagent.spec.suggest import did_you_mean

CONTEXT = 3
"""Unchanged lines around each change, unless a request says how many."""
_MOST_CONTEXT = 100_000
STANDING = frozenset({WorktreeState.READY, WorktreeState.UNFINISHED, WorktreeState.MOVED})
"""The states of a worktree whose files are there to be looked at."""


class Diffs:
    """Compares worktrees with commits; holds nothing, so each answer is of now."""

    def __init__(self, git: Git) -> None:
        """`git` runs in the worktrees, wherever its own folder is."""
        self._git = git

    async def of(
        self, agents: Sequence[DesiredAgent], worktrees: Worktrees, request: DiffRequest
    ) -> DiffView:
        """Return the changes of one of `agents`.

        Raises:
            UsageError: there is no such agent, commit or changed file.
            ConstellagentError: the agent has no worktree, or its base names no commit.
            WorldError: its worktree could not be looked at.
            GitError: git failed.
        """
        agent = _named(agents, request["agent"])
        look = (await worktrees.look([agent]))[agent.name]
        facts = _standing(agent, look.worktree)
        folder = Path(facts.path)
        against = request.get("against") or sides.BASE
        side = await sides.resolve(self._git, folder, look.base, agent.base, against)
        ignore_space = request.get("ignore_space", False)
        found = await listing.changed(self._git, folder, side.commit, ignore_space=ignore_space)
        patch, cut = await self._patch(folder, side.commit, found.files, request)
        return DiffView(
            agent=agent.name,
            against=against,
            commit=side.commit,
            branch=facts.branch or "",
            ahead=side.ahead,
            behind=side.behind,
            files=found.files,
            added=found.added,
            removed=found.removed,
            patch=patch,
            truncated=found.truncated or cut,
        )

    async def _patch(
        self, folder: Path, commit: str, files: Sequence[FileChange], request: DiffRequest
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
            commit,
            [known[path] for path in dict.fromkeys(paths)],
            context=max(0, min(lines, _MOST_CONTEXT)),
            ignore_space=request.get("ignore_space", False),
        )


def _named(agents: Sequence[DesiredAgent], name: str) -> DesiredAgent:
    for agent in agents:
        if agent.name == name:
            return agent
    raise UsageError(f"there is no agent {name!r}{did_you_mean(name, (one.name for one in agents))}")


def _standing(agent: DesiredAgent, look: Look[WorktreeFacts]) -> WorktreeFacts:
    """Return what is known of a worktree whose files can be looked at."""
    if isinstance(look, Unknown):
        raise WorldError(f"the worktree of {agent.name} could not be looked at: {look.reason}")
    if isinstance(look, There) and look.value.state in STANDING:
        return look.value
    where = f": {look.value.path} is {look.value.state}" if isinstance(look, There) else ""
    raise ConstellagentError(
        f"{agent.name} has no worktree{where}",
        hint="`constellagent apply` makes it; `plan` says what is wrong",
    )
