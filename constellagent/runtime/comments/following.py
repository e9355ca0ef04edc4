"""Comments as they are to be shown: with the places of their lines in the agent's worktree now.

A worktree or file that cannot be looked at says nothing: comments on it stay where they were made. Only a
look that succeeded and did not find the lines makes a comment outdated.
"""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from constellagent.errors import ConstellagentError, UsageError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.comment_views import CommentView
from constellagent.runtime.comments.anchors import Anchor, Text
from constellagent.runtime.files.reading import read
from constellagent.runtime.files.text import decode
from constellagent.runtime.ports import Worktrees
from constellagent.runtime.standing import Standing, find
from constellagent.runtime.store.comments import CommentRow


class Following:
    """One agent's worktree, looked at when it is first needed, and never twice."""

    def __init__(self, agents: Sequence[DesiredAgent], worktrees: Worktrees, agent: str) -> None:
        self._agents = agents
        self._worktrees = worktrees
        self._agent = agent
        self._standing: Standing | None = None
        self._looked = False

    async def standing(self) -> Standing | None:
        """Return the worktree, None where there is none now or it cannot be looked at."""
        if not self._looked:
            self._looked = True
            try:
                self._standing = await find(self._agents, self._worktrees, self._agent)
            except ConstellagentError:
                self._standing = None
        return self._standing

    async def views(self, rows: Sequence[CommentRow]) -> list[CommentView]:
        """Return comments as faces see them, by path and line."""
        followed = {row.path for row in rows if _moves(row)}
        standing = await self.standing() if followed else None
        texts = await asyncio.to_thread(_texts, standing.folder, followed) if standing else {}
        views = [_view(row, texts.get(row.path) if _moves(row) else None) for row in rows]
        return sorted(views, key=lambda view: (view["path"], view["line"], view["created_at"]))

    async def quote(self, row: CommentRow) -> str:
        """Return the lines of the worktree's file that a comment is about; empty where that is no text.

        Raises:
            UsageError: there is no such file or line.
        """
        standing = await self.standing()
        if standing is None:
            return ""
        found = await asyncio.to_thread(read, standing.folder, row.path)
        if found.kind == "absent":
            raise UsageError(
                f"there is no file {row.path} in the worktree of {self._agent}",
                hint="the path is relative to the worktree; the whole work is meant without one",
            )
        decoded = decode(found.content) if found.content is not None else None
        if decoded is None:
            return ""
        text = Text(decoded.text)
        if row.end_line > len(text.lines):
            raise UsageError(f"{row.path} has no line {row.end_line}, only {len(text.lines)}")
        return text.cut(row.line, row.end_line)


def _moves(row: CommentRow) -> bool:
    return row.side == "new" and row.line > 0 and row.quote != ""


def _texts(folder: Path, paths: Iterable[str]) -> dict[str, Text]:
    """Return the files that can be read as text; one that is not there is as good as empty."""
    texts = {}
    for path in paths:
        try:
            found = read(folder, path)
        except ConstellagentError:
            continue
        decoded = decode(found.content) if found.content is not None else None
        if decoded is not None:
            texts[path] = Text(decoded.text)
        elif found.kind == "absent":
            texts[path] = Text("")
    return texts


def _view(row: CommentRow, text: Text | None) -> CommentView:
    anchor = (
        text.follow(row.quote, row.line, row.end_line)
        if text
        else Anchor(row.line, row.end_line, outdated=False)
    )
    return CommentView(
        id=row.id,
        agent=row.agent,
        path=row.path,
        side=row.side,
        line=anchor.line,
        end_line=anchor.end_line,
        text=row.text,
        quote=row.quote,
        revision=row.revision,
        author=row.author,
        state=row.state,
        outdated=anchor.outdated,
        created_at=row.created_at,
        edited_at=row.edited_at,
        sent_at=row.sent_at,
    )
