"""Whether a SQLite file is as it should be: one rule for who opens it to work and for who only looks.

What lies beside the file is looked at before SQLite opens it, since that alone may harm: SQLite removes a log
whose file is empty, and takes a file without its log, which has the newest commits, for all there is.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

ASIDE = "damaged"
"""In the names of files that were set aside: `state.db.damaged-20260101T000000Z`."""


def log_of(path: Path) -> Path:
    """Return where the log of a file lies: what was committed and is not in the file yet."""
    return path.with_name(f"{path.name}-wal")


def has_log(path: Path) -> bool:
    """Say whether there is a log of this file with anything in it.

    Raises:
        OSError: nobody can tell.
    """
    return _size(log_of(path)) > 0


def alone(path: Path) -> bool:
    """Say whether there is a log with anything in it, and its file is gone or empty.

    Raises:
        OSError: nobody can tell.
    """
    return _size(path) <= 0 and has_log(path)


def parted(path: Path) -> Path | None:
    """Return the second name of a damaged file whose log was moved beside that name already, else None.

    Whoever set it aside died before another file came in its place. Read by that name it is whole.

    Raises:
        OSError: nobody can tell.
    """
    if has_log(path):
        return None
    with_log = [one for one in second_names(path) if has_log(one)]
    return max(with_log, key=lambda one: log_of(one).lstat().st_mtime_ns, default=None)


def second_names(path: Path) -> Iterator[Path]:
    """Yield the names besides its own that a file has because it is being set aside.

    Raises:
        OSError: nobody can tell.
    """
    try:
        own = path.lstat()
    except FileNotFoundError:
        return
    if own.st_nlink > 1:
        for one in sorted(path.parent.glob(f"{path.name}.{ASIDE}-*")):
            if os.path.samestat(one.lstat(), own):
                yield one


def fault(connection: sqlite3.Connection, newest: int) -> str:
    """Return what is wrong in a file that is open, empty for nothing; `newest` is the version known here.

    Before a change of the version the indexes are compared with their tables, too: that happens once, and
    shows more.

    Raises:
        sqlite3.Error: it is so damaged that it cannot be read, or it cannot be read now.
        UnicodeError: it is so damaged that a text in it is none.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    check = "quick_check" if version in {0, newest} else "integrity_check"
    said = str(connection.execute(f"PRAGMA {check}(1)").fetchone()[0]).splitlines()[-1]
    if version < 0:
        return "it has no version"
    return "" if said == "ok" else said


def _size(path: Path) -> int:
    """Return how long a file is, -1 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
