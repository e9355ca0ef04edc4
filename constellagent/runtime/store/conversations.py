"""Which conversation each session is in: written down before its program starts, or learned from it.

A conversation belongs to one agent for good, and to one live session at a time.
"""

import sqlite3
from dataclasses import astuple, dataclass, fields

from constellagent.errors import ConflictError
from constellagent.runtime.store.database import Database


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """What is known of the conversation of one session.

    Attributes:
        session: the session's id.
        constellation: the constellation's id.
        agent: whose conversation it is.
        role: of the session: `agent` or `run`.
        kind: of the agent.
        id: as its program calls it; empty as long as nobody knows.
        worktree: the folder that it was begun in; programs find it again only there.
        profile: the folder of the program's configuration, empty for the person's.
        prompt: digest of the declared prompt that it has been given; empty for none.
        at: when the session was started, epoch seconds.
        dropped: a person wanted a new one instead.
    """

    session: str
    constellation: str
    agent: str
    role: str
    kind: str
    id: str
    worktree: str
    profile: str
    prompt: str
    at: float
    dropped: bool = False


_NAMES = tuple(field.name for field in fields(ConversationRow))
_COLUMNS = ", ".join(_NAMES)
_PLACES = ", ".join("?" * len(_NAMES))
_INSERT = f"INSERT OR REPLACE INTO conversations ({_COLUMNS}) VALUES ({_PLACES})"  # noqa: S608 - only names
_SELECT = f"SELECT {_COLUMNS} FROM conversations"  # noqa: S608 - the same
_USED = (
    "SELECT s.subject FROM conversations AS c JOIN sessions AS s ON s.id = c.session "
    "WHERE c.kind = ? AND c.id = ? AND c.id != '' AND c.session != ? AND s.ended_at IS NULL"
)


class ConversationRows:
    """The table `conversations`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    async def begin(self, row: ConversationRow) -> None:
        """Write down in which conversation a session will be, before its program starts.

        Raises:
            ConflictError: a live session is in that conversation: two programs would write one transcript.
        """

        def write(connection: sqlite3.Connection) -> None:
            _refuse_used(connection, row.kind, row.id, row.session)
            connection.execute(_INSERT, astuple(row))

        await self._database.run(write)

    async def learn(self, session: str, conversation: str) -> None:
        """Write down what a session's program calls its conversation; it may go on with another one."""
        await self._database.execute(
            "UPDATE conversations SET id = ? WHERE session = ? AND id != ?",
            (conversation, session, conversation),
        )

    async def of(self, session: str) -> ConversationRow | None:
        """Return the row of one session."""
        rows = await self._select("WHERE session = ?", session)
        return rows[0] if rows else None

    async def newest(self, constellation: str, agent: str) -> ConversationRow | None:
        """Return the newest conversation of an agent's own sessions that has an id and was not dropped."""
        condition = "WHERE constellation = ? AND agent = ? AND role = 'agent' AND id != ''"
        rows = await self._select(f"{condition} ORDER BY rowid DESC LIMIT 1", constellation, agent)
        return rows[0] if rows and not rows[0].dropped else None

    async def drop(self, constellation: str, agent: str) -> None:
        """Take up none of the agent's conversations so far again; their transcripts stay."""
        await self._database.execute(
            "UPDATE conversations SET dropped = 1 WHERE constellation = ? AND agent = ?",
            (constellation, agent),
        )

    async def _select(self, condition: str, *values: str) -> list[ConversationRow]:
        rows = await self._database.rows(f"{_SELECT} {condition}", values)
        return [ConversationRow(**dict(zip(_NAMES, (*row[:-1], bool(row[-1])), strict=True))) for row in rows]


def _refuse_used(connection: sqlite3.Connection, kind: str, conversation: str, session: str) -> None:
    found = connection.execute(_USED, (kind, conversation, session)).fetchone()
    if found is not None:
        raise ConflictError(
            f"{found[0]} is in this conversation already",
            hint=f"`constellagent stop {found[0]}` ends its session first",
        )
