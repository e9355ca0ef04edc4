"""What agents have used, by session and day: runs, tokens and dollars.

Programs tell how much a conversation has used so far, and may tell it again. So the most that was ever told
of a conversation is kept, and only what goes beyond it is added to the day on which it was told.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from constellagent.agents.kind import Usage
from constellagent.failpoints import around
from constellagent.plan.limits import Spent
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database

_MICRO = 1_000_000
"""Dollars are kept in whole millionths, so that many small sums make no error."""
_SUMS = "sum(started), sum(input), sum(output), sum(cost), max(priced)"
_ADD = (
    "INSERT INTO usage (constellation, agent, day, session, started, input, output, cost, priced) "
    "VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?) ON CONFLICT (session, day) DO UPDATE SET "
    "input = input + excluded.input, output = output + excluded.output, cost = cost + excluded.cost, "
    "priced = max(priced, excluded.priced)"
)
_MOST = (
    "INSERT INTO used_so_far (conversation, input, output, cost) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (conversation) DO UPDATE SET input = max(input, excluded.input), "
    "output = max(output, excluded.output), cost = max(cost, excluded.cost)"
)


@dataclass(frozen=True, slots=True)
class Whose:
    """To whom something is charged.

    Attributes:
        constellation: its id.
        agent: its name.
        session: the session or run.
        day: on which, in the constellation's zone, such as `2026-11-22`.
    """

    constellation: str
    agent: str
    session: str
    day: str


@dataclass(frozen=True, slots=True)
class Used:
    """What was used.

    Attributes:
        agent: by whom.
        day: on which day; empty for all of the span.
        runs: runs that were started.
        input: tokens read, those from a cache too.
        output: tokens written.
        cost: US dollars; None where no program knew prices.
    """

    agent: str
    day: str
    runs: int
    input: int
    output: int
    cost: float | None

    @property
    def spent(self) -> Spent:
        """The same, as limits count it."""
        return Spent(self.runs, self.input + self.output, self.cost or 0.0)


class UsageRows:
    """The tables `usage` and `used_so_far`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    async def add(self, whose: Whose, conversation: str, usage: Usage) -> bool:
        """Take in how much a conversation has used so far; returns whether that is more than was known.

        Raises:
            WorldError: it was not written; tell it again.
        """
        return await self._database.run(lambda db: _add(db, whose, conversation, usage))

    async def begin(self, whose: Whose) -> None:
        """Count a run that starts; each session counts once.

        Raises:
            WorldError: it was not written.
        """
        await self._database.run(lambda db: begin(db, whose))

    async def today(self, constellation: str, day: str) -> dict[str, Spent]:
        """Return what each agent of a constellation has used on a day."""
        return await self._database.run(lambda db: today(db, constellation, day))

    async def days(self, constellation: str, since: str, agents: Sequence[str] = ()) -> list[Used]:
        """Return what was used from the day `since` on, by day (the newest first) and agent."""
        where, values = _only(agents)
        rows = await self._database.rows(
            f"SELECT agent, day, {_SUMS} FROM usage WHERE constellation = ? AND day >= ?{where} "  # noqa: S608 - constants and marks only
            "GROUP BY agent, day ORDER BY day DESC, agent",
            (constellation, since, *values),
        )
        return [_used(row) for row in rows]

    async def of_session(self, session: str) -> Used | None:
        """Return what a session or run has used, on all its days; None where nothing is known of it."""
        rows = await self._database.rows(
            f"SELECT agent, '', {_SUMS} FROM usage WHERE session = ? GROUP BY agent",  # noqa: S608 - constants of this module
            (session,),
        )
        return _used(rows[0]) if rows else None

    @around(Point.USAGE_FORGET)
    async def forget(self, before: str) -> None:
        """Forget days before `before`. What conversations have used so far stays: they may go on."""
        await self._database.execute("DELETE FROM usage WHERE day < ?", (before,))


def begin(db: sqlite3.Connection, whose: Whose) -> None:
    """Count a run as part of a transaction; each session counts once."""
    db.execute(
        "INSERT INTO usage (constellation, agent, day, session, started, input, output, cost, priced) "
        "VALUES (?, ?, ?, ?, 1, 0, 0, 0, 0) ON CONFLICT (session, day) DO UPDATE SET started = 1",
        (whose.constellation, whose.agent, whose.day, whose.session),
    )


def today(db: sqlite3.Connection, constellation: str, day: str) -> dict[str, Spent]:
    """Return what each agent has used on a day, as part of a transaction."""
    rows = db.execute(
        f"SELECT agent, day, {_SUMS} FROM usage WHERE constellation = ? AND day = ? GROUP BY agent",  # noqa: S608 - constants of this module
        (constellation, day),
    )
    return {row[0]: _used(row).spent for row in rows}


def _add(db: sqlite3.Connection, whose: Whose, conversation: str, usage: Usage) -> bool:
    cost = round((usage.cost or 0.0) * _MICRO)
    told = (usage.input, usage.output, cost)
    known = db.execute(
        "SELECT input, output, cost FROM used_so_far WHERE conversation = ?", (conversation,)
    ).fetchone() or (0, 0, 0)
    more = tuple(max(new - old, 0) for new, old in zip(told, known, strict=True))
    if not any(more):
        return False
    db.execute(_MOST, (conversation, *told))
    db.execute(
        _ADD, (whose.constellation, whose.agent, whose.day, whose.session, *more, usage.cost is not None)
    )
    return True


def _only(agents: Sequence[str]) -> tuple[str, Sequence[str]]:
    return (f" AND agent IN ({', '.join('?' * len(agents))})", agents) if agents else ("", ())


def _used(row: tuple[str, str, int, int, int, int, int]) -> Used:
    agent, day, runs, read, written, cost, priced = row
    return Used(agent, day, runs, read, written, cost / _MICRO if priced else None)
