"""The rows of sessions: written before the holder is spawned, so that none can be lost sight of.

Each change writes only its own columns and only while the session is live, so that two that come at once
(a stop, and the end that it asks for) cannot undo each other.
"""

import sqlite3
from dataclasses import astuple, dataclass, fields
from typing import Literal

from constellagent.errors import ConflictError
from constellagent.plan.observed import FOLDER_GONE
from constellagent.runtime.store.database import Database

Role = Literal["agent", "service", "run"]
EndedBy = Literal["", "itself", "stop", "lost", "limit"]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session, live or ended.

    Attributes:
        id: random, unique.
        constellation: the constellation's id.
        role: what the session is for.
        subject: the agent's or service's name.
        fingerprint: of the declaration it was started from.
        started_at: epoch seconds.
        grace: seconds between SIGTERM and SIGKILL when it is stopped.
        boot_id: of the machine's boot in which it was started.
        holder_pid: the holder's pid, None until its handshake.
        holder_start: the holder's start time as `runtime.processes` gives it.
        stop_wanted: somebody asked for its end.
        ended_at: epoch seconds, None while it is live.
        exit_status: of its main process, None where a signal ended it or nobody knows.
        ended_by: see `plan.observed.SessionFacts`.
        outcome: how it ended, in words.
    """

    id: str
    constellation: str
    role: Role
    subject: str
    fingerprint: str
    started_at: float
    grace: float
    boot_id: str
    holder_pid: int | None = None
    holder_start: str | None = None
    stop_wanted: bool = False
    ended_at: float | None = None
    exit_status: int | None = None
    ended_by: EndedBy = ""
    outcome: str = ""

    @property
    def live(self) -> bool:
        """Whether it has not ended, as far as we know."""
        return self.ended_at is None


_COLUMNS = tuple(field.name for field in fields(SessionRow))
_LIST = ", ".join(_COLUMNS)
_SELECT = f"SELECT {_LIST} FROM sessions"  # noqa: S608 - only names of columns go in
_INSERT = f"INSERT INTO sessions ({_LIST}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - the same
_ENDED = (
    "ended_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM fires WHERE fires.run = sessions.id "
    "AND fires.state IN ('queued', 'claimed', 'running'))"
)
_NEWEST = "rowid IN (SELECT max(rowid) FROM sessions GROUP BY constellation, role, subject)"
"""By the order of insertion, which a wall clock that is set back cannot change."""


class SessionRows:
    """The tables `sessions` and `restarts`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self.database = database

    async def add(self, row: SessionRow) -> None:
        """Write a new session down.

        Raises:
            ConflictError: its agent or service has a live session already.
        """

        def write(connection: sqlite3.Connection) -> None:
            try:
                connection.execute(_INSERT, astuple(row))
            except sqlite3.IntegrityError as error:
                raise ConflictError(
                    f"{row.subject} has a live session already",
                    hint=f"`constellagent stop {row.subject}` ends it",
                ) from error

        await self.database.run(write)

    async def set_holder(self, session: str, pid: int, start: str) -> None:
        """Write down who holds a live session."""
        await self.database.execute(
            "UPDATE sessions SET holder_pid = ?, holder_start = ? WHERE id = ? AND ended_at IS NULL",
            (pid, start, session),
        )

    async def want_stop(self, session: str) -> bool:
        """Write down that a session is to end; returns whether it was live."""
        changed = await self.database.execute(
            "UPDATE sessions SET stop_wanted = 1 WHERE id = ? AND ended_at IS NULL", (session,)
        )
        return changed > 0

    async def end(
        self, session: str, at: float, exit_status: int | None, ended_by: EndedBy, outcome: str
    ) -> bool:
        """Write down how a session ended; returns whether it was live, so that one caller alone ends it."""
        changed = await self.database.execute(
            "UPDATE sessions SET ended_at = ?, exit_status = ?, ended_by = ?, outcome = ? "
            "WHERE id = ? AND ended_at IS NULL",
            (at, exit_status, ended_by, outcome, session),
        )
        return changed > 0

    async def get(self, session: str) -> SessionRow | None:
        """Return one row."""
        rows = await self._select("WHERE id = ?", session)
        return rows[0] if rows else None

    async def live(self) -> list[SessionRow]:
        """Return all rows that have not ended, oldest first."""
        return await self._select("WHERE ended_at IS NULL ORDER BY rowid")

    async def newest(self, constellation: str) -> list[SessionRow]:
        """Return the newest session of each role and subject."""
        return await self._select(f"WHERE constellation = ? AND {_NEWEST}", constellation)

    async def ended(self, subject: SessionRow | None = None) -> list[SessionRow]:
        """Return all ended rows, or those of the role and subject of a row; newest first.

        One whose end the ledger does not know yet is left out: what is kept of it keeps its run from being
        started again.
        """
        if subject is None:
            return await self._select(f"WHERE {_ENDED} ORDER BY rowid DESC")
        return await self._select(
            f"WHERE constellation = ? AND role = ? AND subject = ? AND {_ENDED} ORDER BY rowid DESC",
            *_key(subject),
        )

    async def drop(self, session: str) -> None:
        """Forget one session."""
        await self.database.execute("DELETE FROM sessions WHERE id = ?", (session,))

    async def count_restart(self, constellation: str, role: Role, subject: str, at: float) -> None:
        """Record one restart."""
        await self.database.execute(
            "INSERT INTO restarts (constellation, role, subject, at) VALUES (?, ?, ?, ?)",
            (constellation, role, subject, at),
        )

    async def restarts(self, constellation: str, role: Role, subject: str, since: float) -> int:
        """Return how many restarts there were after `since`."""
        found = await self.database.rows(
            "SELECT count(*) FROM restarts WHERE constellation = ? AND role = ? AND subject = ? AND at > ?",
            (constellation, role, subject, since),
        )
        return int(found[0][0])

    async def outdate(self, constellation: str, agent: str) -> None:
        """Note that a live session runs in a folder that is not its agent's worktree any more."""
        await self.database.execute(
            "UPDATE sessions SET fingerprint = ? WHERE constellation = ? AND subject = ? AND role = 'agent' "
            "AND ended_at IS NULL",
            (FOLDER_GONE, constellation, agent),
        )

    async def bury(self, constellation: str, subject: str) -> None:
        """Let the ended sessions of an agent that is gone not count any more when it is declared again."""
        await self.database.run(
            lambda c: c.execute(
                "UPDATE sessions SET ended_by = 'stop' WHERE constellation = ? AND subject = ? "
                "AND role = 'agent' AND ended_by = 'itself'",
                (constellation, subject),
            )
        )

    async def interrupted_restarts(self) -> list[SessionRow]:
        """Return the sessions whose restart was counted and never happened, as when the daemon died first."""
        counted = (
            "EXISTS (SELECT 1 FROM restarts AS r WHERE r.constellation = s.constellation AND r.role = s.role "
            "AND r.subject = s.subject AND r.at >= s.ended_at)"
        )
        return await self._select(
            f"AS s WHERE {_NEWEST} AND role != 'run' AND ended_by IN ('itself', 'lost') AND {counted}"
        )

    async def forget_restarts(self, constellation: str, role: Role, subject: str) -> None:
        """Start counting anew, as after a start that a person asked for."""
        await self.database.execute(
            "DELETE FROM restarts WHERE constellation = ? AND role = ? AND subject = ?",
            (constellation, role, subject),
        )

    async def _select(self, condition: str, *values: str) -> list[SessionRow]:
        return [_row(values) for values in await self.database.rows(f"{_SELECT} {condition}", values)]


def _key(row: SessionRow) -> tuple[str, str, str]:
    return row.constellation, row.role, row.subject


def _row(values: tuple[object, ...]) -> SessionRow:
    known = dict(zip(_COLUMNS, values, strict=True))
    return SessionRow(**known | {"stop_wanted": bool(known["stop_wanted"])})  # type: ignore[arg-type] # STRICT tables give exactly these types
