"""Review comments: what a person said about the work of an agent, until it is removed."""

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database

Side = Literal["old", "new"]
State = Literal["open", "sent", "resolved"]

MOST = 2000
"""Comments that one agent may have."""

_COLUMNS = (
    "id, agent, path, side, line, end_line, text, quote, revision, author, state, "
    "created_at, edited_at, sent_at"
)
_ONE = "constellation = ? AND agent = ? AND id = ?"
_THIS = f"{_ONE} AND state = 'open' AND text = ?"


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment, where it was made. Times are epoch seconds.

    Attributes:
        id: unique in this state.
        agent: on whose work.
        path: relative to the worktree; names that are no text have lone surrogates. Empty for the whole work.
        side: of the diff that was looked at.
        line: 1-based; 0 for the whole file.
        end_line: the last line that is meant.
        text: what is said.
        quote: the lines as the reviewer saw them, joined by line feeds; empty where nobody knows.
        revision: what the side showed.
        author: `person`, or an agent's name.
        state: `open` until it was sent.
        created_at: when it was made.
        edited_at: when its text was last changed.
        sent_at: when the agent took it the last time, None for never.
    """

    id: str
    agent: str
    path: str
    side: Side
    line: int
    end_line: int
    text: str
    quote: str
    revision: str
    author: str
    state: State
    created_at: float
    edited_at: float
    sent_at: float | None = None


class CommentRows:
    """The table `comments`, by constellation (its id) and agent."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    async def of(self, constellation: str, agent: str) -> list[CommentRow]:
        """Return an agent's comments by path, line and age.

        Raises:
            WorldError: they cannot be read.
        """
        rows = await self._database.rows(
            f"SELECT {_COLUMNS} FROM comments WHERE constellation = ? AND agent = ? "  # noqa: S608 - constants of this module
            "ORDER BY path, line, end_line, created_at, rowid",
            (constellation, agent),
        )
        return [_row(row) for row in rows]

    @around(Point.COMMENT_ADD)
    async def add(self, constellation: str, row: CommentRow) -> bool:
        """Keep a new comment; False, and it is not kept, where the agent has as many as it may have.

        Raises:
            WorldError: it was not kept.
        """
        values = (
            *(row.id, constellation, row.agent, os.fsencode(row.path), row.side, row.line, row.end_line),
            *(row.text, row.quote, row.revision, row.author, row.state),
            *(row.created_at, row.edited_at, row.sent_at),
        )

        def write(db: sqlite3.Connection) -> bool:
            (count,) = db.execute(
                "SELECT count(*) FROM comments WHERE constellation = ? AND agent = ?",
                (constellation, row.agent),
            ).fetchone()
            if count >= MOST:
                return False
            db.execute(
                "INSERT INTO comments (id, constellation, agent, path, side, line, end_line, text, quote, "
                "revision, author, state, created_at, edited_at, sent_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            return True

        return await self._database.run(write)

    @around(Point.COMMENT_EDIT)
    async def edit(self, constellation: str, agent: str, comment: str, text: str, now: float) -> bool:
        """Give a comment another text, which makes it open; False where there is none with this id.

        Raises:
            WorldError: it stays as it was.
        """
        changed = await self._database.execute(
            f"UPDATE comments SET text = ?, edited_at = ?, state = 'open' WHERE {_ONE}",  # noqa: S608 - a constant of this module
            (text, now, constellation, agent, comment),
        )
        return changed > 0

    @around(Point.COMMENT_PUT)
    async def put(self, constellation: str, agent: str, comment: str, state: State) -> bool:
        """Give a comment another state; False where there is none with this id.

        Raises:
            WorldError: it stays as it was.
        """
        changed = await self._database.execute(
            f"UPDATE comments SET state = ? WHERE {_ONE}",  # noqa: S608 - a constant of this module
            (state, constellation, agent, comment),
        )
        return changed > 0

    @around(Point.COMMENT_REMOVE)
    async def remove(self, constellation: str, agent: str, comment: str) -> bool:
        """Forget a comment; False where there is none with this id.

        Raises:
            WorldError: it stays.
        """
        statement = f"DELETE FROM comments WHERE {_ONE}"  # noqa: S608 - a constant of this module
        return await self._database.execute(statement, (constellation, agent, comment)) > 0

    async def sent(self, constellation: str, rows: Sequence[CommentRow], now: float) -> None:
        """Note in one transaction that an agent took these; one that was changed since stays as it is.

        Raises:
            WorldError: all stay open.
        """

        def write(db: sqlite3.Connection) -> None:
            db.executemany(
                f"UPDATE comments SET state = 'sent', sent_at = ? WHERE {_THIS}",  # noqa: S608 - a constant of this module
                [(now, constellation, row.agent, row.id, row.text) for row in rows],
            )

        await self._database.run(write)


def _row(values: Sequence[object]) -> CommentRow:
    ident, agent, path, *rest = values
    assert isinstance(path, bytes)
    return CommentRow(ident, agent, os.fsdecode(path), *rest)  # type: ignore[arg-type] # the table is STRICT
