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

from constellagent import soundness
from constellagent.durable import Migrations
from constellagent.runtime.mending import numbers
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
_ALONE = "it is empty, and the log beside it is not"


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
    """Say how a database is; changes nothing.

    What `DurableFile.open` refuses as damaged is damaged here too.
    """
    if (seen := _beside(path)) is not None:
        return seen
    try:
        with opened(path) as connection:
            return _checked(connection, migrations)
    except _ERRORS as error:
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", -1) & 0xFF in _PASSING:
            return Seen(Health.UNKNOWN, str(error))
        return Seen(Health.DAMAGED, str(error))


def _beside(path: Path) -> Seen | None:
    """Say how a database is where that is told without opening it; None where it is to be opened."""
    try:
        size, alone = path.stat().st_size, soundness.alone(path)
        aside = soundness.parted(path)
    except FileNotFoundError:
        return Seen(Health.EMPTY, "it is not there")
    except OSError as error:
        return Seen(Health.UNKNOWN, error.strerror or str(error))
    if not size:
        return Seen(Health.DAMAGED, _ALONE) if alone else Seen(Health.EMPTY, "it is empty")
    return Seen(Health.DAMAGED, f"its log lies beside {aside} already") if aside else None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database for reading alone, with its log; leaves no file behind but the log's own index.

    Raises:
        sqlite3.Error: it cannot be opened, or is empty and has a log, which opening it would remove.
    """
    try:
        if soundness.alone(path):
            raise sqlite3.DatabaseError(_ALONE)
        whole = soundness.parted(path) or path
    except OSError as error:
        unknown = sqlite3.OperationalError(f"cannot look at {path}: {error.strerror}")
        unknown.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise unknown from error
    # Without a log nobody has it open, and a reader would leave an empty one behind.
    how = "mode=ro" if soundness.log_of(whole).exists() else "immutable=1"
    place = f"file:{quote(os.fsencode(whole))}?{how}"
    connection = sqlite3.connect(place, uri=True, isolation_level=None, timeout=5)
    with contextlib.closing(connection):
        yield connection


def _checked(connection: sqlite3.Connection, migrations: Migrations) -> Seen:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        return Seen(Health.NEWER, f"version {version}")
    if wrong := soundness.fault(connection, len(migrations)):
        return Seen(Health.DAMAGED, wrong)
    there = tables(connection).keys()
    if version == 0 and not there:
        return Seen(Health.EMPTY, "nothing was ever kept in it")
    with (
        contextlib.closing(fresh(migrations[:version])) as model,
        contextlib.closing(fresh(migrations)) as new,
    ):
        known, later = tables(model).keys(), tables(new).keys() - tables(model).keys()
    if missing := known - there:
        return Seen(Health.DAMAGED, f"table {min(missing)} is not in it")
    if early := later & there:
        return Seen(Health.DAMAGED, f"table {min(early)} is in it, which version {version} does not have")
    return Seen(Health.FINE)


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
    A row that names one that was lost is lost as well, and a number that was given is not given again.
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
    numbers.keep(source, target)
    for table, count in numbers.cut(target).items():
        kept[table] = kept.get(table, 0) - count
        why = f"{count} belong to what is lost"
        lost[table] = f"{lost[table]}; {why}" if table in lost else why
    return Salvage(kept, lost)


def nothing(path: Path, target: sqlite3.Connection) -> Salvage | None:
    """Return that all of a file is lost where it cannot even be opened without harm, None where it can.

    Raises:
        OSError: nobody can tell.
    """
    return Salvage({}, dict.fromkeys(tables(target), _ALONE)) if soundness.alone(path) else None


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
