"""The identities' data keys as the provider's database keeps them: wrapped, made once, destroyed with them.

Everything private of an identity (mail, messages, passwords, secrets, contacts) is sealed through its safe.
A key that is made inside a transaction is gone if that is rolled back, so no key is ever used without asking
the database whether it is still there: what a lost key sealed would be lost too.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from constellagent.failpoints import around
from constellagent.ravi.local.answers import timestamp
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.vault import DataKey, RootKey, VaultError
from constellagent.ravi.vault.data_keys import sealed_with

TABLES = (
    """CREATE TABLE data_keys (
        identity INTEGER NOT NULL REFERENCES identities (id), version INTEGER NOT NULL, wrapped BLOB NOT NULL,
        created_dt TEXT NOT NULL, PRIMARY KEY (identity, version)) STRICT""",
    # How many versions there must be: a key that is missing is never taken for one that was not made yet.
    """CREATE TABLE data_key_counts (
        identity INTEGER PRIMARY KEY REFERENCES identities (id), versions INTEGER NOT NULL) STRICT""",
)

_Kept = tuple[tuple[int, bytes], ...]
"""Version and wrapped form of each key, as the database has them."""


class Safe:
    """Seals and opens what belongs to one identity.

    Attributes:
        identity: row id of the identity.
        uuid: its uuid.
        newest: the version of its key that seals now.
    """

    __slots__ = ("_keys", "identity", "newest", "uuid")

    def __init__(self, identity: int, uuid: str, keys: Mapping[int, DataKey]) -> None:
        """Take all versions of its key; at least one."""
        self.identity = identity
        self.uuid = uuid
        self._keys = dict(keys)
        self.newest = self._keys[max(self._keys)]

    def seal(self, content: Mapping[str, Any], table: str, row: str, version: int = 1) -> bytes:
        """Seal a row's content, bound to its table, its uuid and its version."""
        plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return self.seal_bytes(plain, table, row, version, "content")

    def unseal(self, sealed: bytes, table: str, row: str, version: int = 1) -> dict[str, Any]:
        """Return a row's content.

        Raises:
            VaultError: it was changed, moved or put back to an older version; names the row.
        """
        found: dict[str, Any] = json.loads(self.unseal_bytes(sealed, table, row, version, "content"))
        return found

    def seal_bytes(self, plain: bytes, table: str, row: str, version: int, field: str) -> bytes:
        """Seal one field of a row."""
        return self.newest.seal(plain, f"{table}|{row}|{version}|{field}")

    def unseal_bytes(self, sealed: bytes, table: str, row: str, version: int, field: str) -> bytes:
        """Return one field of a row.

        Raises:
            VaultError: as for `unseal`.
        """
        key = self._keys.get(sealed_with(sealed) or 0, self.newest)
        return key.unseal(sealed, f"{table}|{row}|{version}|{field}")

    def fingerprint(self, purpose: str, value: str) -> bytes:
        """Return what stands for `value` in an index; the same for as long as the identity is."""
        return self.newest.fingerprint(purpose, value)


class Safes:
    """The safes of all identities. Used on the store's thread only, inside a transaction."""

    def __init__(self, root: RootKey) -> None:
        self._root = root
        self._open: dict[int, tuple[_Kept, Safe]] = {}

    def of(self, db: sqlite3.Connection, identity: int) -> Safe:
        """Return the safe of an identity, making its key where it never had one.

        Raises:
            VaultError: its key was destroyed, is missing, was changed, or was wrapped by another root key.
        """
        return self.existing(db, identity) or self._make(db, identity)

    def existing(self, db: sqlite3.Connection, identity: int) -> Safe | None:
        """Return the safe of an identity, None where it never had a key.

        Raises:
            VaultError: as for `of`.
        """
        kept = tuple(
            (row["version"], bytes(row["wrapped"]))
            for row in db.execute(
                "SELECT version, wrapped FROM data_keys WHERE identity = ? ORDER BY version", (identity,)
            )
        )
        uuid, versions = _expected(db, identity)
        if len(kept) != versions or any(version != n for n, (version, _) in enumerate(kept, 1)):
            raise VaultError(
                f"the keys of identity {uuid} in data_keys are not the {versions} that were made",
                hint="restore the provider's database from a backup",
            )
        if not kept:
            return None
        remembered = self._open.get(identity)
        if remembered is not None and remembered[0] == kept and remembered[1].uuid == uuid:
            return remembered[1]
        keys = [DataKey.unwrap(wrapped, self._root, uuid, version) for version, wrapped in kept]
        safe = Safe(identity, uuid, {key.version: key for key in keys})
        self._open[identity] = (kept, safe)
        return safe

    def account(self) -> Safe:
        """Return the safe of what belongs to the account and to no single identity.

        Its key follows from the root key, so nothing of it is stored, and it ends with the root key only.
        """
        secret = self._root.mac("account safe", "seals") + self._root.mac("account safe", "macs")
        return Safe(0, "account", {1: DataKey(bytes.fromhex(secret), "account", 1)})

    def renew(self, db: sqlite3.Connection, identity: int, now: float) -> Safe:
        """Return the safe with a new key, which seals from now on; what older ones sealed stays readable.

        Raises:
            VaultError: as for `of`.
        """
        safe = self.of(db, identity)
        self._insert(db, identity, safe.newest.renewed(), timestamp(now))
        return self.of(db, identity)

    @around(ProviderPoint.SAFE_DESTROY)
    def destroy(self, db: sqlite3.Connection, identity: int) -> None:
        """Destroy the key of an identity: nothing that it sealed can be read by anybody any more.

        The identity's row must be marked as deleted in the same transaction.
        """
        db.execute("DELETE FROM data_keys WHERE identity = ?", (identity,))
        db.execute("DELETE FROM data_key_counts WHERE identity = ?", (identity,))
        self._open.pop(identity, None)

    def _make(self, db: sqlite3.Connection, identity: int) -> Safe:
        row = db.execute("SELECT uuid, created_dt FROM identities WHERE id = ?", (identity,)).fetchone()
        key = DataKey.create(row["uuid"])
        self._insert(db, identity, key, row["created_dt"])
        return Safe(identity, row["uuid"], {key.version: key})

    @around(ProviderPoint.SAFE_INSERT)
    def _insert(self, db: sqlite3.Connection, identity: int, key: DataKey, now: str) -> None:
        db.execute(
            "INSERT INTO data_keys (identity, version, wrapped, created_dt) VALUES (?, ?, ?, ?)",
            (identity, key.version, key.wrap(self._root), now),
        )
        db.execute("INSERT OR REPLACE INTO data_key_counts VALUES (?, ?)", (identity, key.version))


def _expected(db: sqlite3.Connection, identity: int) -> tuple[str, int]:
    """Return an identity's uuid and how many versions its key must have."""
    row = db.execute(
        """SELECT i.uuid, i.deleted_dt, coalesce(c.versions, 0) AS versions
           FROM identities i LEFT JOIN data_key_counts c ON c.identity = i.id WHERE i.id = ?""",
        (identity,),
    ).fetchone()
    if row["deleted_dt"] is not None:
        raise VaultError(f"identity {row['uuid']} was deleted, and its key destroyed with it")
    return row["uuid"], row["versions"]
