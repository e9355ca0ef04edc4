"""The schedules that are in effect: what each declares, and up to when its fires are decided (its cursor)."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from constellagent.failpoints import around
from constellagent.plan.declared import resolve
from constellagent.plan.fires import microseconds, moment
from constellagent.plan.schedules import in_effect
from constellagent.runtime.clock import Clock
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database

_COLUMNS = "constellation, agent, name, declared, created_at, upto, failures, paused, paused_at"
_OF = "constellation = ? AND agent = ? AND name = ?"
_SELECT = f"SELECT {_COLUMNS} FROM schedules"  # noqa: S608 - constants of this module


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule in effect.

    Attributes:
        constellation: id of the constellation.
        agent: whose it is.
        name: its name.
        declared: its declaration, as `plan.declared` writes it.
        created_at: when it came into effect.
        upto: every nominal time up to and including this is decided.
        failures: runs that failed in a row.
        paused: why it does not fire, empty where it does. A declared pause is not written here.
        paused_at: since when, None where it is not paused.
    """

    constellation: str
    agent: str
    name: str
    declared: str
    created_at: datetime
    upto: datetime
    failures: int = 0
    paused: str = ""
    paused_at: datetime | None = None

    @property
    def key(self) -> str:
        """How the schedule is called: `agent/name`."""
        return f"{self.agent}/{self.name}"


class ScheduleRows:
    """The table `schedules`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    async def all(self, constellation: str | None = None) -> list[ScheduleRow]:
        """Return the schedules in effect, of all constellations or of one, in the order of their coming."""
        where, values = (" WHERE constellation = ?", (constellation,)) if constellation else ("", ())
        rows = await self._database.rows(f"{_SELECT}{where} ORDER BY rowid", values)
        return [_row(row) for row in rows]

    @around(Point.SCHEDULE_PUT)
    async def put(self, constellation: str, agent: str, name: str, declared: str, now: datetime) -> None:
        """Let a schedule be in effect.

        A new one makes up for nothing, and neither does one whose times changed or whose declared pause
        ended. A pause by a person or by failures stays.
        """

        def write(db: sqlite3.Connection) -> None:
            found = db.execute(f"{_SELECT} WHERE {_OF}", (constellation, agent, name)).fetchone()
            at = microseconds(now)
            if found is None:
                db.execute(
                    "INSERT INTO schedules (constellation, agent, name, declared, created_at, upto) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (constellation, agent, name, declared, at, at),
                )
                return
            known = _row(found)
            upto = microseconds(known.upto)
            if _begins_anew(known, declared):
                upto = max(upto, at)
            db.execute(
                f"UPDATE schedules SET declared = ?, upto = ? WHERE {_OF}",  # noqa: S608 - constants of this module
                (declared, upto, constellation, agent, name),
            )

        await self._database.run(write)

    @around(Point.SCHEDULE_DROP)
    async def drop(self, constellation: str, agent: str, name: str) -> None:
        """Let a schedule not be in effect any more, and cancel what it has queued."""

        def write(db: sqlite3.Connection) -> None:
            db.execute(f"DELETE FROM schedules WHERE {_OF}", (constellation, agent, name))  # noqa: S608 - constants of this module
            cancel(db, constellation, f"{agent}/{name}", "its schedule was removed")

        await self._database.run(write)

    @around(Point.SCHEDULE_PAUSE)
    async def pause(self, constellation: str, agent: str, name: str, why: str, now: datetime) -> bool:
        """Let a schedule not fire, and cancel what it has queued; says whether it fired before."""

        def write(db: sqlite3.Connection) -> bool:
            changed = db.execute(
                f"UPDATE schedules SET paused = ?, paused_at = ? WHERE {_OF} AND paused = ''",  # noqa: S608 - constants of this module
                (why, microseconds(now), constellation, agent, name),
            )
            cancel(db, constellation, f"{agent}/{name}", "its schedule was paused")
            return changed.rowcount > 0

        return await self._database.run(write)

    @around(Point.SCHEDULE_RESUME)
    async def resume(
        self, constellation: str, agent: str, name: str, now: datetime, *, catch_up: bool
    ) -> bool:
        """Let a paused schedule fire again; without `catch_up` nothing of the pause is made up for."""

        def write(db: sqlite3.Connection) -> bool:
            upto = "upto" if catch_up else "max(upto, ?)"
            values = () if catch_up else (microseconds(now),)
            changed = db.execute(
                f"UPDATE schedules SET paused = '', paused_at = NULL, failures = 0, upto = {upto} "  # noqa: S608 - constants of this module
                f"WHERE {_OF} AND paused != ''",
                (*values, constellation, agent, name),
            )
            return changed.rowcount > 0

        return await self._database.run(write)

    @around(Point.SCHEDULE_RESET)
    async def reset(self, constellation: str, agent: str, name: str, now: datetime) -> None:
        """Set the cursor to now, also back: after a clock that was wrong by far has been put right."""
        await self._database.execute(
            f"UPDATE schedules SET upto = ?, failures = 0 WHERE {_OF}",  # noqa: S608 - constants of this module
            (microseconds(now), constellation, agent, name),
        )


class StoredSchedules:
    """The schedules of one constellation: the port `Schedules`."""

    def __init__(self, database: Database, constellation: str, clock: Clock) -> None:
        """Use an open database."""
        self._rows = ScheduleRows(database)
        self._constellation = constellation
        self._clock = clock

    async def look(self) -> Mapping[str, Mapping[str, str]]:
        """Return the declarations in effect: by agent, by name."""
        found: dict[str, dict[str, str]] = {}
        for row in await self._rows.all(self._constellation):
            found.setdefault(row.agent, {})[row.name] = row.declared
        return found

    async def put(self, agent: str, name: str, declared: str) -> None:
        """Let a schedule wake its agent from now on, or follow a new declaration."""
        await self._rows.put(self._constellation, agent, name, declared, self._now())

    async def drop(self, agent: str, name: str) -> None:
        """Let a schedule wake nobody any more; harmless where it is not in effect."""
        await self._rows.drop(self._constellation, agent, name)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)


def cancel(db: sqlite3.Connection, constellation: str, schedule: str, why: str) -> None:
    """Let nothing come of the queued fires of a schedule; part of a transaction."""
    db.execute(
        "UPDATE fires SET state = 'cancelled', why = ? "
        "WHERE constellation = ? AND schedule = ? AND state = 'queued'",
        (why, constellation, schedule),
    )


def _begins_anew(known: ScheduleRow, declared: str) -> bool:
    """Whether what was due in the past is not due by the new declaration, or was held back by a pause."""
    try:
        before = resolve(known.agent, known.name, known.declared)
    except ValueError:
        return True  # written by a release whose language differs
    now = resolve(known.agent, known.name, declared)
    return not in_effect(before, now) or (before.spec.paused and not now.spec.paused)


def _row(row: tuple[str, str, str, str, int, int, int, str, int | None]) -> ScheduleRow:
    constellation, agent, name, declared, created_at, upto, failures, paused, paused_at = row
    return ScheduleRow(
        constellation,
        agent,
        name,
        declared,
        moment(created_at),
        moment(upto),
        failures,
        paused,
        None if paused_at is None else moment(paused_at),
    )
