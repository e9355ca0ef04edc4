"""Where comments on the work of agents are left, changed and found, and from where they go to the agent."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol
from weakref import WeakValueDictionary

from constellagent.errors import ConflictError, ConstellagentError, UsageError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.clock import Clock
from constellagent.runtime.comment_views import CommentRequest, CommentView, SentView
from constellagent.runtime.comments import prompts, requests
from constellagent.runtime.comments.following import Following
from constellagent.runtime.control import SendView
from constellagent.runtime.live_views import Trace
from constellagent.runtime.ports import Worktrees
from constellagent.runtime.review_views import WORKTREE
from constellagent.runtime.store.comments import MOST, CommentRow, CommentRows
from constellagent.runtime.store.database import Database
from constellagent.spec.suggest import did_you_mean

LONGEST_PROMPT = 200_000
"""Characters that go to an agent at once."""


class Prompt(Protocol):
    """Delivers prompts."""

    async def __call__(self, file: str, agent: str, text: str, *, over_limit: bool) -> SendView:
        """Deliver one to an agent of a constellation file, in spite of limits where `over_limit` says so."""
        ...


class Comments:
    """Answers about the comments on the work of agents; `CommentRequest` says what each action gives."""

    def __init__(self, database: Database, clock: Clock, deliver: Prompt, trace: Trace) -> None:
        """`deliver` gives a prompt to an agent's session and says whether it was taken."""
        self._trace = trace
        self._rows = CommentRows(database)
        self._clock = clock
        self._deliver = deliver
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def answer(
        self,
        constellation: str,
        agents: Sequence[DesiredAgent],
        worktrees: Worktrees,
        request: CommentRequest,
    ) -> Any:
        """Answer a request; `agents` are all there are in the constellation with this id.

        Raises:
            UsageError: it asks for what there is not, or says what cannot be kept.
            ConflictError: the agent has as many comments as it may have, or one to send is not open.
            WorldError: the comments cannot be read or written.
        """
        agent, names = request["agent"], [agent.name for agent in agents]
        if agent not in names:
            raise UsageError(f"there is no agent {agent!r}{did_you_mean(agent, names)}")
        following = Following(agents, worktrees, agent)
        match request["action"]:
            case "list":
                states = requests.states_of(request)
                rows = await self._rows.of(constellation, agent)
                return await following.views([row for row in rows if row.state in states])
            case "add":
                row = requests.new_comment(request, names, self._clock.now())
                return await self._add(constellation, following, row, quoted="quote" in request)
            case "edit" | "resolve" | "reopen" | "remove":
                return await self._change(constellation, following, request)
            case "send":
                turn = self._turns.setdefault((constellation, agent), asyncio.Lock())
                async with turn:
                    return await self._send(constellation, following, request)
            case unknown:
                raise UsageError(f"there is nothing to do with comments called {unknown!r}")

    async def _add(
        self, constellation: str, following: Following, row: CommentRow, *, quoted: bool
    ) -> CommentView:
        if not quoted and row.line and row.side == "new" and row.revision in {"", WORKTREE}:
            row = replace(row, quote=requests.quotable(await following.quote(row)))
        if not await self._rows.add(constellation, row):
            raise ConflictError(
                f"there are {MOST} comments on {row.agent} already",
                hint=f"`constellagent comment remove {row.agent} ID` removes one that is done with",
            )
        return (await following.views([row]))[0]

    async def _change(self, constellation: str, following: Following, request: CommentRequest) -> CommentView:
        agent = request["agent"]
        row = requests.meant(await self._rows.of(constellation, agent), request.get("id", ""), agent)
        match request["action"]:
            case "edit":
                text, now = requests.text_of(request), self._clock.now()
                done = await self._rows.edit(constellation, agent, row.id, text, now)
                changed = replace(row, text=text, edited_at=now, state="open")
            case "resolve":
                done = await self._rows.put(constellation, agent, row.id, "resolved")
                changed = replace(row, state="resolved")
            case "reopen":
                done = await self._rows.put(constellation, agent, row.id, "open")
                changed = replace(row, state="open")
            case _:
                done, changed = await self._rows.remove(constellation, agent, row.id), row
        if not done:
            raise ConflictError(f"comment {row.id} was removed meanwhile")
        return (await following.views([changed]))[0]

    async def _send(self, constellation: str, following: Following, request: CommentRequest) -> SentView:
        agent = request["agent"]
        rows = requests.chosen(await self._rows.of(constellation, agent), request.get("ids"), agent)
        views = await following.views(rows)
        standing = await following.standing()
        before = requests.text_of(request, wanted=False)
        text = prompts.prompt(views, standing.branch if standing else "", before)
        if len(text) > LONGEST_PROMPT:
            raise UsageError(
                f"the comments make a prompt of {len(text)} characters, more than {LONGEST_PROMPT}",
                hint="send fewer of them at once, by their ids",
            )
        over = request.get("over_limit", False)
        why = await self._unsent(request["file"], agent, text, over_limit=over)
        if not why:
            many = "a comment" if len(rows) == 1 else f"{len(rows)} comments"
            await self._trace(request["file"], agent, f"{many} sent")
            await self._note(constellation, agent, rows)
        return SentView(sent=not why, why=why, prompt=text, ids=[view["id"] for view in views])

    async def _unsent(self, file: str, agent: str, text: str, *, over_limit: bool) -> str:
        """Deliver a prompt; returns why it cannot be said that it was taken, empty where it was."""
        try:
            went = await self._deliver(file, agent, text, over_limit=over_limit)
        except ConstellagentError as error:
            return f"{error.message}; {error.hint}" if error.hint else error.message
        return "" if went["confirmed"] else went["why"] or "nobody knows whether it was taken"

    async def _note(self, constellation: str, agent: str, rows: Sequence[CommentRow]) -> None:
        try:
            await self._rows.sent(constellation, rows, self._clock.now())
        except WorldError as error:
            raise WorldError(
                f"{agent} took the comments, but that could not be written down: {error.message}",
                hint="they are still open; resolve them, so that they are not sent again",
            ) from error
