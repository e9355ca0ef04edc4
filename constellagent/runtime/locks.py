"""Kernel locks: held by an open file, so that death releases them and no stale one can remain."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from constellagent.errors import BusyError, WorldError

_LONGEST = 4096
"""Bytes of a signature that are written and read."""
_LOOK = 5.0
"""Seconds that whoever only looks may keep others waiting: it takes one instant, unless it is stopped."""


@contextlib.contextmanager
def exclusive(path: Path, what: str, *, hint: str = "") -> Iterator[None]:
    """Hold the lock file `path` for `what` (words for whoever finds it held).

    Raises:
        BusyError: somebody holds it; the message says who and for what.
        FileNotFoundError: its folder does not exist.
        WorldError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise WorldError(f"cannot open the lock {path}: {error.strerror}") from error
    try:
        if not _take(descriptor):
            owner = _signature(descriptor)
            raise BusyError(f"busy: {owner or 'an unknown process'}", owner=owner, hint=hint)
        _sign(descriptor, f"{what} by pid {os.getpid()}\n")
        yield
        _sign(descriptor, "")
    finally:
        os.close(descriptor)


def held_by(path: Path) -> str | None:
    """Return the words of who holds the lock file `path`, empty for one unknown; None where nobody does.

    Looking keeps nobody from taking it.

    Raises:
        WorldError: it cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WorldError(f"cannot open the lock {path}: {error.strerror}") from error
    try:
        return None if _try(descriptor, fcntl.LOCK_SH) else _signature(descriptor)
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    """Take the lock; False where somebody holds it. Who only looks is waited for."""
    until = time.monotonic() + _LOOK
    while not _try(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > until or not _try(descriptor, fcntl.LOCK_SH):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(0.001)
    return True


def _try(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _signature(descriptor: int) -> str:
    return os.pread(descriptor, _LONGEST, 0).decode(errors="replace").strip()


def _sign(descriptor: int, text: str) -> None:
    """Say who holds the lock; it is as good without, so a full disk stops nobody."""
    data = text.encode()[:_LONGEST]
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, data, 0)
        os.ftruncate(descriptor, len(data))
