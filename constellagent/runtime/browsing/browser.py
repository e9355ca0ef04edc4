"""Answers what faces ask to see of an agent's worktree; holds nothing, so each answer is of now."""

from collections.abc import Sequence

from constellagent.errors import UsageError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.browsing import commits, contents, overlaps, tree
from constellagent.runtime.diffs import RunsOf, Work, sides
from constellagent.runtime.git import Git
from constellagent.runtime.ports import Worktrees
from constellagent.runtime.review_views import (
    WORKTREE,
    BrowseRequest,
    CommitsView,
    ContentView,
    FilesView,
    OverlapView,
)
from constellagent.runtime.standing import Standing


class Browser:
    """Looks into the worktrees of agents, and changes nothing."""

    def __init__(self, git: Git, runs: RunsOf) -> None:
        """`git` runs in the worktrees, wherever its own folder is; `runs` finds the runs of schedules."""
        self._git = git
        self._work = Work(git, runs)

    async def answer(
        self, standing: Standing, request: BrowseRequest
    ) -> FilesView | ContentView | CommitsView:
        """Answer one of `files`, `content` and `commits`.

        Raises:
            UsageError: there is no such revision or run, the path is never answered, or one is missing.
            ConflictError: the base names no commit, or nothing is left of the run.
            WorldError: something could not be looked at.
        """
        standing, now = await self._place(standing, request)
        match request["action"]:
            case "files":
                return await tree.files(self._git, standing.folder, now)
            case "content":
                if "path" not in request:
                    raise UsageError("a content is that of a path", hint="give `path`")
                revision = request.get("revision") or WORKTREE
                commit = await self._commit(standing, now if revision == WORKTREE else revision)
                view = await contents.content(
                    self._git, standing.folder, request["path"], revision=revision, commit=commit
                )
                view["editable"] = view["editable"] and "run" not in request  # saves go to the agent's own
                return view
            case "commits":
                return await commits.listed(
                    self._git,
                    standing,
                    request.get("revision") or now,
                    limit=request.get("limit", commits.USUAL),
                    beyond_base=request.get("all", False),
                )
            case other:
                raise UsageError(f"{other!r} is nothing that can be looked at here")

    async def overlaps(self, agents: Sequence[DesiredAgent], worktrees: Worktrees) -> list[OverlapView]:
        """Return the files that several agents changed against their bases, by path."""
        return await overlaps.found(self._git, agents, worktrees)

    async def _place(self, standing: Standing, request: BrowseRequest) -> tuple[Standing, str]:
        """Return where to look, and the revision that is the newest there."""
        if run := request.get("run"):
            work = await self._work.of(standing, request["file"], run)
            return work.standing, work.new
        return standing, WORKTREE

    async def _commit(self, standing: Standing, revision: str) -> str:
        return await sides.commit_of(self._git, standing.folder, standing.base, standing.agent.base, revision)
