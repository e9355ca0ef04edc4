"""The copy of a SQLite file from before a newer release changed it, beside the file: `state.db.v5.bak`.

It is whole, private and on the disk before the first statement of the change, so whoever must go back to the
release before can. The newest few are kept; what a second try would copy again is kept once.
"""

import contextlib
import filecmp
import os
import re
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from constellagent.errors import WorldError

KEPT = 3
"""Copies of one file that are kept, the newest."""
_FRESH = ".bak.new"
"""How the name of a copy ends that is not whole yet."""


class Backup(NamedTuple):
    """One copy.

    Attributes:
        version: which the file had.
        size: in bytes.
        at: when it was made, epoch seconds.
    """

    path: Path
    version: int
    size: int
    at: float


def found(file: Path) -> list[Backup]:
    """Return the copies of `file` that there are, the newest first.

    Raises:
        WorldError: the folder cannot be looked at.
    """
    pattern = re.compile(re.escape(file.name) + r"\.v(\d+)(?:\.\d+)?\.bak")
    try:
        named = [(path, pattern.fullmatch(path.name), path.lstat()) for path in file.parent.iterdir()]
    except OSError as error:
        raise WorldError(f"cannot look for copies of {file}: {error.strerror}") from error
    copies = [
        Backup(path, int(match[1]), status.st_size, status.st_mtime)
        for path, match, status in named
        if match and stat.S_ISREG(status.st_mode)
    ]
    return sorted(copies, key=lambda copy: (copy.at, copy.version), reverse=True)


def version_of(file: Path) -> int | None:
    """Return the version that a SQLite file says it has, without changing the file or the log beside it.

    None where there is no such file, and where it cannot be told now: opening it then says why.
    """
    with contextlib.suppress(OSError, sqlite3.Error, UnicodeError):
        status = file.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size:
            log = file.with_name(f"{file.name}-wal")
            # Without a log there is nothing to make one for: a reader would leave an empty one behind.
            how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
            place = f"file:{quote(os.fsencode(file))}?{how}"
            with contextlib.closing(sqlite3.connect(place, uri=True, timeout=1)) as connection:
                return int(connection.execute("PRAGMA user_version").fetchone()[0])
    return None


def make(connection: sqlite3.Connection, file: Path, version: int) -> Path:
    """Copy what `connection` has open to beside `file`; returns where, once the copy is on the disk.

    Nobody else may write to the file meanwhile.

    Raises:
        WorldError: there is no space for it, or it cannot be written; nothing is left of it.
    """
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page,) = connection.execute("PRAGMA page_size").fetchone()
    fresh = file.with_name(file.name + _FRESH)
    try:
        fresh.unlink(missing_ok=True)
        free = shutil.disk_usage(file.parent).free
        if free < pages * page:
            raise _no_space(file, pages * page, free)
        _copy(connection, fresh)
        return _named(fresh, file, version)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
        if full:
            raise _no_space(file, pages * page, shutil.disk_usage(file.parent).free) from error
        raise WorldError(
            f"{file} cannot be copied before this release changes it: {error}",
            hint="nothing was changed; may you write there, and is there space left?",
        ) from error


def prune(file: Path) -> None:
    """Remove all copies but the newest `KEPT`.

    Raises:
        WorldError: one cannot be removed.
    """
    for copy in found(file)[KEPT:]:
        try:
            copy.path.unlink(missing_ok=True)
        except OSError as error:
            raise WorldError(f"cannot remove {copy.path}: {error.strerror}") from error


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(target, flags, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
            copy.execute(
                "PRAGMA synchronous=OFF"
            )  # one flush at the end is enough for a file nobody knows of
            connection.backup(copy)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _named(fresh: Path, file: Path, version: int) -> Path:
    """Give the whole copy its name, unless an earlier try has left the same; returns the copy's place."""
    for copy in found(file):
        if copy.version == version and filecmp.cmp(copy.path, fresh, shallow=False):
            fresh.unlink()
            return copy.path
    number, target = 1, file.with_name(f"{file.name}.v{version}.bak")
    while target.exists() or target.is_symlink():
        number += 1
        target = file.with_name(f"{file.name}.v{version}.{number}.bak")
    fresh.rename(target)
    folder = os.open(file.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return target


def _no_space(file: Path, needed: int, free: int) -> WorldError:
    return WorldError(
        f"{file} is not changed to what this release needs: the copy of it that must be there before "
        f"takes {needed:,} bytes, and {free:,} are free",
        hint=f"nothing was changed; make space in {file.parent}",
    )
