"""The constellations that were applied, the contents that were approved, and the environment they got."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from constellagent.failpoints import around
from constellagent.runtime.points import Point
from constellagent.runtime.store.database import Database


@dataclass(frozen=True, slots=True)
class Applied:
    """A constellation as it was last applied.

    Attributes:
        id: derived from the file's place, so that it can be found again without this row.
        name: the constellation's name.
        file: its file, absolute.
        repo: the main checkout.
        content_hash: SHA-256 of the text.
        text: the whole file as it was applied; restarts follow it even while the file is being edited.
    """

    id: str
    name: str
    file: Path
    repo: Path
    content_hash: str
    text: str


_WITHDRAWN = ""
"""In place of a content's hash: the approvals of this file were withdrawn."""

_SELECT = "SELECT id, name, file, repo, content_hash, text FROM constellations"


def _applied(row: tuple[str, str, str, str, str, str]) -> Applied:
    return Applied(row[0], row[1], Path(row[2]), Path(row[3]), row[4], row[5])


class Constellations:
    """The tables `constellations`, `trusted` and `environment`."""

    def __init__(self, database: Database) -> None:
        """Use an open database."""
        self._database = database

    async def all(self) -> list[Applied]:
        """Return every constellation that was ever applied and not forgotten, by name."""
        return [_applied(row) for row in await self._database.rows(f"{_SELECT} ORDER BY name, file")]

    async def get(self, constellation: str) -> Applied | None:
        """Return one constellation, None where it was never applied."""
        rows = await self._database.rows(f"{_SELECT} WHERE id = ?", (constellation,))
        return _applied(rows[0]) if rows else None

    async def since(self) -> dict[str, float]:
        """Return, by id, since when each constellation is as it was last applied, epoch seconds."""
        return dict(await self._database.rows("SELECT id, applied_at FROM constellations"))

    @around(Point.CONSTELLATION_PUT)
    async def put(self, applied: Applied, at: float, *, approved: bool = True) -> None:
        """Remember what is applied at `at` (epoch seconds); writes nothing where it is known already.

        With `approved` a person has just agreed to it, which ends a withdrawal before; a row that is only
        put back in its place does not.
        """
        if await self.get(applied.id) == applied and not (approved and await self.withdrawn(applied.file)):
            return
        file = str(applied.file)
        row = (applied.id, applied.name, file, str(applied.repo), applied.content_hash, applied.text, at)

        def write(connection: sqlite3.Connection) -> None:
            if approved:
                gone = "DELETE FROM trusted WHERE file = ? AND content_hash = ?"
                connection.execute(gone, (file, _WITHDRAWN))
            connection.execute(
                "INSERT OR REPLACE INTO constellations "
                "(id, name, file, repo, content_hash, text, applied_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )

        await self._database.run(write)

    @around(Point.CONSTELLATION_FORGET)
    async def forget(self, constellation: str) -> None:
        """Forget a constellation of which nothing is left, with its environment."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM constellations WHERE id = ?", (constellation,))
            connection.execute("DELETE FROM environment WHERE constellation = ?", (constellation,))

        await self._database.run(write)

    async def trusts(self, file: Path, content_hash: str) -> bool:
        """Say whether this very content of the file was approved for good."""
        query = "SELECT 1 FROM trusted WHERE file = ? AND content_hash = ?"
        return bool(await self._database.rows(query, (str(file), content_hash)))

    @around(Point.CONSTELLATION_TRUST)
    async def trust(self, file: Path, content_hash: str, at: float) -> None:
        """Approve this content of the file; contents approved before stay approved."""
        await self._database.execute(
            "INSERT OR REPLACE INTO trusted (file, content_hash, at) VALUES (?, ?, ?)",
            (str(file), content_hash, at),
        )

    @around(Point.CONSTELLATION_DISTRUST)
    async def distrust(self, file: Path, at: float) -> None:
        """Withdraw every approval of the file, that of what was applied last among them."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM trusted WHERE file = ?", (str(file),))
            connection.execute(
                "INSERT INTO trusted (file, content_hash, at) VALUES (?, ?, ?)", (str(file), _WITHDRAWN, at)
            )

        await self._database.run(write)

    async def withdrawn(self, file: Path) -> bool:
        """Say whether the approvals of the file were withdrawn, and nothing of it applied since."""
        return await self.trusts(file, _WITHDRAWN)

    async def environment(self, constellation: str) -> Mapping[str, bytes]:
        """Return the sealed values by variable name."""
        query = "SELECT name, sealed FROM environment WHERE constellation = ?"
        return dict(await self._database.rows(query, (constellation,)))

    @around(Point.CONSTELLATION_ENVIRONMENT)
    async def set_environment(
        self, constellation: str, changed: Mapping[str, bytes], gone: frozenset[str]
    ) -> None:
        """Store sealed values, and drop those that the applying shell no longer has."""

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR REPLACE INTO environment (constellation, name, sealed) VALUES (?, ?, ?)",
                [(constellation, name, sealed) for name, sealed in changed.items()],
            )
            connection.executemany(
                "DELETE FROM environment WHERE constellation = ? AND name = ?",
                [(constellation, name) for name in gone],
            )

        if changed or gone:
            await self._database.run(write)
