"""Kernel locks: held by an open file, so that death releases them and no stale one can remain."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from constellagent.errors import BusyError, WorldError

_LONGEST = 4096
"""Bytes of a signature that are written and read."""


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
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, _LONGEST, 0).decode(errors="replace").strip()
            raise BusyError(f"busy: {owner or 'an unknown process'}", owner=owner, hint=hint) from error
        _sign(descriptor, f"{what} by pid {os.getpid()}\n")
        yield
        _sign(descriptor, "")
    finally:
        os.close(descriptor)


def _sign(descriptor: int, text: str) -> None:
    """Say who holds the lock; it is as good without, so a full disk stops nobody."""
    data = text.encode()[:_LONGEST]
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, data, 0)
        os.ftruncate(descriptor, len(data))
