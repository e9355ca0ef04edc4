"""Kernel locks: held by an open file, so that death releases them and no stale one can remain."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from constellagent.errors import BusyError


@contextmanager
def exclusive(path: Path, what: str, *, hint: str = "") -> Iterator[None]:
    """Hold the lock file `path` for `what` (words for whoever finds it held).

    Raises:
        BusyError: somebody holds it; the message says who and for what.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                raise
            owner = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "an unknown process"
            raise BusyError(f"busy: {owner}", owner=owner, hint=hint) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{what} by pid {os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
