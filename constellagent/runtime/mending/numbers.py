"""The numbers of rows in a database that is made anew: none is given twice, and none leads to nothing.

Rows name each other by number. Where a row is lost and those that name it are not, the next row that is made
would get its number, and with it what was another's: a key would open a stranger's vault.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

_MOST = 1 << 53
"""No table ever had so many rows: a higher number comes from a damaged page."""


class _Link(NamedTuple):
    """A column whose values name rows of another table, by one of its columns."""

    table: str
    column: str
    parent: str
    key: str


def keep(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Let `target` give no number again that `source` gave as far as it tells, or that a row still names.

    `target` has the rows of `source` that could be read; it is not committed.

    Raises:
        sqlite3.Error: `target` fails.
    """
    counted = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
    numbered = [name for (name,) in target.execute(counted)]
    links = list(_links(target))
    for table in numbered:
        given = [_given(source, table), _given(target, table)]
        for link in links:
            if link.parent == table:
                query = f'SELECT max("{link.column}") FROM "{link.table}" WHERE "{link.column}" <= {_MOST}'  # noqa: S608 - names of our own schema
                given.append(target.execute(query).fetchone()[0] or 0)
        target.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, max(given)))


def cut(target: sqlite3.Connection) -> dict[str, int]:
    """Delete every row that names one that is not there, and what names those; returns how many, by table.

    None of them is made to name nothing instead: a key without an identity is one for the whole account.

    Raises:
        sqlite3.Error: `target` fails.
    """
    links, gone = list(_links(target)), dict[str, int]()
    while True:
        before = sum(gone.values())
        for link in links:
            statement = (
                f'DELETE FROM "{link.table}" WHERE "{link.column}" IS NOT NULL AND NOT EXISTS '  # noqa: S608 - names of our own schema
                f'(SELECT 1 FROM "{link.parent}" AS p WHERE p."{link.key}" = "{link.table}"."{link.column}")'
            )
            if count := target.execute(statement).rowcount:
                gone[link.table] = gone.get(link.table, 0) + count
        if sum(gone.values()) == before:
            return gone


def _given(connection: sqlite3.Connection, table: str) -> int:
    """Return the highest number that a table has given, 0 where nothing tells any more."""
    found = [0]
    with contextlib.suppress(sqlite3.Error, UnicodeError):
        query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        found += [seq for (seq,) in connection.execute(query, (table,)) if isinstance(seq, int)]
    return max(seq for seq in found if seq <= _MOST)


def _links(connection: sqlite3.Connection) -> Iterator[_Link]:
    names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid"
    for (table,) in connection.execute(names).fetchall():
        for _, _, parent, column, key, *_ in connection.execute(f'PRAGMA foreign_key_list("{table}")'):
            yield _Link(table, column, parent, key)
