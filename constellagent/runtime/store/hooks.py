"""The secrets of webhooks, sealed, and what the ledger knows of an event that comes a second time."""

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database


@dataclass(frozen=True, slots=True)
class Known:
    """What became of an event: the run that it led to, and the state of that."""

    run: str
    state: str


class HookRows:
    """The table `hooks`, by constellation (its id) and name of the webhook."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    async def all(self) -> Mapping[tuple[str, str], bytes]:
        """Return the sealed secrets of all webhooks.

        Raises:
            WorldError: they cannot be read.
        """
        rows = await self._database.rows("SELECT constellation, name, sealed FROM hooks")
        return {(constellation, name): bytes(sealed) for constellation, name, sealed in rows}

    async def add(self, constellation: str, name: str, sealed: bytes) -> bool:
        """Keep the secret of a new webhook; False where it has one, which stays.

        Raises:
            WorldError: it was not kept.
        """
        changed = await self._database.execute(
            "INSERT OR IGNORE INTO hooks (constellation, name, sealed) VALUES (?, ?, ?)",
            (constellation, name, sealed),
        )
        return changed > 0

    async def replace(self, constellation: str, name: str, sealed: bytes) -> None:
        """Keep another secret of a webhook; the one before is good for nothing any more.

        Raises:
            WorldError: the one before stays.
        """
        await self._database.execute(
            "INSERT OR REPLACE INTO hooks (constellation, name, sealed) VALUES (?, ?, ?)",
            (constellation, name, sealed),
        )

    @around(Point.HOOK_KEEP)
    async def keep(self, constellation: str, names: Collection[str]) -> None:
        """Forget the secrets of all other webhooks of a constellation.

        Raises:
            WorldError: nothing was forgotten.
        """

        def write(db: sqlite3.Connection) -> None:
            known = db.execute("SELECT name FROM hooks WHERE constellation = ?", (constellation,))
            gone = {row[0] for row in known} - set(names)
            db.executemany(
                "DELETE FROM hooks WHERE constellation = ? AND name = ?",
                [(constellation, name) for name in sorted(gone)],
            )

        await self._database.run(write)

    async def known(self, constellation: str, schedule: str, event: str) -> Known | None:
        """Return what became of an event (its id) of a schedule (its key), None where it never came.

        Raises:
            WorldError: that cannot be read.
        """
        rows = await self._database.rows(
            "SELECT run, state FROM fires WHERE constellation = ? AND schedule = ? AND event = ?",
            (constellation, schedule, event),
        )
        return Known(*rows[0]) if rows else None
