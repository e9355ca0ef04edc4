"""Reading a database that may be damaged, without changing it: how it is, and every row that still reads.

SQLite notices a broken page only when it comes there. Rows are read in their own order from both ends, past
what is broken; no index is used, so a broken one costs nothing. Nothing is ever guessed.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from constellagent.durable import Migrations
from constellagent.runtime.mending.facts import Health

_ERRORS = (sqlite3.Error, UnicodeError)
_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
}
"""What says nothing of the file itself."""


class Seen(NamedTuple):
    """How a database is, and what was said of it."""

    health: Health
    said: str = ""


class Salvage(NamedTuple):
    """What came of reading a damaged database.

    Attributes:
        kept: how many rows were kept, by table.
        lost: tables of which rows cannot be read any more, or not be believed, with the reason.
    """

    kept: dict[str, int]
    lost: dict[str, str]


def health(path: Path, migrations: Migrations) -> Seen:
    """Say how a database is; changes nothing."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return Seen(Health.EMPTY, "it is not there")
    except OSError as error:
        return Seen(Health.UNKNOWN, error.strerror or str(error))
    if not size and not path.with_name(f"{path.name}-wal").exists():
        return Seen(Health.EMPTY, "it is empty")
    try:
        with opened(path) as connection:
            return _checked(connection, migrations)
    except _ERRORS as error:
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", -1) & 0xFF in _PASSING:
            return Seen(Health.UNKNOWN, str(error))
        return Seen(Health.DAMAGED, str(error))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading alone; leaves no file behind that was not there.

    Raises:
        sqlite3.Error: it cannot be opened.
    """
    # Without a log nobody has it open, and a reader would leave an empty one behind.
    how = "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "immutable=1"
    place = f"file:{quote(os.fsencode(path))}?{how}"
    connection = sqlite3.connect(place, uri=True, isolation_level=None, timeout=5)
    with contextlib.closing(connection):
        yield connection


def _checked(connection: sqlite3.Connection, migrations: Migrations) -> Seen:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        return Seen(Health.NEWER, f"version {version}")
    said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0]).splitlines()[-1]
    if said == "ok" and version == 0 and not tables(connection):
        return Seen(Health.EMPTY, "nothing was ever kept in it")
    if said != "ok" or version < 0:
        return Seen(Health.DAMAGED, said if version >= 0 else "it has no version")
    with contextlib.closing(fresh(migrations[:version])) as model:
        missing = tables(model).keys() - tables(connection).keys()
    return Seen(Health.DAMAGED, f"table {min(missing)} is not in it") if missing else Seen(Health.FINE)


def fresh(migrations: Migrations) -> sqlite3.Connection:
    """Return a new, empty database of this form, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for statement in (statement for version in migrations for statement in version):
        connection.execute(statement)
    return connection


def tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the columns of each table, in the order in which the tables were made.

    Raises:
        sqlite3.Error: the list of tables cannot be read.
    """
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    names = [name for (name,) in connection.execute(f"{query} ORDER BY rowid")]
    return {name: _columns(connection, name) for name in names}


def salvage(source: sqlite3.Connection, target: sqlite3.Connection) -> Salvage:
    """Copy every row that reads and is as its table demands into `target`, which has the newest tables.

    Rows that are there already stay; one that no unique key tells apart may come twice from a broken table.
    `target` is not committed.

    Raises:
        sqlite3.Error: `target` fails.
    """
    wanted, kept, lost = tables(target), dict[str, int](), dict[str, str]()
    for table, columns in wanted.items():
        try:
            common = [f'"{column}"' for column in _columns(source, table) if column in columns]
            order = _order(source, table)
        except _ERRORS as error:
            lost[table] = str(error)
            continue
        if not common:
            lost[table] = "it is not in the file"
            continue
        # Rows keep their number, which tells the newest, and tells rows apart that come from both ends.
        names = common if set(order) <= set(common) else [*order, *common]
        listed = ", ".join(names)
        insert = f'INSERT OR IGNORE INTO "{table}" ({listed}) VALUES ({", ".join("?" * len(names))})'  # noqa: S608 - names of our own schema
        kept[table] = refused = 0
        for row in _rows(source, table, listed, order, lost):
            try:
                kept[table] += target.execute(insert, row).rowcount
            except (sqlite3.IntegrityError, sqlite3.InterfaceError):
                refused += 1
        if refused:
            lost.setdefault(table, f"{refused} rows hold what they cannot")
    return Salvage(kept, lost)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [str(row[1]) for row in connection.execute(f'PRAGMA table_info("{table}")')]


def _rows(
    source: sqlite3.Connection, table: str, names: str, order: Sequence[str], lost: dict[str, str]
) -> Iterator[Sequence[Any]]:
    """Yield the rows from the first on, and past what is broken from the last one back; some twice."""
    select = f'SELECT {names} FROM "{table}" NOT INDEXED ORDER BY '  # noqa: S608 - names of our own schema
    try:
        yield from source.execute(select + ", ".join(order))
    except _ERRORS as error:
        lost[table] = str(error)
    else:
        return
    behind = list[Sequence[Any]]()
    with contextlib.suppress(*_ERRORS):
        for row in source.execute(select + ", ".join(f"{column} DESC" for column in order)):
            behind.append(row)
    yield from reversed(behind)


def _order(source: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns by which the rows of a table lie in the file: the row's number, or its key."""
    found = source.execute(f'PRAGMA table_info("{table}")').fetchall()
    keys = [(row[5], f'"{row[1]}"', row[2]) for row in found if row[5]]
    if len(keys) == 1 and keys[0][2].upper() == "INTEGER":
        return [keys[0][1]]
    try:
        source.execute(f'SELECT rowid FROM "{table}" LIMIT 0')  # noqa: S608 - names of our own schema
    except sqlite3.OperationalError as error:
        if "rowid" not in str(error):
            raise
        return [name for _, name, _ in sorted(keys)]
    return ["rowid"]
