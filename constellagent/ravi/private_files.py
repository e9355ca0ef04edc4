"""Files that only this user may read, written so that a crash or a planted link cannot spoil them.

Every step goes through a descriptor of the folder, so nobody can swap a part of the path for a link
between two steps. A write is a new file and a rename: a reader sees the old content or the new, never half.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from constellagent import space
from constellagent.errors import ConstellagentError
from constellagent.failpoints import around
from constellagent.ravi.points import ProviderPoint

_LARGEST = 1 << 20
"""No file that we keep in private folders is larger; more than this is not ours."""


def read_private(folder: Path, name: str) -> bytes | None:
    """Return the content of a file of ours, or None where folder or file does not exist.

    Raises:
        ConstellagentError: it cannot be read, or is no plain file.
    """
    with _explained(folder / name, "read"):
        try:
            descriptor = os.open(folder, _FOLDER)
        except FileNotFoundError:
            return None
        with _closing(descriptor):
            return _read(descriptor, name)


@around(ProviderPoint.PRIVATE_WRITE)
def write_private(
    folder: Path, name: str, data: bytes, *, keep: str | None = None, mode: int = 0o600
) -> bool:
    """Make the file hold `data` with `mode` in a folder with mode 0700, which is created where missing.

    Returns whether anything was written: equal content is left alone, down to its time stamp. Where `keep`
    is given, content that is replaced survives under that name.

    Raises:
        ConstellagentError: the folder is a link or somebody else's, or the disk refuses.
    """
    with _explained(folder / name, "write"), _private_folder(folder) as descriptor:
        found = _read(descriptor, name)
        if found == data:
            return _restrict(descriptor, name, mode)
        if found is not None and keep is not None:
            os.replace(
                _temporary(descriptor, name, found, 0o600), keep, src_dir_fd=descriptor, dst_dir_fd=descriptor
            )
        os.replace(
            _temporary(descriptor, name, data, mode), name, src_dir_fd=descriptor, dst_dir_fd=descriptor
        )
        os.fsync(descriptor)
        return True


def create_private(folder: Path, name: str, data: bytes) -> bytes:
    """Create the file with `data` unless it exists; return what it holds, so that all racers agree.

    Raises:
        ConstellagentError: the folder is a link or somebody else's, or the disk refuses.
    """
    with _explained(folder / name, "create"), _private_folder(folder) as descriptor:
        temporary = _temporary(descriptor, name, data, 0o600)
        try:
            with contextlib.suppress(FileExistsError):
                os.link(temporary, name, src_dir_fd=descriptor, dst_dir_fd=descriptor, follow_symlinks=False)
        finally:
            os.unlink(temporary, dir_fd=descriptor)
        os.fsync(descriptor)
        return _read(descriptor, name) or b""


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def _private_folder(folder: Path) -> Iterator[int]:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    descriptor = os.open(folder, _FOLDER)
    with _closing(descriptor):
        if os.fstat(descriptor).st_uid != os.getuid():
            raise ConstellagentError(f"{folder} belongs to another user", hint="move it away")
        if stat.S_IMODE(os.fstat(descriptor).st_mode) != 0o700:
            os.fchmod(descriptor, 0o700)
        yield descriptor


def _read(folder: int, name: str) -> bytes | None:
    try:
        # O_NONBLOCK: opening a planted fifo must not hang us.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ConstellagentError(f"{name} is not a plain file", hint="move it away")
        return file.read(_LARGEST)


def _restrict(folder: int, name: str, mode: int) -> bool:
    """Set the mode where it is another; return whether it was."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    with _closing(descriptor):
        if stat.S_IMODE(os.fstat(descriptor).st_mode) == mode:
            return False
        os.fchmod(descriptor, mode)
        return True


def _temporary(folder: int, name: str, data: bytes, mode: int) -> str:
    temporary = f".{name}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        os.unlink(temporary, dir_fd=folder)
        raise
    return temporary


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _explained(path: Path, verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConstellagentError(
            f"cannot {verb} {path}: {space.told(error, path)}",
            hint="its folder must be a real folder of yours, no link, on a disk with space left",
        ) from error
