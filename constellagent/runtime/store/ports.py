"""Reserved ports: unique on this machine, stable for as long as the agent exists."""

import hashlib
import sqlite3
from collections.abc import Callable, Mapping, Sequence

from constellagent.errors import ConflictError
from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database

FIRST = 20000
LAST = 29999
"""Below the ephemeral ranges of Linux (32768) and macOS (49152), so that no outgoing connection takes one."""

_OF_AGENT = "SELECT name, port FROM ports WHERE constellation = ? AND agent = ?"
_INSERT = "INSERT INTO ports (port, constellation, agent, name) VALUES (?, ?, ?, ?)"


class ReservedPorts:
    """The table `ports`."""

    def __init__(self, database: Database, is_free: Callable[[int], bool]) -> None:
        """`is_free` says whether nobody listens on a port of this machine now."""
        self._database = database
        self._is_free = is_free

    @around(Point.PORT_RESERVE)
    async def reserve(self, constellation: str, agent: str, names: Sequence[str]) -> Mapping[str, int]:
        """Return the agent's ports by name, reserving those it has not got yet.

        Raises:
            ConflictError: every port of the range is taken.
        """

        def write(connection: sqlite3.Connection) -> dict[str, int]:
            mine = connection.execute(_OF_AGENT, (constellation, agent)).fetchall()
            known: dict[str, int] = dict(mine)
            missing = [name for name in names if name not in known]
            taken = {port for (port,) in connection.execute("SELECT port FROM ports")} if missing else set()
            for name in missing:
                known[name] = self._choose(f"{constellation}/{agent}/{name}", taken)
                taken.add(known[name])
                connection.execute(_INSERT, (known[name], constellation, agent, name))
            return {name: known[name] for name in names}

        return await self._database.run(write) if names else {}

    @around(Point.PORT_RELEASE)
    async def release(self, constellation: str, agent: str) -> None:
        """Give the agent's ports back."""
        await self._database.execute(
            "DELETE FROM ports WHERE constellation = ? AND agent = ?", (constellation, agent)
        )

    def _choose(self, key: str, taken: set[int]) -> int:
        """Start at a place derived from the name, so that a lost state gives the same ports again."""
        size = LAST - FIRST + 1
        start = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % size
        for step in range(size):
            port = FIRST + (start + step) % size
            if port not in taken and self._is_free(port):
                return port
        raise ConflictError(
            f"no free port between {FIRST} and {LAST}", hint="stop what listens there, or declare fewer ports"
        )
