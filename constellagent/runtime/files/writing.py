"""Saving and removing a file of a worktree, so that nothing that somebody else wrote is lost.

    save(root, path, content, version) -> Found      `version` is what was seen before; empty for a new file
    remove(root, path, version) -> Found             returns what was there
    ChangedError                                     it is not what was seen; carries what is there now

A save is a new file that takes the old one's place at one instant, with its mode and owner. What it displaced
is looked at afterwards: if it is not what was seen, everything is put back. Where the file system cannot
exchange two names, a plain rename takes the place: what somebody writes between our last look and that rename
is lost then, and nothing tells.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from constellagent.errors import ConflictError, UsageError, WorldError
from constellagent.failpoints import around
from constellagent.runtime.files import asides
from constellagent.runtime.files.paths import checked
from constellagent.runtime.files.reading import ABSENT, Found, opened_parent, read_in, same_state, version_of
from constellagent.runtime.files.swapping import exchange
from constellagent.runtime.points import Point
from constellagent.runtime.review_views import LARGEST_TEXT

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK})
_WHAT = {
    "symlink": "a symbolic link, which is never written through",
    "folder": "a folder",
    "other": "no regular file",
    "large": "too large to be edited here",
}


class ChangedError(ConflictError):
    """A file is not what it was when it was looked at; nothing was written.

    Attributes:
        path: the file.
        found: what is there now.
    """

    def __init__(self, path: str, found: Found) -> None:
        there = "is gone" if found.kind == "absent" else "has changed"
        super().__init__(
            f"{path} {there} since it was opened; nothing was written",
            hint="look at what is there now, then save again from that",
        )
        self.path = path
        self.found = found

    def details(self) -> Mapping[str, object]:
        """Return the path, and the version and kind of what is there."""
        return {"path": self.path, "version": self.found.version, "found": self.found.kind}


@around(Point.WORK_SAVE)
def save(root: Path, path: str, content: bytes, version: str) -> Found:
    """Write a file whole, if it is still the `version` that was seen; return what is there now.

    Raises:
        UsageError: the path is never written, or names something other than a file.
        ChangedError: something else is there.
        ConflictError: a folder on the way is a file or a symbolic link.
        WorldError: it could not be written.
    """
    parts = checked(path)
    with _told(path, "save"), opened_parent(root, parts, make=not version) as folder:
        asides.sweep(folder)
        found = _expected(folder, parts[-1], path, version)
        if found.content == content:
            return found
        return _written(folder, parts[-1], path, content, found)


@around(Point.WORK_REMOVE)
def remove(root: Path, path: str, version: str, *, largest: int = LARGEST_TEXT) -> Found:
    """Take a file or symbolic link away, if it is still the `version` that was seen; return what it was.

    `largest` must be what the version was read with.

    Raises:
        UsageError: the path is never written, or names something other than a file.
        ChangedError: something else is there, or nothing.
        ConflictError: a folder on the way is a file or a symbolic link; or a new file took the place of one
            that has changed, which then is beside it.
        WorldError: it could not be removed.
    """
    parts = checked(path)
    name = parts[-1]
    with _told(path, "remove"), opened_parent(root, parts) as folder:
        asides.sweep(folder)
        found = read_in(folder, name, largest=largest)
        if found.kind in {"folder", "other"}:
            raise UsageError(f"{path} is {_WHAT[found.kind]}; only files are removed")
        if found.kind == "absent" or found.version != version:
            raise ChangedError(path, found)
        aside = asides.name(found.content)
        os.rename(name, aside, src_dir_fd=folder, dst_dir_fd=folder)
        displaced = _look(folder, aside, largest)
        if displaced is None or displaced.version != version:
            _put_back(folder, aside, name, path)
            raise ChangedError(path, displaced or found)
        os.unlink(aside, dir_fd=folder)
        os.fsync(folder)
    _tidy(root, parts)
    return found


def _tidy(root: Path, parts: Sequence[str]) -> None:
    """Remove the folders that are empty now, as git does, which knows no empty folders."""
    with contextlib.suppress(OSError):
        for depth in range(len(parts) - 1, 0, -1):
            with opened_parent(root, parts[:depth]) as folder:
                os.rmdir(parts[depth - 1], dir_fd=folder)


@contextlib.contextmanager
def _told(path: str, what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ChangedError(path, ABSENT) from error
    except OSError as error:
        if error.errno in {errno.ENOTDIR, errno.ELOOP, errno.EEXIST}:
            raise ConflictError(
                f"cannot {what} {path}: a folder on the way is a file or a symbolic link",
                hint="give the path of a file that is really inside the worktree",
            ) from error
        raise WorldError(f"cannot {what} {path}: {error.strerror}") from error


def _expected(folder: int, name: str, path: str, version: str) -> Found:
    found = read_in(folder, name)
    if found.kind in _WHAT:
        raise UsageError(f"{path} is {_WHAT[found.kind]}")
    if found.version != version:
        raise ChangedError(path, found)
    return found


def _written(folder: int, name: str, path: str, content: bytes, seen: Found) -> Found:
    aside = asides.name(seen.content, content)
    try:
        status = _fill(folder, aside, content, seen)
        mode = "100755" if status.st_mode & stat.S_IXUSR else "100644"
        ours = Found("file", mode, len(content), version_of(mode, content), content, status)
        if seen.kind == "absent":
            _place(folder, aside, name, path)
        else:
            _replace(folder, aside, name, path, seen, ours)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside, dir_fd=folder)
    os.fsync(folder)
    return ours


def _fill(folder: int, aside: str, content: bytes, seen: Found) -> os.stat_result:
    """Write a file of our own with the mode and owner that the other has, and have the disk hold it."""
    mode = stat.S_IMODE(os.fstat(folder).st_mode) & 0o666 | 0o600
    if seen.status is not None:
        mode = stat.S_IMODE(seen.status.st_mode) & 0o777
    descriptor = os.open(aside, _NEW, 0o600, dir_fd=folder)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if seen.status is not None:
            with contextlib.suppress(PermissionError):  # only root gives files to others
                os.fchown(descriptor, seen.status.st_uid, seen.status.st_gid)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
        return os.fstat(descriptor)
    finally:
        os.close(descriptor)


def _place(folder: int, aside: str, name: str, path: str) -> None:
    """Give our file a name that nobody has: never over one that came meanwhile."""
    try:
        os.link(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except FileExistsError as error:
        raise ChangedError(path, read_in(folder, name)) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        found = read_in(folder, name)
        if found.kind != "absent":
            raise ChangedError(path, found) from error
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)


def _replace(folder: int, aside: str, name: str, path: str, seen: Found, ours: Found) -> None:
    now = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if seen.status is None or not same_state(now, seen.status):
        _expected(folder, name, path, seen.version)
    if not exchange(folder, aside, name):
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
        return
    displaced = _look(folder, aside)
    if displaced is not None and displaced.version == seen.version:
        return
    exchange(folder, aside, name)
    again = _look(folder, aside)
    if again is None or again.version != ours.version:
        exchange(folder, aside, name)  # somebody wrote over ours meanwhile: theirs is the newest
    raise ChangedError(path, _look(folder, name) or ABSENT)


def _look(folder: int, name: str, largest: int = LARGEST_TEXT) -> Found | None:
    """Return what is there, None for what does not stop changing."""
    try:
        return read_in(folder, name, largest=largest)
    except WorldError:
        return None


def _put_back(folder: int, aside: str, name: str, path: str) -> None:
    try:
        os.link(aside, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        raise ConflictError(
            f"{path} changed while it was removed; what it was is in {aside} beside it",
            hint="compare the two and keep what you want",
        ) from error
    os.unlink(aside, dir_fd=folder)
