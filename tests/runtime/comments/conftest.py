"""Comments on the work of one agent in a real worktree; the agent takes prompts as a test says."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.errors import ConstellagentError
from constellagent.runtime.comment_views import CommentRequest, CommentView, SentView
from constellagent.runtime.comments import Comments
from constellagent.runtime.control import SendView
from constellagent.runtime.store.database import Database
from tests.runtime.conftest import StillClock
from tests.runtime.worktrees.rig import Rig, make_repo

FILES = {"app.py": "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"}


@dataclass
class Taking:
    """An agent's terminal: answers as a test says, and keeps what it got."""

    prompts: list[str] = field(default_factory=list)
    answer: SendView | ConstellagentError = field(default_factory=lambda: SendView(confirmed=True, why=""))
    gate: asyncio.Event | None = None
    inside: int = 0
    """How many deliver now."""

    async def __call__(self, file: str, agent: str, text: str, *, over_limit: bool = False) -> SendView:
        """Take a prompt."""
        assert (file, agent, over_limit) == ("/f", "worker", False)
        self.inside += 1
        assert self.inside == 1
        try:
            if self.gate is not None:
                await self.gate.wait()
            self.prompts.append(text)
            if isinstance(self.answer, ConstellagentError):
                raise self.answer
            return self.answer
        finally:
            self.inside -= 1


@dataclass
class Told:
    """Takes traces."""

    lines: list[str] = field(default_factory=list)

    async def __call__(self, file: str, agent: str, text: str, *, as_agent: bool = False) -> None:
        """Take one."""
        assert (file, agent, as_agent) == ("/f", "worker", False)
        self.lines.append(text)


@dataclass
class Reviewing:
    """A reviewer's way to the comments.

    Attributes:
        taking: the agent's terminal.
        tree: its worktree.
        told: the traces that it left.
    """

    comments: Comments
    taking: Taking
    rig: Rig
    clock: StillClock
    tree: Path
    told: Told

    async def ask(self, action: str, *, agent: str = "worker", **more: Any) -> Any:
        """Ask as a face does."""
        request = cast("CommentRequest", {"file": "/f", "agent": agent, "action": action, **more})
        agents = [self.rig.agent("worker"), self.rig.agent("other")]
        return await self.comments.answer("c", agents, self.rig.port, request)

    async def add(self, place: str, text: str = "Mend it.", **more: Any) -> CommentView:
        """Comment on `path`, `path:line` or `path:line-end`."""
        path, _, lines = place.partition(":")
        first, _, last = lines.partition("-")
        spot = {"path": path, "line": int(first or 0), "end_line": int(last or first or 0)}
        view: CommentView = await self.ask("add", **{"side": "new", "text": text, **spot, **more})
        return view

    async def all(self, **more: Any) -> list[CommentView]:
        """List."""
        views: list[CommentView] = await self.ask("list", **more)
        return views

    async def send(self, **more: Any) -> SentView:
        """Send."""
        sent: SentView = await self.ask("send", **more)
        return sent


@pytest.fixture
async def reviewing(tmp_path: Path, database: Database, clock: StillClock) -> Reviewing:
    """Give a reviewer of an agent called worker."""
    rig = await Rig.over(tmp_path, make_repo(tmp_path / "repo", files=FILES))
    taking, told = Taking(), Told()
    comments = Comments(database, clock, taking, told)
    return Reviewing(comments, taking, rig, clock, await rig.create(), told)
