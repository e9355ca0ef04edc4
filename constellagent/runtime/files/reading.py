"""Reading a file of a worktree: by directory handles, never through a symbolic link, whole and of one moment.

    read(root, path, largest=LARGEST_TEXT) -> Found      raises UsageError for a path that is never answered
    version_of(mode, content) -> str                     of content that comes from git
    opened_parent(root, parts) -> context of a handle    for what else works on files here

Nothing is resolved by name twice: each folder is opened inside the one before it.
"""

import contextlib
import errno
import hashlib
import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from constellagent.errors import WorldError
from constellagent.runtime.files.paths import checked
from constellagent.runtime.review_views import LARGEST_TEXT

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_TRIES = 8
_PAUSE = 0.02
_FRESH_NS = 50_000_000
"""A file changed this lately may be changing still: kernels stamp times no finer than some milliseconds."""
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})

Kind = Literal["file", "large", "symlink", "folder", "other", "absent"]


@dataclass(frozen=True, slots=True)
class Found:
    """What is at a path.

    Attributes:
        kind: `large` is a file of more bytes than were asked for, `other` a socket, pipe or device, `absent`
            also what lies behind a symbolic link.
        mode: git's word for it (`100644`, `100755`, `120000`, `040000`), empty where git has none.
        size: bytes.
        version: equal as long as mode and content are; of a large file as long as it is not written to. Empty
            where there is no file.
        content: of a `file`; of a `symlink` where it points.
        status: what the system says of it.
    """

    kind: Kind
    mode: str = ""
    size: int = 0
    version: str = ""
    content: bytes | None = None
    status: os.stat_result | None = None


ABSENT = Found("absent")


def version_of(mode: str, content: bytes) -> str:
    """Return the version of a file with this mode (git's) and content."""
    return hashlib.sha256(mode.encode() + b"\0" + content).hexdigest()


def read(root: Path, path: str, *, largest: int = LARGEST_TEXT) -> Found:
    """Return what is at `path` below the worktree `root`.

    Raises:
        UsageError: the path is never answered.
        WorldError: it cannot be read, or does not stop changing.
    """
    parts = checked(path)
    try:
        with opened_parent(root, parts) as folder:
            return read_in(folder, parts[-1], largest=largest)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return ABSENT
        raise WorldError(f"cannot read {path}: {error.strerror}") from error


@contextlib.contextmanager
def opened_parent(root: Path, parts: Sequence[str], *, make: bool = False) -> Iterator[int]:
    """Open the folder of a path, step by step; with `make`, folders that are missing are made.

    Raises:
        OSError: a step is missing, no folder, or a symbolic link.
    """
    folder = os.open(root, _FOLDER)
    try:
        for part in parts[:-1]:
            inner = _step(folder, part, make=make)
            os.close(folder)
            folder = inner
        yield folder
    finally:
        os.close(folder)


def _step(folder: int, part: str, *, make: bool) -> int:
    with contextlib.suppress(FileNotFoundError):
        return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    made = False
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(part, 0o700, dir_fd=folder)
            made = True
    inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    if made:  # as open to others as the folder it is in, whatever the umask of this process
        os.fchmod(inner, stat.S_IMODE(os.fstat(folder).st_mode) & ~stat.S_ISVTX)
    return inner


def read_in(folder: int, name: str, *, largest: int = LARGEST_TEXT) -> Found:
    """Return what `name` is in an open folder.

    Raises:
        WorldError: it does not stop changing.
        OSError: it cannot be read.
    """
    last: bytes | None = None
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(_PAUSE)
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                return _other(folder, name, status)
            found = _file(folder, name, largest, last)
        except FileNotFoundError:
            return ABSENT
        except OSError as error:
            if error.errno != errno.ELOOP:  # it became a symbolic link between the two looks
                raise
            continue
        if isinstance(found, Found):
            return found
        last = found
    raise WorldError(f"{name} does not stop changing", delay=1, hint="try again when its writer is done")


def _other(folder: int, name: str, status: os.stat_result) -> Found:
    if stat.S_ISDIR(status.st_mode):
        return Found("folder", "040000", status=status)
    if not stat.S_ISLNK(status.st_mode):
        return Found("other", status=status)
    target = os.readlink(os.fsencode(name), dir_fd=folder)
    return Found("symlink", "120000", len(target), version_of("120000", target), target, status)


def _file(folder: int, name: str, largest: int, last: bytes | None) -> Found | bytes | None:
    """Return the file, or what was read of one that may still be changing."""
    descriptor = os.open(name, _FILE, dir_fd=folder)
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            return None
        mode = "100755" if before.st_mode & stat.S_IXUSR else "100644"
        if before.st_size > largest:
            return Found("large", mode, before.st_size, _version_of_large(mode, before), None, before)
        content = _whole(descriptor, largest + 1)
        if len(content) > largest:
            return None
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not same_state(before, after) or len(content) != after.st_size:
        return content
    if time.time_ns() - after.st_mtime_ns < _FRESH_NS and content != last:
        return content
    return Found("file", mode, len(content), version_of(mode, content), content, after)


def _whole(descriptor: int, most: int) -> bytes:
    parts = []
    while most > 0 and (part := os.read(descriptor, min(most, 1 << 20))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _version_of_large(mode: str, status: os.stat_result) -> str:
    return version_of(mode, f"{status.st_ino} {status.st_size} {status.st_mtime_ns}".encode())


def same_state(one: os.stat_result, other: os.stat_result) -> bool:
    """Say whether two looks met the same file, not written to between them as far as its times tell."""
    return (one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns, one.st_mode) == (
        other.st_dev,
        other.st_ino,
        other.st_size,
        other.st_mtime_ns,
        other.st_mode,
    )
