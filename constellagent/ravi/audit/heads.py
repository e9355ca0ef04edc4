"""Where each chain of the audit ends, kept in the provider's database.

A head is keyed with the root key, and a register counts and sums up all heads: a chain whose end was cut off
shows, also when its head was changed, put back to an older one, or removed to match. Only the whole database
and all files put back together to one earlier moment do not show.
"""

import sqlite3
from collections.abc import Mapping

from constellagent.failpoints import around
from constellagent.ravi.audit.lines import AuditError, Position
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.vault import RootKey

TABLES = (
    """CREATE TABLE audit_heads (
        identity TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash TEXT NOT NULL,
        bytes INTEGER NOT NULL, mac TEXT NOT NULL) STRICT""",
    """CREATE TABLE audit_register (
        id INTEGER PRIMARY KEY CHECK (id = 1), heads INTEGER NOT NULL, total TEXT NOT NULL,
        mac TEXT NOT NULL) STRICT""",
)
"""The heads of the chains and their register, in the database whose accesses are told of."""

_MODULUS = 1 << 256
_HINT = "somebody changed the provider's database, or restored it in part; compare it with a backup"


class Heads:
    """The heads under one root key. Used on the store's thread, inside a transaction."""

    def __init__(self, key: RootKey) -> None:
        self._key = key

    def begin(self, db: sqlite3.Connection) -> bool:
        """Make the register where there is none; return whether there was one.

        Raises:
            AuditError: it was removed.
        """
        if db.execute("SELECT 1 FROM audit_register").fetchone():
            return True
        if self.identities(db):
            raise AuditError("the register of the audit's heads was removed", hint=_HINT)
        self._register(db, 0, 0)
        return False

    def of(self, db: sqlite3.Connection, identity: str) -> Position | None:
        """Return where the chain of an identity ends, None where it has none yet.

        Raises:
            AuditError: the head was changed.
        """
        row = db.execute("SELECT * FROM audit_heads WHERE identity = ?", (identity,)).fetchone()
        if row is None:
            return None
        head = Position(row["seq"], row["hash"], row["bytes"])
        if row["mac"] != self._mac(identity, head):
            raise AuditError(
                f"the audit of identity {identity} does not hold: its head in the provider's database (after"
                f" line {head.seq}) was changed",
                identity=identity,
                line=head.seq,
                hint=_HINT,
            )
        return head

    @around(ProviderPoint.AUDIT_HEADS)
    def put(self, db: sqlite3.Connection, heads: Mapping[str, Position]) -> None:
        """Store where chains end now.

        Raises:
            AuditError: what is stored of the old ends was changed.
        """
        count, total = self._registered(db)
        for identity, head in heads.items():
            before = self.of(db, identity)
            if before is None:
                count += 1
            else:
                total -= int(self._mac(identity, before), 16)
            mac = self._mac(identity, head)
            total += int(mac, 16)
            db.execute(
                "INSERT OR REPLACE INTO audit_heads (identity, seq, hash, bytes, mac) VALUES (?, ?, ?, ?, ?)",
                (identity, *head, mac),
            )
        self._register(db, count, total % _MODULUS)

    def forget(self, db: sqlite3.Connection, identity: str) -> None:
        """Remove a head, whatever is stored of it, and count the others anew.

        For a chain that is begun again after its breach was looked at.
        """
        db.execute("DELETE FROM audit_heads WHERE identity = ?", (identity,))
        rows = db.execute("SELECT mac FROM audit_heads").fetchall()
        self._register(db, len(rows), sum(int(row["mac"], 16) for row in rows) % _MODULUS)

    def identities(self, db: sqlite3.Connection) -> set[str]:
        """Return the uuids that have a head."""
        return {row["identity"] for row in db.execute("SELECT identity FROM audit_heads")}

    def check(self, db: sqlite3.Connection) -> None:
        """Compare all heads with their register.

        Raises:
            AuditError: heads were removed, or put back to older ones.
        """
        count, total = self._registered(db)
        macs = [row["mac"] for row in db.execute("SELECT mac FROM audit_heads")]
        if len(macs) != count:
            raise AuditError(
                f"the heads of the audit do not hold: there are {len(macs)} where {count} were written",
                hint=_HINT,
            )
        try:
            found = sum(int(mac, 16) for mac in macs) % _MODULUS
        except ValueError:
            found = -1
        if found != total:
            raise AuditError(
                "the heads of the audit do not hold: one was put back to an older one, or changed", hint=_HINT
            )

    def _registered(self, db: sqlite3.Connection) -> tuple[int, int]:
        row = db.execute("SELECT heads, total, mac FROM audit_register").fetchone()
        if row is None or row["mac"] != self._register_mac(row["heads"], row["total"]):
            raise AuditError("the register of the audit's heads was changed or removed", hint=_HINT)
        return row["heads"], int(row["total"], 16)

    def _register(self, db: sqlite3.Connection, count: int, total: int) -> None:
        said = f"{total:064x}"
        db.execute(
            "INSERT OR REPLACE INTO audit_register (id, heads, total, mac) VALUES (1, ?, ?, ?)",
            (count, said, self._register_mac(count, said)),
        )

    def _register_mac(self, count: int, total: str) -> str:
        return self._key.mac("audit register", f"{count}|{total}")

    def _mac(self, identity: str, head: Position) -> str:
        return self._key.mac("audit head", f"{identity}|{head.seq}|{head.hash}|{head.bytes}")
