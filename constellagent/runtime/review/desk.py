"""One desk for all reviewing: finds the agent's worktree, and hands each question to who can answer it."""

from typing import Any

from constellagent.errors import UsageError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.browsing import Browser
from constellagent.runtime.comment_views import CommentRequest
from constellagent.runtime.comments import Comments
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.diff_views import DiffRequest, DiffView
from constellagent.runtime.diffs import Diffs
from constellagent.runtime.edits import Editor
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest
from constellagent.runtime.standing import Standing, find
from constellagent.runtime.undeclared import undeclared_agents


class Review:
    """Answers about the work of agents."""

    def __init__(
        self, contexts: Contexts, diffs: Diffs, browser: Browser, editor: Editor, comments: Comments
    ) -> None:
        self._contexts = contexts
        self._diffs = diffs
        self._browser = browser
        self._editor = editor
        self._comments = comments

    async def diff(self, request: DiffRequest) -> DiffView:
        """Compare two revisions of an agent's work."""
        standing = await self._standing(request["file"], request["agent"])
        return await self._diffs.of(standing, request)

    async def browse(self, request: BrowseRequest) -> Any:
        """Show something of an agent's worktree.

        Raises:
            UsageError: there is no such action, agent, revision or file.
        """
        if request["action"] == "overlaps":
            context, agents = await self._agents(request["file"])
            return await self._browser.overlaps(agents, context.worktrees)
        standing = await self._standing(request["file"], request["agent"])
        match request["action"]:
            case "files" | "content" | "commits":
                return await self._browser.answer(standing, request)
            case "facts" | "hunks" | "merge":
                return await self._editor.answer(standing, request)
            case unknown:
                raise UsageError(f"there is nothing to browse called {unknown!r}")

    async def change(self, request: ChangeRequest) -> Any:
        """Change something in an agent's worktree."""
        standing = await self._standing(request["file"], request["agent"])
        return await self._editor.change(standing, request)

    async def comments(self, request: CommentRequest) -> Any:
        """Answer a reviewer about comments."""
        context, agents = await self._agents(request["file"])
        return await self._comments.answer(context.id, agents, context.worktrees, request)

    async def _agents(self, file: str) -> tuple[Context, list[DesiredAgent]]:
        context = await self._contexts.of_file(file)
        records = await context.world.records.all()
        return context, [*context.desired.agents.values(), *undeclared_agents(context.desired, records)]

    async def _standing(self, file: str, agent: str) -> Standing:
        context, agents = await self._agents(file)
        return await find(agents, context.worktrees, agent)
