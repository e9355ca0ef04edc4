"""Which rows a vault must have: what is sealed row by row does not show that a row is gone, or is older.

For each identity and kind of row a register lists uuid, version and finder of every row. It is sealed too,
bound to its counter, and written and checked in the transaction that touches the rows; a changed, added,
deleted, swapped or put back row does not fit it. Only rows and register put back together, as with the whole
file, fit each other; but then the audit tells of more changes than the counter, which `check` compares.
"""

import sqlite3
from collections import Counter
from typing import Any, NamedTuple

from constellagent.failpoints import around
from constellagent.ravi.audit import done
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.points import ProviderPoint
from constellagent.ravi.vault import VaultError

KINDS = ("passwords", "secrets")
"""The kinds of rows in a vault."""

_RESTARTED = "audit.restarted"
"""The action after which the audit does not tell of all changes that there ever were."""

RENEWED = "key.renewed"
"""The action that changes all rows of all kinds once."""

_TABLE = "vault_registers"
_CHANGES = ("create", "update", "delete")
# In hex, since a text may hold anything, separators too, once somebody changed it.
_LINES = """
    SELECT hex(uuid) || ' ' || version || ' ' || coalesce(hex(finder), '')
    FROM vault_rows WHERE identity = ? AND kind = ?"""


class Register(NamedTuple):
    """A register that holds.

    Attributes:
        counter: how many changes there were.
        listing: one line for each row: uuid, version and finder, the first and the last in hex.
    """

    counter: int
    listing: bytes

    def names(self, value: bytes) -> bool:
        """Whether there must be a row with this uuid, or with this finder."""
        shown, lines = value.hex().upper().encode(), b"\n%b\n" % self.listing
        return b"\n%b " % shown in lines or (bool(value) and b" %b\n" % shown in lines)


def verified(db: sqlite3.Connection, safe: Safe, kind: str) -> Register:
    """Return the register of the rows of one kind, which all are as they were left.

    Raises:
        VaultError: they are not, or the register is not; names the table and the row.
    """
    listing = _listing(db, safe.identity, kind)
    row = db.execute(
        "SELECT counter, sealed FROM vault_registers WHERE identity = ? AND kind = ?", (safe.identity, kind)
    ).fetchone()
    if row is None:
        if listing:
            raise _damaged(f"the row {kind} of {_TABLE} of identity {safe.uuid} is missing")
        return Register(0, b"")
    kept = safe.unseal_bytes(row["sealed"], _TABLE, kind, row["counter"], "listing")
    if kept != listing:
        raise _damaged(_difference(kind, safe.uuid, _parsed(kept), _parsed(listing)))
    return Register(row["counter"], listing)


@around(ProviderPoint.VAULT_REGISTER)
def write(db: sqlite3.Connection, safe: Safe, kind: str, before: Register) -> Register:
    """Make the rows, as they are now, what must be found; `before` was verified in this transaction."""
    after = Register(before.counter + 1, _listing(db, safe.identity, kind))
    sealed = safe.seal_bytes(after.listing, _TABLE, kind, after.counter, "listing")
    db.execute(
        "INSERT OR REPLACE INTO vault_registers (identity, kind, counter, sealed) VALUES (?, ?, ?, ?)",
        (safe.identity, kind, after.counter, sealed),
    )
    return after


def content(safe: Safe, kind: str, row: sqlite3.Row) -> dict[str, Any]:
    """Return what is sealed in a row of `vault_rows`.

    Raises:
        VaultError: it was changed, or belongs to another row or version; names the row.
    """
    return safe.unseal(row["content"], kind, row["uuid"], row["version"])


def check(office: Office, db: sqlite3.Connection, identity: int) -> list[str]:
    """Return what is wrong with an identity's vault, a sentence each; nothing where all is well.

    Every row is opened, and the registers are compared with the audit, which must tell of exactly as many
    changes: fewer in the database mean that the whole file was put back to an older state.

    Raises:
        AuditError: the identity's audit itself does not hold.
        WorldError: it cannot be read now.
    """
    row = db.execute("SELECT uuid, deleted_dt FROM identities WHERE id = ?", (identity,)).fetchone()
    if row["deleted_dt"] is not None:
        return []
    written = office.audit.entries(office.audit.snapshot(db, row["uuid"]))
    entries = done(written, office.audit.undone(row["uuid"]))
    told = Counter(entry.action for entry in entries if entry.result == "ok")
    try:
        safe = office.safes.existing(db, identity)
    except VaultError as error:
        return [error.message]
    problems = []
    for kind in KINDS:
        changes = sum(told[f"{kind}.{change}"] for change in _CHANGES) + told[RENEWED]
        try:
            counter = _opened(db, safe, kind) if safe is not None else 0
        except VaultError as error:
            problems.append(error.message)
            continue
        if counter < changes:
            problems.append(
                f"{kind}: the audit tells of {changes} changes and the database knows {counter}: it was put "
                "back to an older state, or the power failed while a change was written"
            )
        elif counter > changes and not told[_RESTARTED]:
            problems.append(f"{kind}: the database knows {counter} changes and the audit tells of {changes}")
    return problems


def _opened(db: sqlite3.Connection, safe: Safe, kind: str) -> int:
    """Open every row and return the register's counter."""
    register = verified(db, safe, kind)
    for row in db.execute(
        "SELECT * FROM vault_rows WHERE identity = ? AND kind = ? ORDER BY uuid", (safe.identity, kind)
    ):
        content(safe, kind, row)
    return register.counter


def _listing(db: sqlite3.Connection, identity: int, kind: str) -> bytes:
    return "\n".join(sorted(line for (line,) in db.execute(_LINES, (identity, kind)))).encode()


def _parsed(listing: bytes) -> dict[str, str]:
    """Return what stands behind each uuid."""
    lines = (line.partition(" ") for line in listing.decode().splitlines())
    return {bytes.fromhex(uuid).decode(errors="backslashreplace"): rest for uuid, _, rest in lines}


def _difference(kind: str, identity: str, kept: dict[str, str], found: dict[str, str]) -> str:
    where = f"of {kind} of identity {identity}"
    for uuid, rest in sorted(kept.items()):
        if uuid not in found:
            return f"the row {uuid!a} {where} was deleted, and not by the provider"
        if found[uuid] != rest:
            return f"the row {uuid!a} {where} was changed or put back, and not by the provider"
    for uuid in sorted(found.keys() - kept.keys()):
        return f"the row {uuid!a} {where} was added, and not by the provider"
    return f"a row {where} is there twice"


def _damaged(message: str) -> VaultError:
    return VaultError(
        message,
        hint="restore the provider's database from a backup; `constellagent audit verify` tells more",
    )
