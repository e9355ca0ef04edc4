"""`provider.db`: what the local provider remembers."""

import sqlite3
from pathlib import Path

from constellagent.durable import Companion, DurableFile
from constellagent.failpoints import around
from constellagent.ravi.local.schema import MIGRATIONS
from constellagent.ravi.points import ProviderPoint


class Store(DurableFile):
    """The provider's durable memory. What is deleted is overwritten, since keys and mail are private."""

    def __init__(self, path: Path, companion: Companion | None = None) -> None:
        """Name the file, and what is written before each of its commits; `open` opens it."""
        super().__init__(
            path,
            MIGRATIONS,
            damaged="restore it from a backup; without it the local identities are gone",
            pragmas=("foreign_keys=ON", "secure_delete=ON"),
            named=True,
            companion=companion,
        )


def get_fact(connection: sqlite3.Connection, name: str) -> bytes | None:
    """Return one of the provider's own few values, None where it was never set."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else bytes(row["value"])


@around(ProviderPoint.FACT_SET)
def set_fact(connection: sqlite3.Connection, name: str, value: bytes) -> None:
    """Set one of the provider's own few values."""
    connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))
