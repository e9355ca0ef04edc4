"""The rows of sessions: written before the holder is spawned, so that none can be lost sight of.

Each change writes only its own columns and only while the session is live, so that two that come at once
(a stop, and the end that it asks for) cannot undo each other.
"""

import math
import sqlite3
from dataclasses import astuple, dataclass, fields
from typing import Literal

from constellagent.errors import ConflictError
from constellagent.failpoints import around
from constellagent.plan.observed import FOLDER_GONE
from constellagent.runtime.points import Point
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


@dataclass(frozen=True, slots=True)
class Owed:
    """A restart that is not done, or not even decided on.

    Attributes:
        after: the session whose end asks for it; the newest one where that is not kept any more.
        newest: the newest session of the subject.
        counted: it was decided on, and counted.
    """

    after: SessionRow
    newest: SessionRow
    counted: bool


def may_owe(role: Role, ended_by: EndedBy) -> bool:
    """Say whether somebody has to decide on a restart after such an end; a run is the scheduler's."""
    return role != "run" and ended_by in {"itself", "lost"}


_COLUMNS = tuple(field.name for field in fields(SessionRow))
_LIST = ", ".join(_COLUMNS)
_SELECT = f"SELECT {_LIST} FROM sessions"  # noqa: S608 - only names of columns go in
_INSERT = f"INSERT INTO sessions ({_LIST}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - the same
_ENDED = (
    "ended_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM fires WHERE fires.run = sessions.id "
    "AND fires.state IN ('queued', 'claimed', 'running'))"
)
_NEWEST_OF = (
    "rowid IN (SELECT coalesce(max(CASE WHEN ended_at IS NULL AND role != 'run' THEN rowid END), max(rowid)) "
    "FROM sessions {those}GROUP BY constellation, role, subject)"
)
"""The live one; else by the order of insertion, which a wall clock that is set back cannot change."""
_NEWEST = _NEWEST_OF.format(those="")
_NEWEST_HELD = _NEWEST_OF.format(those="WHERE ended_at IS NULL OR holder_pid IS NOT NULL ")


class SessionRows:
    """The tables `sessions`, `restarts` and `owed_restarts`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self.database = database

    @around(Point.SESSION_ADD)
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

    async def recall(self, row: SessionRow) -> None:
        """Write down a session that was forgotten, before those of its subject that live or began later.

        Raises:
            ConflictError: it is live, and so is another one of its agent or service.
        """

        def write(connection: sqlite3.Connection) -> None:
            try:
                connection.execute(_INSERT, astuple(row))
            except sqlite3.IntegrityError as error:
                raise ConflictError(f"another session lives in the place of {row.id}") from error
            later = connection.execute(
                "SELECT id FROM sessions WHERE constellation = ? AND role = ? AND subject = ? AND id != ? "
                "AND (started_at > ? OR ended_at IS NULL) ORDER BY rowid",
                (*_key(row), row.id, row.started_at),
            ).fetchall()
            for key in later if not row.live else ():
                connection.execute(
                    "UPDATE sessions SET rowid = (SELECT max(rowid) + 1 FROM sessions) WHERE id = ?", key
                )

        await self.database.run(write)

    @around(Point.SESSION_HOLDER)
    async def set_holder(self, session: str, pid: int, start: str) -> None:
        """Write down who holds a live session."""
        await self.database.execute(
            "UPDATE sessions SET holder_pid = ?, holder_start = ? WHERE id = ? AND ended_at IS NULL",
            (pid, start, session),
        )

    @around(Point.SESSION_WANT_STOP)
    async def want_stop(self, session: str) -> bool:
        """Write down that a session is to end; returns whether it was live."""
        changed = await self.database.execute(
            "UPDATE sessions SET stop_wanted = 1 WHERE id = ? AND ended_at IS NULL", (session,)
        )
        return changed > 0

    @around(Point.SESSION_END)
    async def end(
        self,
        session: str,
        at: float,
        exit_status: int | None,
        ended_by: EndedBy,
        outcome: str,
        *,
        owes: bool = False,
    ) -> SessionRow | None:
        """Write down how a session ended; returns its row, or None where somebody else has ended it.

        With `owes` it is kept with the end that somebody has to decide whether the subject is started again.
        """

        def write(connection: sqlite3.Connection) -> SessionRow | None:
            ended = connection.execute(
                "UPDATE sessions SET ended_at = ?, exit_status = ?, ended_by = ?, outcome = ? "
                "WHERE id = ? AND ended_at IS NULL",
                (at, exit_status, ended_by, outcome, session),
            ).rowcount
            if not ended:
                return None
            if owes:
                connection.execute(
                    "INSERT OR REPLACE INTO owed_restarts (constellation, role, subject, session, counted) "
                    "SELECT constellation, role, subject, id, 0 FROM sessions WHERE id = ?",
                    (session,),
                )
            # Read with the write: a look that fails afterwards would keep the end from all who wait for it.
            return _row(connection.execute(f"{_SELECT} WHERE id = ?", (session,)).fetchone())

        return await self.database.run(write)

    async def reopen(self, session: str) -> None:
        """Take note that a session whose end was recorded lives all the same.

        Raises:
            ConflictError: its agent or service has another live session.
        """

        def write(connection: sqlite3.Connection) -> None:
            try:
                connection.execute(
                    "UPDATE sessions SET ended_at = NULL, exit_status = NULL, ended_by = '', outcome = '', "
                    "stop_wanted = 0 WHERE id = ?",
                    (session,),
                )
            except sqlite3.IntegrityError as error:
                raise ConflictError(f"another session lives in the place of {session}") from error

        await self.database.run(write)

    async def get(self, session: str) -> SessionRow | None:
        """Return one row."""
        rows = await self._select("WHERE id = ?", session)
        return rows[0] if rows else None

    async def live(self) -> list[SessionRow]:
        """Return all rows that have not ended, oldest first."""
        return await self._select("WHERE ended_at IS NULL ORDER BY rowid")

    async def newest(self, constellation: str, *, held: bool = False) -> list[SessionRow]:
        """Return the newest session of each role and subject; with `held`, of those that were started."""
        which = _NEWEST_HELD if held else _NEWEST
        return await self._select(f"WHERE constellation = ? AND {which}", constellation)

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

    @around(Point.SESSION_COUNT_RESTART)
    async def count_restart(self, ended: SessionRow, at: float) -> None:
        """Record one restart after the end of this session; it is owed until `pay_restart`."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO restarts (constellation, role, subject, at) VALUES (?, ?, ?, ?)",
                (*_key(ended), at),
            )
            connection.execute(
                "INSERT OR REPLACE INTO owed_restarts (constellation, role, subject, session, counted) "
                "VALUES (?, ?, ?, ?, 1)",
                (*_key(ended), ended.id),
            )

        await self.database.run(write)

    @around(Point.SESSION_PAY_RESTART)
    async def pay_restart(self, session: str) -> None:
        """Take note that nothing is owed any more for the end of this session."""
        await self.database.execute("DELETE FROM owed_restarts WHERE session = ?", (session,))

    async def restarts(
        self, constellation: str, role: Role, subject: str, since: float = -math.inf, until: float = math.inf
    ) -> int:
        """Return how many restarts there were after `since` and not after `until`."""
        found = await self.database.rows(
            "SELECT count(*) FROM restarts WHERE constellation = ? AND role = ? AND subject = ? "
            "AND at > ? AND at <= ?",
            (constellation, role, subject, since, until),
        )
        return int(found[0][0])

    @around(Point.SESSION_OUTDATE)
    async def outdate(self, constellation: str, agent: str) -> None:
        """Note that a live session runs in a folder that is not its agent's worktree any more."""
        await self.database.execute(
            "UPDATE sessions SET fingerprint = ? WHERE constellation = ? AND subject = ? AND role = 'agent' "
            "AND ended_at IS NULL",
            (FOLDER_GONE, constellation, agent),
        )

    @around(Point.SESSION_BURY)
    async def bury(self, constellation: str, subject: str) -> None:
        """Let the ended sessions of an agent that is gone not count any more when it is declared again."""
        await self.database.run(
            lambda c: c.execute(
                "UPDATE sessions SET ended_by = 'stop' WHERE constellation = ? AND subject = ? "
                "AND role = 'agent' AND ended_by = 'itself'",
                (constellation, subject),
            )
        )

    async def owed_restarts(self) -> list[Owed]:
        """Return what is still to be decided or to be done, as after the death of who was about to."""
        found = await self.database.rows(
            "SELECT constellation, role, subject, session, counted FROM owed_restarts ORDER BY rowid"
        )
        owed = []
        for *key, session, counted in found:
            newest = await self._select(
                f"WHERE constellation = ? AND role = ? AND subject = ? AND {_NEWEST}", *key
            )
            after = await self.get(session) or next(iter(newest), None)
            if after is None:
                await self.pay_restart(session)
            else:
                owed.append(Owed(after, newest[0], counted=bool(counted)))
        return owed

    @around(Point.SESSION_FORGET_RESTARTS)
    async def forget_restarts(self, constellation: str, role: Role, subject: str) -> None:
        """Start counting anew and owe nothing, as after a start that a person asked for."""
        condition = "WHERE constellation = ? AND role = ? AND subject = ?"

        def write(connection: sqlite3.Connection) -> None:
            for table in ("restarts", "owed_restarts"):
                connection.execute(f"DELETE FROM {table} {condition}", (constellation, role, subject))  # noqa: S608 - names of our own

        await self.database.run(write)

    async def _select(self, condition: str, *values: str) -> list[SessionRow]:
        return [_row(values) for values in await self.database.rows(f"{_SELECT} {condition}", values)]


def _key(row: SessionRow) -> tuple[str, str, str]:
    return row.constellation, row.role, row.subject


def _row(values: tuple[object, ...]) -> SessionRow:
    known = dict(zip(_COLUMNS, values, strict=True))
    return SessionRow(**known | {"stop_wanted": bool(known["stop_wanted"])})  # type: ignore[arg-type] # STRICT tables give exactly these types
