"""The mark that a session was begun: written once, before its program runs, and never taken away.

Whoever writes it may start the session, and nobody else ever can. That is what makes a scheduled run start at
most once, however often a daemon dies and asks for it again.
"""

import json
import os

from constellagent.failpoints import around
from constellagent.runtime.points import Point

NAME = "started"


@around(Point.HOLDER_BEGIN)
def begin(folder: str, pid: int, start: str) -> bool:
    """Claim the session in `folder` for the process `pid`, durably; False where it was begun before.

    Raises:
        OSError: it cannot be written; the session is not begun.
    """
    try:
        fd = os.open(f"{folder}/{NAME}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return False
    try:
        os.write(fd, json.dumps({"pid": pid, "start": start}).encode() + b"\n")
        os.fsync(fd)
    finally:
        os.close(fd)
    above = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(above)
    finally:
        os.close(above)
    return True


def begun(folder: str) -> bool:
    """Say whether the session in `folder` was ever begun.

    Raises:
        OSError: that cannot be looked at.
    """
    try:
        os.stat(f"{folder}/{NAME}")  # noqa: PTH116 - pathlib is dear to import
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
