"""Up to where the events of each mailbox are decided: written after what they cause is in the ledger."""

import sqlite3
from collections.abc import Collection

from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database


class Watermarks:
    """The table `watermarks`: for each watched identity the `seq` of the newest event that is decided."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    async def get(self, constellation: str, identity: str) -> int | None:
        """Return the mark of an identity (its uuid), None where it was never watched.

        Raises:
            WorldError: that cannot be read.
        """
        rows = await self._database.rows(
            "SELECT seq FROM watermarks WHERE constellation = ? AND identity = ?", (constellation, identity)
        )
        return int(rows[0][0]) if rows else None

    async def put(self, constellation: str, identity: str, seq: int) -> None:
        """Set the mark of an identity, also back: a provider's number can be lower after a restored backup.

        Raises:
            WorldError: it could not be written; the mark has not moved.
        """
        await self._database.execute(
            "INSERT OR REPLACE INTO watermarks (constellation, identity, seq) VALUES (?, ?, ?)",
            (constellation, identity, seq),
        )

    @around(Point.WATERMARK_KEEP)
    async def keep(self, constellation: str, identities: Collection[str]) -> None:
        """Forget the marks of all other identities: who is watched again later begins with what comes then.

        Raises:
            WorldError: nothing was forgotten.
        """

        def write(db: sqlite3.Connection) -> None:
            known = db.execute("SELECT identity FROM watermarks WHERE constellation = ?", (constellation,))
            gone = {row[0] for row in known} - set(identities)
            db.executemany(
                "DELETE FROM watermarks WHERE constellation = ? AND identity = ?",
                [(constellation, identity) for identity in sorted(gone)],
            )

        await self._database.run(write)
