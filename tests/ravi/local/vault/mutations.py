"""Ways to change a vault behind the provider's back: one row of any of its tables, or two that swap."""

import random
import sqlite3
from collections.abc import Callable
from typing import NamedTuple

OLDER = "older"
"""Prefix of the tables that hold an older state of each table of the vault."""

TABLES = {
    "vault_rows": ("uuid",),
    "vault_registers": ("identity", "kind"),
    "data_keys": ("identity", "version"),
    "data_key_counts": ("identity",),
}
"""The tables of a vault and what names a row of each."""


class Mutation(NamedTuple):
    """What was done.

    Attributes:
        what: in words, for a failing test.
        hit: row ids of the identities whose vault must not be readable after it.
        names: one of these must be in each message.
    """

    what: str
    hit: set[int]
    names: set[str]


def remember(db: sqlite3.Connection) -> None:
    """Keep the present state as the older one."""
    for table in TABLES:
        db.execute(f"CREATE TABLE {OLDER}_{table} AS SELECT * FROM {table}")


def mutate(db: sqlite3.Connection, chance: random.Random) -> Mutation | None:
    """Do one thing to the vault; None where it left everything as it was."""
    db.execute("PRAGMA defer_foreign_keys = ON")
    change = chance.choice(CHANGES)
    before = _state(db)
    what, rows = change(db, chance)
    after = _state(db)
    if before == after:
        return None
    return Mutation(f"{change.__name__}: {what}", {identity for _, identity, _ in before ^ after}, rows)


def flip_a_bit(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Flip one bit of a sealed value or of a finder."""
    table, column = chance.choice(
        [
            ("vault_rows", "content"),
            ("vault_rows", "finder"),
            ("vault_registers", "sealed"),
            ("data_keys", "wrapped"),
        ]
    )
    row = _pick(db, chance, table, f"{column} IS NOT NULL")
    value = bytearray(row[column])
    place = chance.randrange(len(value) * 8)
    value[place // 8] ^= 1 << place % 8
    _set(db, table, row, column, bytes(value))
    return f"bit {place} of {table}.{column}", _names(db, table, row)


def cut_or_lengthen(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Take bytes away from a value, or put some behind it."""
    table, column = chance.choice(
        [("vault_rows", "content"), ("vault_registers", "sealed"), ("data_keys", "wrapped")]
    )
    row = _pick(db, chance, table)
    value = bytes(row[column])
    changed = value + b"\0" if chance.random() < 0.3 else value[: chance.randrange(len(value))]
    _set(db, table, row, column, changed)
    return f"{len(changed)} of {len(value)} bytes of {table}.{column}", _names(db, table, row)


def change_a_number(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Give a row another version, a register another counter."""
    table, column = chance.choice(
        [
            ("vault_rows", "version"),
            ("vault_registers", "counter"),
            ("data_keys", "version"),
            ("data_key_counts", "versions"),
        ]
    )
    row = _pick(db, chance, table)
    number = chance.choice([row[column] - 1, row[column] + 1, row[column] + 7, -1, 2**40])
    if number != row[column] and not (table == "data_keys" and 0 < number < 3):
        _set(db, table, row, column, number)
    return f"{table}.{column} {row[column]} -> {number}", _names(db, table, row)


def rename(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Give a row another uuid, also one that is no text."""
    row = _pick(db, chance, "vault_rows")
    other = chance.choice(["x", row["uuid"][:-1] + "\0", row["uuid"] + " 1", "a\n" + row["uuid"]])
    names = _names(db, "vault_rows", row)
    _set(db, "vault_rows", row, "uuid", other)
    return f"uuid {other!r}", names


def spoil_a_text(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Make a uuid what is no UTF-8."""
    row = _pick(db, chance, "vault_rows")
    names = _names(db, "vault_rows", row)
    db.execute("UPDATE vault_rows SET uuid = CAST(x'ff61fe' AS TEXT) WHERE uuid = ?", (row["uuid"],))
    return "uuid ff61fe", names


def give_away(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Let a row belong to the other identity, or be of the other kind."""
    row = _pick(db, chance, "vault_rows")
    column = chance.choice(["identity", "kind"])
    other = db.execute(f"SELECT {column} FROM vault_rows WHERE {column} <> ?", (row[column],)).fetchone()[0]
    try:
        _set(db, "vault_rows", row, column, other)
    except sqlite3.IntegrityError:
        return "the finder is taken there", set()
    return f"{column} {other}", _names(db, "vault_rows", row)


def delete(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Delete a row."""
    table = chance.choice(list(TABLES))
    row = _pick(db, chance, table)
    names = _names(db, table, row)
    where, values = _where(table, row)
    db.execute(f"DELETE FROM {table} WHERE {where}", values)
    return f"one of {table}", names


def duplicate(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Insert a row once more under another uuid, with a finder of its own or none."""
    row = _pick(db, chance, "vault_rows")
    uuid, finder = f"{chance.getrandbits(128):032x}", chance.choice([None, chance.randbytes(32)])
    db.execute(
        "INSERT INTO vault_rows (uuid, identity, kind, version, finder, content) VALUES (?, ?, ?, ?, ?, ?)",
        (uuid, row["identity"], row["kind"], row["version"], finder, row["content"]),
    )
    return f"{row['uuid']} again as {uuid}", {uuid}


def swap(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Let two rows of one table, of the same or of different identities, change their content."""
    table, columns = chance.choice(
        [
            ("vault_rows", ("content",)),
            ("vault_rows", ("content", "version")),
            ("vault_registers", ("sealed",)),
            ("vault_registers", ("sealed", "counter")),
            ("data_keys", ("wrapped",)),
        ]
    )
    one, two = _pick(db, chance, table), _pick(db, chance, table)
    for column in columns:
        _set(db, table, one, column, two[column])
        _set(db, table, two, column, one[column])
    return f"{columns} of {table}", _names(db, table, one) | _names(db, table, two)


def put_back(db: sqlite3.Connection, chance: random.Random) -> tuple[str, set[str]]:
    """Put a row of a vault back to an older state."""
    table = chance.choice(["vault_rows", "vault_registers"])
    row = _pick(db, chance, table)
    where, values = _where(table, row)
    older = db.execute(f"SELECT * FROM {OLDER}_{table} WHERE {where}", values).fetchone()
    if older is None:
        return "there is none", set()
    for column in ("version", "content") if table == "vault_rows" else ("counter", "sealed"):
        _set(db, table, row, column, older[column])
    return f"one of {table}", _names(db, table, row)


Change = Callable[[sqlite3.Connection, random.Random], tuple[str, set[str]]]
CHANGES: list[Change] = [
    flip_a_bit,
    cut_or_lengthen,
    change_a_number,
    rename,
    spoil_a_text,
    give_away,
    delete,
    duplicate,
    swap,
    put_back,
]


def _state(db: sqlite3.Connection) -> set[tuple[str, int, tuple[bytes, ...]]]:
    """Return every row of the vault, as (table, identity, columns)."""
    rows = set()
    for table in TABLES:
        columns = [row["name"] for row in db.execute(f"SELECT name FROM pragma_table_info('{table}')")]
        listed = ", ".join(f"CAST({column} AS BLOB)" for column in columns)
        rows |= {
            (table, row[0], tuple(row[1:])) for row in db.execute(f"SELECT identity, {listed} FROM {table}")
        }
    return rows


def _pick(db: sqlite3.Connection, chance: random.Random, table: str, condition: str = "TRUE") -> sqlite3.Row:
    rows = db.execute(f"SELECT * FROM {table} WHERE {condition} ORDER BY {', '.join(TABLES[table])}")
    row: sqlite3.Row = chance.choice(rows.fetchall())
    return row


def _where(table: str, row: sqlite3.Row) -> tuple[str, list[object]]:
    return " AND ".join(f"{name} = ?" for name in TABLES[table]), [row[name] for name in TABLES[table]]


def _set(db: sqlite3.Connection, table: str, row: sqlite3.Row, column: str, value: object) -> None:
    where, values = _where(table, row)
    db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *values))


def _names(db: sqlite3.Connection, table: str, row: sqlite3.Row) -> set[str]:
    """Return what an error about a row must say: its uuid, or its table with its identity's uuid."""
    if table == "vault_rows":
        return {row["uuid"]}
    owner = db.execute("SELECT uuid FROM identities WHERE id = ?", (row["identity"],)).fetchone()
    return {owner["uuid"]}
