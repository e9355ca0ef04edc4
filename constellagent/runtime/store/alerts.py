"""What owners were told of their agents: so that the next daemon does not say it again, or too much of it."""

import sqlite3
from dataclasses import astuple, dataclass, replace

from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database

KEPT = 24 * 3600.0
"""Seconds after which a row is of no use; the newest of each agent stays."""

_COLUMNS = "constellation, agent, session, state, reason, at, sent"
_INSERT = f"INSERT INTO alerts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - names only


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One word to an owner.

    Attributes:
        constellation: the constellation's id.
        agent: of whom it tells.
        session: the session that it tells of.
        state: what was told.
        reason: more exactly.
        at: when, epoch seconds.
        sent: something was sent; otherwise the owner was looking at the terminal.
    """

    constellation: str
    agent: str
    session: str
    state: str
    reason: str
    at: float
    sent: bool = True


class AlertRows:
    """The table `alerts`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    @around(Point.ALERT_PUT)
    async def put(self, row: AlertRow) -> int:
        """Write down what is about to be told; returns the number of the row.

        Raises:
            WorldError: it could not be written.
        """

        def write(db: sqlite3.Connection) -> int:
            db.execute(
                "DELETE FROM alerts WHERE constellation = ? AND agent = ? AND at < ?",
                (row.constellation, row.agent, row.at - KEPT),
            )
            return db.execute(_INSERT, astuple(row)).lastrowid or 0

        return await self._database.run(write)

    async def drop(self, number: int) -> None:
        """Take a row back: it was not told after all.

        Raises:
            WorldError: it could not be written.
        """
        await self._database.execute("DELETE FROM alerts WHERE id = ?", (number,))

    async def of_session(self, constellation: str, agent: str, session: str) -> list[AlertRow]:
        """Return what was told of a session of an agent, oldest first.

        Raises:
            WorldError: it cannot be read.
        """
        rows = await self._database.rows(
            f"SELECT {_COLUMNS} FROM alerts "  # noqa: S608 - names only
            "WHERE constellation = ? AND agent = ? AND session = ? ORDER BY id",
            (constellation, agent, session),
        )
        return [replace(AlertRow(*row), sent=bool(row[-1])) for row in rows]

    async def sent_since(self, constellation: str, agent: str, at: float) -> list[float]:
        """Return when words of an agent were sent after that, epoch seconds, oldest first.

        Raises:
            WorldError: it cannot be read.
        """
        rows = await self._database.rows(
            "SELECT at FROM alerts WHERE constellation = ? AND agent = ? AND sent AND at > ? ORDER BY at",
            (constellation, agent, at),
        )
        return [float(row[0]) for row in rows]
