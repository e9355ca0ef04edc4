"""Runs that are paused because they reached a limit, and those that were let go on."""

from dataclasses import astuple, dataclass

from constellagent.runtime.store.database import Database


@dataclass(frozen=True, slots=True)
class PausedRow:
    """One run that was paused.

    Attributes:
        session: the run.
        constellation: its constellation's id.
        subject: the key of its schedule, or the agent's name where none started it.
        why: which limit it reached; empty once it goes on.
        at: when it was paused, epoch seconds.
        tokens: how many it may use in all, once it was let go on; None for any number.
        cost: how many dollars; None for any sum.
    """

    session: str
    constellation: str
    subject: str
    why: str
    at: float
    tokens: int | None = None
    cost: float | None = None


_COLUMNS = "session, constellation, subject, why, at, tokens, cost"


class PausedRows:
    """The table `paused`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    async def all(self) -> list[PausedRow]:
        """Return all rows, also of runs that were let go on."""
        rows = await self._database.rows(f"SELECT {_COLUMNS} FROM paused")  # noqa: S608 - names only
        return [PausedRow(*row) for row in rows]

    async def put(self, row: PausedRow) -> None:
        """Write down how a run stands now."""
        await self._database.execute(
            f"INSERT OR REPLACE INTO paused ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - names only
            astuple(row),
        )

    async def drop(self, session: str) -> None:
        """Forget a run."""
        await self._database.execute("DELETE FROM paused WHERE session = ?", (session,))
