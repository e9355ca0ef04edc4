"""What we made for a constellation, so that it can be found and removed without the file."""

from collections.abc import Mapping
from pathlib import Path

from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.ports import Record
from constellagent.runtime.store.database import Database


class StoredRecords:
    """The records of one constellation, in `state.db`: the port `Records`."""

    def __init__(self, database: Database, constellation: str) -> None:
        """Use an open database."""
        self._database = database
        self._constellation = constellation

    async def all(self) -> Mapping[str, Record]:
        """Return the records by agent name."""
        rows = await self._database.rows(
            "SELECT agent, path, branch, identity_uuid, identity_name FROM records "
            "WHERE constellation = ? ORDER BY agent",
            (self._constellation,),
        )
        return {row[0]: Record(row[0], Path(row[1]), row[2], row[3], row[4]) for row in rows}

    @around(Point.RECORD_PUT)
    async def put(self, record: Record) -> None:
        """Remember, replacing what was known of this agent."""
        await self._database.execute(
            "INSERT OR REPLACE INTO records "
            "(constellation, agent, path, branch, identity_uuid, identity_name) VALUES (?, ?, ?, ?, ?, ?)",
            (
                self._constellation,
                record.agent,
                str(record.path),
                record.branch,
                record.identity_uuid,
                record.identity_name,
            ),
        )

    @around(Point.RECORD_FORGET)
    async def drop(self, agent: str) -> None:
        """Forget; harmless where nothing is known."""
        await self._database.execute(
            "DELETE FROM records WHERE constellation = ? AND agent = ?", (self._constellation, agent)
        )
