"""The rows of one kind in the vault of one identity, for one transaction; opening it checks its register."""

import sqlite3
import uuid as uuids
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from constellagent.failpoints import around
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.local.vault import register
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.vault import VaultError


@dataclass(frozen=True, slots=True)
class Row:
    """One row, opened.

    Attributes:
        uuid: its uuid.
        identity: row id of the identity that it belongs to.
        version: 1 at first; every change adds one.
        finder: the fingerprint by which it is found, None where it is not.
        content: what is sealed in it; `number` is there by itself and gives the order of creation.
    """

    uuid: str
    identity: int
    version: int
    finder: bytes | None
    content: Mapping[str, Any]


class Shelf:
    """Finds, adds, changes and removes rows. Every change is one more in the counter of the register."""

    __slots__ = ("_db", "_register", "_safe", "kind")

    def __init__(self, db: sqlite3.Connection, safe: Safe, kind: str) -> None:
        """Open it and check that every row is there as it was left.

        Raises:
            VaultError: a row or the register is not; names it.
        """
        self._db = db
        self._safe = safe
        self.kind = kind
        self._register = register.verified(db, safe, kind)

    def every(self) -> list[Row]:
        """Return all rows, oldest first.

        Raises:
            VaultError: one cannot be opened; names it.
        """
        rows = self._db.execute(
            "SELECT * FROM vault_rows WHERE identity = ? AND kind = ?", (self._safe.identity, self.kind)
        )
        return sorted(map(self._opened, rows), key=lambda row: int(row.content["number"]))

    def get(self, uuid: str) -> Row:
        """Return the row with this uuid, which is known to be there.

        Raises:
            VaultError: it cannot be opened.
        """
        return self._opened(self._look("uuid", uuid) or self._lost())

    def find(self, finder: bytes) -> Row | None:
        """Return the row with this fingerprint, None where there is none.

        Raises:
            VaultError: it cannot be opened, or is not where it must be.
        """
        row = self._look("finder", finder)
        if row is None and self._register.names(finder):
            self._lost()
        return None if row is None else self._opened(row)

    def check_missing(self, uuid: str) -> None:
        """Make sure that there is no row with this uuid, after none was found.

        Raises:
            VaultError: there must be one.
        """
        if self._register.names(uuid.encode()):
            self._lost()

    @around(ProviderPoint.VAULT_ADD)
    def add(self, content: Mapping[str, Any], finder: bytes | None = None) -> Row:
        """Add a row; no other of this kind may have the same finder."""
        uuid = str(uuids.uuid4())
        numbered = {**content, "number": self._register.counter + 1}
        self._db.execute(
            """INSERT INTO vault_rows (uuid, identity, kind, version, finder, content)
               VALUES (?, ?, ?, 1, ?, ?)""",
            (uuid, self._safe.identity, self.kind, finder, self._safe.seal(numbered, self.kind, uuid)),
        )
        self._write()
        return Row(uuid, self._safe.identity, 1, finder, numbered)

    def change(self, row: Row, content: Mapping[str, Any], finder: bytes | None = None) -> Row:
        """Give a row new content and a new finder."""
        changed = self._replace(row, {**content, "number": row.content["number"]}, finder)
        self._write()
        return changed

    @around(ProviderPoint.VAULT_REMOVE)
    def remove(self, uuid: str) -> None:
        """Remove a row, also one that cannot be opened."""
        self._db.execute("DELETE FROM vault_rows WHERE uuid = ?", (uuid,))
        self._write()

    def reseal(self) -> None:
        """Seal every row anew, with the newest key of the safe; all of it is one change.

        Raises:
            VaultError: a row cannot be opened; names it.
        """
        for row in self.every():
            self._replace(row, row.content, row.finder)
        self._write()

    def _look(self, column: str, value: str | bytes) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            f"SELECT * FROM vault_rows WHERE identity = ? AND kind = ? AND {column} = ?",  # noqa: S608 - `column` is a constant of this module
            (self._safe.identity, self.kind, value),
        ).fetchone()
        return row

    def _lost(self) -> NoReturn:
        raise VaultError(
            f"an index of vault_rows lost a row of {self.kind} of identity {self._safe.uuid}",
            hint="restore the provider's database from a backup",
        )

    def _opened(self, row: sqlite3.Row) -> Row:
        content = register.content(self._safe, self.kind, row)
        return Row(row["uuid"], row["identity"], row["version"], row["finder"], content)

    @around(ProviderPoint.VAULT_REPLACE)
    def _replace(self, row: Row, content: Mapping[str, Any], finder: bytes | None) -> Row:
        version = row.version + 1
        self._db.execute(
            "UPDATE vault_rows SET version = ?, finder = ?, content = ? WHERE uuid = ?",
            (version, finder, self._safe.seal(content, self.kind, row.uuid, version), row.uuid),
        )
        return Row(row.uuid, row.identity, version, finder, content)

    def _write(self) -> None:
        self._register = register.write(self._db, self._safe, self.kind, self._register)
