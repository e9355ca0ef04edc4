"""Races and their runs. Rows are written before anything is started, so that the next daemon finds them."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from constellagent.durable import Value
from constellagent.errors import UsageError
from constellagent.failpoints import around
from constellagent.plan.fires import State
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database

_RACE = (
    "id, constellation, prompt, base, base_commit, time_limit, created_at, decision, kept, merged, force, "
    "over_limit"
)
_RUN = "run, race, agent, branch, path, state, why, started_at, ended_at, exit_status, report, stays, cleared"
_OPEN = "state IN ('claimed', 'running')"
"""As the partial index has it, word for word, so that SQLite takes that."""
_HEX = frozenset("0123456789abcdef")

OPEN: frozenset[State] = frozenset({"claimed", "running"})
"""The states of a run of a race that is not over."""


@dataclass(frozen=True, slots=True)
class RaceRow:
    """One race.

    Attributes:
        id: eight hexadecimal digits.
        constellation: id of the constellation.
        prompt: what all were asked to do.
        base: the name of what all began from.
        commit: the commit that this meant.
        limit: seconds that each may take, None for what is usual.
        created_at: epoch seconds.
        decision: `kept` from before the winner's commits are merged, `dropped`, or empty.
        kept: the agent whose work is kept.
        merged: the commit that the branch got by it, empty before.
        force: whether worktrees with work in them are removed too.
        over_limit: whether its runs are started in spite of limits.
    """

    id: str
    constellation: str
    prompt: str
    base: str
    commit: str
    limit: float | None
    created_at: float
    decision: str = ""
    kept: str = ""
    merged: str = ""
    force: bool = False
    over_limit: bool = False


@dataclass(frozen=True, slots=True)
class RaceRun:
    """One agent's run in a race.

    Attributes:
        run: id of the run, and of its session.
        race: the race.
        agent: by whom.
        branch: its own.
        path: its worktree.
        state: `claimed` until its session is live, `running` until its end.
        why: what there is to say about the state.
        started_at: when its session was live, epoch seconds.
        ended_at: when it ended.
        exit_status: of its program.
        report: what it did, JSON values.
        stays: why its worktree could not be removed, empty where nothing was tried.
        cleared: its worktree is gone.
    """

    run: str
    race: str
    agent: str
    branch: str
    path: str
    state: State = "claimed"
    why: str = ""
    started_at: float | None = None
    ended_at: float | None = None
    exit_status: int | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    stays: str = ""
    cleared: bool = False

    @property
    def open(self) -> bool:
        """Whether it is being started or goes on."""
        return self.state in OPEN


class RaceRows:
    """The tables `races` and `race_runs`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    @around(Point.RACE_ADD)
    async def add(self, race: RaceRow, runs: Sequence[RaceRun]) -> None:
        """Write down a race and its claimed runs, all or nothing.

        Raises:
            WorldError: nothing was written: nothing may be started.
        """

        def write(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT INTO races (id, constellation, prompt, base, base_commit, time_limit, created_at, "
                "over_limit) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    race.id,
                    race.constellation,
                    race.prompt,
                    race.base,
                    race.commit,
                    race.limit,
                    race.created_at,
                    race.over_limit,
                ),
            )
            db.executemany(
                "INSERT INTO race_runs (run, race, place, agent, branch, path, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (run.run, run.race, place, run.agent, run.branch, run.path, run.state)
                    for place, run in enumerate(runs)
                ],
            )

        await self._database.run(write)

    async def get(self, constellation: str, race: str) -> RaceRow | None:
        """Return a race by its id, or by a beginning of it that no other has.

        Raises:
            UsageError: several begin so.
        """
        if not race or not set(race) <= _HEX:
            return None
        found = await self._races(
            "WHERE constellation = ? AND id >= ? AND id < ? ORDER BY id LIMIT 2",
            (constellation, race, race + "g"),
        )
        if len(found) > 1:
            raise UsageError(f"several races begin with {race}", hint="give more of the id")
        return found[0] if found else None

    async def of(self, constellation: str, limit: int) -> list[RaceRow]:
        """Return the newest races of a constellation, the newest first."""
        return await self._races(
            "WHERE constellation = ? ORDER BY created_at DESC, id LIMIT ?", (constellation, limit)
        )

    async def decided(self) -> list[RaceRow]:
        """Return the races of which it is decided what becomes of them, and not all worktrees are gone."""
        return await self._races(
            "WHERE decision != '' AND EXISTS (SELECT 1 FROM race_runs WHERE race = races.id AND NOT cleared)",
            (),
        )

    async def runs(self, race: str) -> list[RaceRun]:
        """Return the runs of a race, in the order in which its agents were named."""
        return await self._runs("WHERE race = ? ORDER BY place", (race,))

    async def open(self) -> list[RaceRun]:
        """Return all runs that are not over, of all constellations."""
        return await self._runs(f"INDEXED BY race_runs_open WHERE {_OPEN} ORDER BY rowid", ())

    async def run(self, run: str) -> RaceRun | None:
        """Return one run; it may be named by a beginning of its id that no other has.

        Raises:
            UsageError: several begin so.
        """
        if not run or not set(run) <= _HEX:
            return None
        found = await self._runs("WHERE run >= ? AND run < ? ORDER BY run LIMIT 2", (run, run + "g"))
        if len(found) > 1:
            raise UsageError(f"several runs begin with {run}", hint="give more of the id")
        return found[0] if found else None

    async def race_of(self, run: RaceRun) -> RaceRow | None:
        """Return the race of a run."""
        found = await self._races("WHERE id = ?", (run.race,))
        return found[0] if found else None

    @around(Point.RACE_STARTED)
    async def started(self, run: str, at: float) -> None:
        """Write down that the session of a claimed run is live."""
        await self._database.execute(
            "UPDATE race_runs SET state = 'running', started_at = ? WHERE run = ? AND state = 'claimed'",
            (at, run),
        )

    @around(Point.RACE_END)
    async def end(
        self,
        run: str,
        state: State,
        at: float,
        *,
        why: str = "",
        exit_status: int | None = None,
        report: Mapping[str, Any] | None = None,
    ) -> None:
        """Write down how an open run ended, and what it did; the first end stays."""
        text = json.dumps(dict(report or {}), ensure_ascii=False, sort_keys=True)
        await self._database.execute(
            "UPDATE race_runs SET state = ?, ended_at = ?, why = ?, exit_status = ?, report = ? "  # noqa: S608 - constants of this module
            f"WHERE run = ? AND {_OPEN}",
            (state, at, why, exit_status, text, run),
        )

    @around(Point.RACE_DECIDE)
    async def decide(self, race: str, decision: str, *, kept: str = "", force: bool = False) -> None:
        """Write down what is to become of a race; an empty decision takes it back."""
        await self._database.execute(
            "UPDATE races SET decision = ?, kept = ?, force = ? WHERE id = ?", (decision, kept, force, race)
        )

    @around(Point.RACE_MERGED)
    async def merged(self, race: str, commit: str) -> None:
        """Write down the commit that the branch got by the work that is kept."""
        await self._database.execute("UPDATE races SET merged = ? WHERE id = ?", (commit, race))

    async def stays(self, run: str, why: str) -> None:
        """Write down why the worktree of a run could not be removed."""
        await self._database.execute("UPDATE race_runs SET stays = ? WHERE run = ?", (why, run))

    @around(Point.RACE_CLEARED)
    async def cleared(self, run: str) -> None:
        """Write down that the worktree of a run is gone."""
        await self._database.execute("UPDATE race_runs SET cleared = 1, stays = '' WHERE run = ?", (run,))

    @around(Point.RACE_TRIM)
    async def trim(self, constellation: str, keep: int) -> None:
        """Forget decided races beyond the newest `keep` whose worktrees are all gone."""

        def write(db: sqlite3.Connection) -> None:
            rows = db.execute(
                "SELECT id FROM races WHERE constellation = ? AND decision != '' AND NOT EXISTS "
                "(SELECT 1 FROM race_runs WHERE race = races.id AND NOT cleared) "
                "ORDER BY created_at DESC LIMIT -1 OFFSET ?",
                (constellation, keep),
            ).fetchall()
            db.executemany("DELETE FROM race_runs WHERE race = ?", rows)
            db.executemany("DELETE FROM races WHERE id = ?", rows)

        await self._database.run(write)

    async def _races(self, condition: str, values: Sequence[Value]) -> list[RaceRow]:
        rows = await self._database.rows(f"SELECT {_RACE} FROM races {condition}", values)  # noqa: S608 - constants of this module
        return [RaceRow(*(*rest, bool(force), bool(over))) for *rest, force, over in rows]

    async def _runs(self, condition: str, values: Sequence[Value]) -> list[RaceRun]:
        rows = await self._database.rows(f"SELECT {_RUN} FROM race_runs {condition}", values)  # noqa: S608 - constants of this module
        return [
            RaceRun(*(*rest, json.loads(report), stays, bool(cleared)))
            for *rest, report, stays, cleared in rows
        ]
