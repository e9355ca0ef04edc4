"""What a holder leaves on disk about its session: one small JSON file, from the start on, final at the end.

It is padded to a fixed size, so that the end can be recorded on a full disk too: in place of the same blocks.
"""

import contextlib
import json
import os

from constellagent.failpoints import around
from constellagent.runtime.points import Point

NAME = "status.json"
_SIZE = 2048


@around(Point.HOLDER_STATUS)
def write(folder: str, status: dict[str, object], *, final: bool) -> None:
    """Replace the file atomically; the `final` one reaches the disk before this returns.

    Raises:
        OSError: it could not be written, not even in place.
    """
    content = json.dumps(status).encode().ljust(_SIZE) + b"\n"
    path = f"{folder}/{NAME}"
    fresh = f"{path}.new"
    try:
        _put(fresh, content, os.O_TRUNC, sync=final)
        os.replace(fresh, path)  # noqa: PTH105 - pathlib is dear to import
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(fresh)  # noqa: PTH108 - the same
        _put(path, content, 0, sync=final)
        return
    if final:
        fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def read(folder: str) -> dict[str, object] | None:
    """Return the status of the session in `folder`, None where none was ever written.

    Raises:
        OSError: there is one and it cannot be read.
        ValueError: there is one and it is no status.
    """
    try:
        fd = os.open(f"{folder}/{NAME}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        content = os.read(fd, 1 << 16)
    finally:
        os.close(fd)
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise ValueError(f"{folder}/{NAME} is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError(f"{folder}/{NAME} holds no status")  # noqa: TRY004 - one error for "no status in it"
    return value


def _put(path: str, content: bytes, flags: int, *, sync: bool) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | flags, 0o600)
    try:
        if os.write(fd, content) != len(content):
            raise OSError(f"{path} was written in part only")
        if sync:
            os.fsync(fd)
    finally:
        os.close(fd)
