"""The ledger: one row for every fire, whatever became of it. Rows are written before anything is started."""

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from constellagent.durable import Value
from constellagent.errors import UsageError
from constellagent.failpoints import around
from constellagent.plan.fires import Fire, State, microseconds, moment
from constellagent.plan.wakeups import Change, Decision
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database

_COLUMNS = (
    "run, constellation, schedule, origin, fire_at, attempt, reason, state, not_before, why, first, count, "
    "missed, event, depth, decided_at, claimed_at, started_at, ended_at, exit_status, tzdata, branch, path, "
    "base, report, live_since, boot_id, ending"
)
_SELECT = f"SELECT {_COLUMNS} FROM fires"  # noqa: S608 - constants of this module
_NEW = (
    "run, constellation, schedule, origin, fire_at, attempt, reason, state, not_before, why, first, count, "
    "missed, event, depth, decided_at, tzdata"
)
_INSERT = (
    f"INSERT INTO fires ({_NEW}) VALUES ({', '.join('?' * 17)}) "  # noqa: S608 - constants of this module
    "ON CONFLICT DO NOTHING"
)
_OPEN = "state IN ('queued', 'claimed', 'running')"
"""As the partial index has it, word for word, so that SQLite takes that."""
_END = (
    "UPDATE fires SET state = ?, ended_at = ?, exit_status = ?, announced = ?, "  # noqa: S608 - constants of this module
    f"why = CASE WHEN ? = '' THEN why ELSE ? END WHERE run = ? AND {_OPEN}"
)
_TRIM = (
    "DELETE FROM fires WHERE constellation = ? AND schedule = ? AND decided_at < ? "  # noqa: S608 - constants of this module
    f"AND NOT {_OPEN} AND fire_at < (SELECT min(fire_at) FROM (SELECT fire_at FROM fires "
    "WHERE constellation = ? AND schedule = ? ORDER BY fire_at DESC LIMIT ?))"
)
_HEX = frozenset("0123456789abcdef")


def _any(_db: sqlite3.Connection, _fire: Fire) -> str:
    """Let any run start."""
    return ""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A fire, and what became of its run.

    Attributes:
        constellation: id of the constellation.
        fire: what was decided, with its present state.
        decided_at: when the row was written.
        claimed_at: when its start began, None before.
        started_at: when its session was live, None before.
        ended_at: when the run ended, None before and for what was never to be run.
        exit_status: of its program, None where a signal ended it or nobody knows.
        tzdata: version of the time zones by which it was decided.
        branch: the branch that it worked on, empty where it has none of its own.
        path: the folder that it worked in.
        base: the commit from which it began.
        report: what it did (commits, mails, texts, secrets), JSON values.
        live_since: when its session was live on the clock that time limits are measured by, which is one
            for each boot of the machine.
        boot_id: of that boot.
        ending: the state that it gets when the stop that was asked for comes about, None where none was.
    """

    constellation: str
    fire: Fire
    decided_at: datetime
    claimed_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exit_status: int | None = None
    tzdata: str = ""
    branch: str = ""
    path: str = ""
    base: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    live_since: float | None = None
    boot_id: str = ""
    ending: State | None = None


class Ledger:
    """The table `fires`, and the cursors of `schedules` that move with it."""

    def __init__(self, database: Database, tzdata: str) -> None:
        """Use an open database; `tzdata` is the version of the time zones."""
        self._database = database
        self._tzdata = tzdata

    @around(Point.LEDGER_COMMIT)
    async def commit(
        self, constellation: str, decisions: Mapping[str, Decision], now: datetime
    ) -> list[Fire]:
        """Write decisions (by key of their schedule) in one transaction; return the fires that were new.

        A fire, or an event, that has a row already is left as it is, and a decision of which nothing is new
        changes nothing else either: it was written before. So was one whose cursor is not ahead of what is
        known. A cursor never goes back. A change takes only a row that is still queued. The decision of a
        schedule that is not in effect any more writes nothing.

        Raises:
            WorldError: nothing was written (a full disk): nothing may be started.
        """

        def write(db: sqlite3.Connection) -> list[Fire]:
            new: list[Fire] = []
            for key, decision in decisions.items():
                new += self._write(db, constellation, key, decision, now)
            return new

        return await self._database.run(write)

    @around(Point.LEDGER_CLAIM)
    async def claim(
        self, fires: Sequence[Fire], now: datetime, permit: Callable[[sqlite3.Connection, Fire], str] = _any
    ) -> list[Fire]:
        """Turn queued rows into claimed ones in one transaction; return those that were still queued.

        `permit` is asked for each in that transaction, after those before it: where it says why a run may not
        start, the row waits for that reason. So several that share what is left cannot all have it.
        """

        def write(db: sqlite3.Connection) -> list[Fire]:
            return [fire for fire in fires if _claim(db, fire, microseconds(now), permit)]

        return await self._database.run(write)

    @around(Point.LEDGER_PLACE)
    async def place(self, run: str, *, branch: str, path: str, base: str) -> None:
        """Write down where a claimed run works, before anything is made there."""
        await self._database.execute(
            f"UPDATE fires SET branch = ?, path = ?, base = ? WHERE run = ? AND {_OPEN}",  # noqa: S608 - constants of this module
            (branch, path, base, run),
        )

    @around(Point.LEDGER_STARTED)
    async def started(
        self, run: str, at: datetime, *, live_since: float | None = None, boot_id: str = ""
    ) -> None:
        """Write down that the session of a claimed run is live, and since when its time limit counts."""
        await self._database.execute(
            "UPDATE fires SET state = 'running', started_at = coalesce(started_at, ?), live_since = ?, "
            "boot_id = ? WHERE run = ? AND state IN ('claimed', 'running')",
            (microseconds(at), live_since, boot_id, run),
        )

    async def stopping(self, run: str, ending: State) -> None:
        """Write down why an open run is about to be stopped; the first reason stays."""
        await self._database.run(lambda db: _stopping(db, run, ending))

    @around(Point.LEDGER_END)
    async def end(
        self,
        run: str,
        state: State,
        at: datetime,
        *,
        why: str = "",
        exit_status: int | None = None,
        then: Decision | None = None,
        heard: bool = False,
    ) -> LedgerRow | None:
        """Write down how an open run ended; return its row, None where it had ended before.

        `then` is what follows from the end (a retry, a pause); it is written in the same transaction. `heard`
        says that nobody waits to be told of it; see `unannounced`.
        """

        def write(db: sqlite3.Connection) -> LedgerRow | None:
            changed = db.execute(_END, (state, microseconds(at), exit_status, heard, why, why, run))
            if not changed.rowcount:
                return None
            row = _row(db.execute(f"{_SELECT} WHERE run = ?", (run,)).fetchone())
            if then is not None:
                self._write(db, row.constellation, row.fire.schedule, then, at)
            return row

        return await self._database.run(write)

    @around(Point.LEDGER_REPORT)
    async def report(self, run: str, report: Mapping[str, Any]) -> None:
        """Add what a run did; keys that are there already are replaced."""

        def write(db: sqlite3.Connection) -> None:
            found = db.execute("SELECT report FROM fires WHERE run = ?", (run,)).fetchone()
            if found is not None:
                text = json.dumps({**json.loads(found[0]), **report}, ensure_ascii=False, sort_keys=True)
                db.execute("UPDATE fires SET report = ? WHERE run = ?", (text, run))

        await self._database.run(write)

    async def get(self, run: str) -> LedgerRow | None:
        """Return one row; a run may be named by a beginning of its id that no other has.

        Raises:
            UsageError: several begin so.
        """
        if not run or not set(run) <= _HEX:
            return None
        found = await self._database.rows(
            f"{_SELECT} WHERE run >= ? AND run < ? ORDER BY run LIMIT 2", (run, run + "g")
        )
        if len(found) > 1:
            raise UsageError(f"several runs begin with {run}", hint="give more of the id")
        return _row(found[0]) if found else None

    async def open(self, constellation: str | None = None) -> list[LedgerRow]:
        """Return all open rows (queued, claimed, running), oldest first."""
        where, values = ("constellation = ? AND ", (constellation,)) if constellation else ("", ())
        return await self._rows(f"INDEXED BY fires_open WHERE {where}{_OPEN} ORDER BY rowid", values)

    async def events_since(self, constellation: str, schedule: str, since: datetime) -> int:
        """Count the fires by events decided after `since` that ran, or will.

        A retry is no event of its own.
        """
        found = await self._database.rows(
            "SELECT count(*) FROM fires WHERE constellation = ? AND schedule = ? AND decided_at > ? "
            "AND event != '' "
            "AND state NOT IN ('over_limit', 'skipped_overlap', 'dropped', 'expired', 'cancelled')",
            (constellation, schedule, microseconds(since)),
        )
        return int(found[0][0])

    async def history(
        self,
        constellation: str,
        *,
        schedules: Collection[str] = (),
        states: Collection[State] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> list[LedgerRow]:
        """Return rows by nominal time, newest first; of all schedules, also of those no longer in effect.

        `since` is exclusive and `until` inclusive, both nominal; no collection given means all.
        """
        where, values = ["constellation = ?"], list[Value]([constellation])
        for column, wanted in (("schedule", sorted(schedules)), ("state", sorted(states))):
            if wanted:
                where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values += wanted
        for condition, instant in (("fire_at > ?", since), ("fire_at <= ?", until)):
            if instant is not None:
                where.append(condition)
                values.append(microseconds(instant))
        order = "ORDER BY fire_at DESC, rowid DESC LIMIT ?"
        return await self._rows(f"WHERE {' AND '.join(where)} {order}", (*values, limit))

    async def schedules(self, constellation: str) -> list[str]:
        """Return the keys of all schedules that have rows, also of those no longer in effect."""
        found = await self._database.rows(
            "SELECT DISTINCT schedule FROM fires WHERE constellation = ? ORDER BY schedule", (constellation,)
        )
        return [key for (key,) in found]

    async def newest(self) -> datetime | None:
        """Return when the newest row was decided, None where there is none."""
        found = await self._database.rows("SELECT decided_at FROM fires ORDER BY rowid DESC LIMIT 1")
        return moment(found[0][0]) if found else None

    async def unannounced(self) -> list[LedgerRow]:
        """Return the ended runs of which those who want to know were not told, as after a killed daemon."""
        return await self._rows("WHERE ended_at IS NOT NULL AND announced = 0 ORDER BY ended_at", ())

    @around(Point.LEDGER_ANNOUNCED)
    async def announced(self, run: str) -> None:
        """Write down that everybody was told of the end of a run."""
        await self._database.execute("UPDATE fires SET announced = 1 WHERE run = ?", (run,))

    async def trim(self, before: datetime, keep: int) -> int:
        """Drop ended rows decided before `before`, but the newest `keep` of each schedule; return how many.

        The cursor stays, so nothing that is dropped can be run again. Each schedule has a transaction of its
        own, so that others do not wait for long.
        """
        known = await self._database.rows(
            "SELECT constellation, schedule FROM fires GROUP BY constellation, schedule HAVING count(*) > ?",
            (keep,),
        )
        dropped = 0
        for constellation, schedule in known:
            values = (constellation, schedule, microseconds(before), constellation, schedule, keep)
            dropped += await self._database.execute(_TRIM, values)
        return dropped

    async def _rows(self, condition: str, values: Sequence[Value]) -> list[LedgerRow]:
        return [_row(values) for values in await self._database.rows(f"{_SELECT} {condition}", values)]

    def _write(
        self, db: sqlite3.Connection, constellation: str, key: str, decision: Decision, now: datetime
    ) -> list[Fire]:
        """Write one decision as part of a transaction; return the fires that were new."""
        agent, _, name = key.partition("/")
        place = (constellation, agent, name)
        found = db.execute(
            "SELECT upto FROM schedules WHERE constellation = ? AND agent = ? AND name = ?", place
        ).fetchone()
        if found is None or (decision.upto is not None and microseconds(decision.upto) <= found[0]):
            return []
        new = [fire for fire in decision.fires if self._insert(db, constellation, fire, now)]
        upto = None if decision.upto is None else microseconds(decision.upto)
        if decision.fires and not new:
            decision = Decision()
        at = microseconds(now)
        db.execute(
            "UPDATE schedules SET upto = max(upto, coalesce(?, upto)), failures = coalesce(?, failures), "
            "paused_at = CASE WHEN paused = '' AND ? != '' THEN ? ELSE paused_at END, "
            "paused = CASE WHEN paused = '' THEN ? ELSE paused END "
            "WHERE constellation = ? AND agent = ? AND name = ?",
            (upto, decision.failures, decision.pause, at, decision.pause, *place),
        )
        for change in decision.changes:
            _change(db, change)
        for run in decision.stop:
            _stopping(db, run, "replaced")
        return new

    def _insert(self, db: sqlite3.Connection, constellation: str, fire: Fire, now: datetime) -> bool:
        first = None if fire.first is None else microseconds(fire.first)
        values = (
            *(fire.run, constellation, fire.schedule, fire.origin, microseconds(fire.fire_at), fire.attempt),
            *(
                fire.reason,
                fire.state,
                microseconds(fire.not_before),
                fire.why,
                first,
                fire.count,
                fire.missed,
            ),
            *(fire.event, fire.depth, microseconds(now), self._tzdata),
        )
        return db.execute(_INSERT, values).rowcount > 0


def _claim(
    db: sqlite3.Connection, fire: Fire, at: int, permit: Callable[[sqlite3.Connection, Fire], str]
) -> bool:
    """Claim one row as part of a transaction; says whether it is ours to start now."""
    row = db.execute("SELECT state, why FROM fires WHERE run = ?", (fire.run,)).fetchone()
    if row is None or row[0] != "queued":
        return False
    if why := permit(db, fire):
        _change(db, Change(fire.run, "queued", why))
        return False
    said = "" if row[1].startswith("limit: ") else row[1]
    db.execute(
        "UPDATE fires SET state = 'claimed', claimed_at = ?, why = ? WHERE run = ?", (at, said, fire.run)
    )
    return True


def _change(db: sqlite3.Connection, change: Change) -> None:
    db.execute(
        "UPDATE fires SET state = ?, why = ? WHERE run = ? AND state = 'queued'",
        (change.state, change.why, change.run),
    )


def _stopping(db: sqlite3.Connection, run: str, ending: State) -> None:
    db.execute(
        f"UPDATE fires SET ending = ? WHERE run = ? AND ending = '' AND {_OPEN}",  # noqa: S608 - constants of this module
        (ending, run),
    )


def _row(values: tuple[Any, ...]) -> LedgerRow:
    (run, constellation, schedule, origin, fire_at, attempt, reason, state, not_before, why, first, count,
     missed, event, depth, decided_at, claimed_at, started_at, ended_at, exit_status, tzdata, branch, path,
     base, report, live_since, boot_id, ending) = values  # fmt: skip
    fire = Fire(
        run, schedule, origin, moment(fire_at), attempt, reason, state, moment(not_before), why,
        _instant(first), count, missed, event, depth,
    )  # fmt: skip
    return LedgerRow(
        constellation, fire, moment(decided_at), _instant(claimed_at), _instant(started_at),
        _instant(ended_at), exit_status, tzdata, branch, path, base, json.loads(report), live_since, boot_id,
        ending or None,
    )  # fmt: skip


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else moment(micros)
