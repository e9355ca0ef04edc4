"""Agents that wait until others are done, and how the newest turns of sessions stand."""

import sqlite3
from collections.abc import Collection, Mapping
from typing import Literal

from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database

TurnState = Literal["working", "done", "failed"]


class WaitingRows:
    """The tables `waiting` and `turns`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    @around(Point.WAITING_SET)
    async def set(self, constellation: str, waiting: Collection[str], others: Collection[str]) -> None:
        """Let agents wait, and `others` wait no more; of the rest nothing is changed."""

        def write(db: sqlite3.Connection) -> None:
            db.executemany(
                "INSERT OR IGNORE INTO waiting (constellation, agent) VALUES (?, ?)",
                [(constellation, agent) for agent in sorted(waiting)],
            )
            db.executemany(
                "DELETE FROM waiting WHERE constellation = ? AND agent = ?",
                [(constellation, agent) for agent in others],
            )

        await self._database.run(write)

    async def all(self) -> list[tuple[str, str]]:
        """Return who waits: constellation (its id) and agent."""
        found = await self._database.rows("SELECT constellation, agent FROM waiting ORDER BY rowid")
        return [(constellation, agent) for constellation, agent in found]

    @around(Point.WAITING_TURNED)
    async def turned(self, session: str, number: int, state: TurnState) -> None:
        """Write down how the newest turn of a session stands; what was told earlier changes nothing."""
        await self._database.execute(
            "INSERT INTO turns (session, number, state) VALUES (?, ?, ?) ON CONFLICT (session) DO UPDATE "
            "SET number = excluded.number, state = excluded.state WHERE excluded.number > number",
            (session, number, state),
        )

    @around(Point.WAITING_TIDY)
    async def tidy(self) -> None:
        """Forget the turns of sessions that are not kept any more."""
        await self._database.execute("DELETE FROM turns WHERE session NOT IN (SELECT id FROM sessions)")

    async def turns(self, sessions: Collection[str]) -> Mapping[str, TurnState]:
        """Return how the newest turns of these sessions stand, of those that told it."""
        marks = ", ".join("?" * len(sessions))
        found = await self._database.rows(
            f"SELECT session, state FROM turns WHERE session IN ({marks})",  # noqa: S608 - only marks go in
            list(sessions),
        )
        return dict(found)

    async def newest(self, session: str) -> tuple[int, TurnState] | None:
        """Return the number of the newest turn that a session told, and how it stands."""
        found = await self._database.rows("SELECT number, state FROM turns WHERE session = ?", [session])
        return (found[0][0], found[0][1]) if found else None
