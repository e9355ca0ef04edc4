"""A session's screen made again from what lies on disk: the checkpoint, and the log after it.

Where the log does not go back to the checkpoint any more, the checkpoint is gone on from all the same: the
modes that were on then are more likely to be on still than those of a fresh terminal.
"""

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constellagent.errors import WorldError
from constellagent.runtime.holder.launch import read_status
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.screens import checkpoint
from constellagent.runtime.screens.canvas import Canvas
from constellagent.term.screen import Screen

_ABORT = b"\x18"
"""Ends a sequence that a gap in the output has cut short."""
_READ = 1 << 18
_FIRST_LINE = 4096
_USUAL = (24, 80)
_MARKER = "restoring"
_TRIES = 3

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Rebuilt:
    """A screen, and how far it has come.

    Attributes:
        screen: it is the caller's to close.
        offset: the output up to there is in it.
        memory: what the checkpoint knew beside the screen.
    """

    screen: Screen
    offset: int = 0
    memory: Mapping[str, Any] = field(default_factory=dict)

    def feed(self, start: int, data: bytes) -> None:
        """Take output that begins at `start`, later than expected where some is lost."""
        self.screen.feed(data if start == self.offset else after_gap(data))
        self.screen.take_replies()
        self.offset = start + len(data)


def resume(folder: Path, canvas: Canvas) -> Rebuilt | None:
    """Return the screen at the checkpoint of the session in `folder`, None where there is none of use.

    Raises:
        WorldError: it cannot be read.
    """
    try:
        found = checkpoint.read(folder)
    except OSError as error:
        raise WorldError(
            f"the screen of session {folder.name} cannot be read: {error.strerror}",
            hint=f"look at {folder}",
        ) from error
    screen = canvas.restored(found) if found else None
    if found is None or screen is None:
        return None
    return Rebuilt(screen, found.offset, memory=found.memory)


def rebuild(folder: Path, canvas: Canvas) -> Rebuilt:
    """Return the last screen of the session in `folder`, which has ended.

    Raises:
        WorldError: what lies there cannot be read.
    """
    size = _last_size(folder)
    rebuilt = resume(folder, canvas) or Rebuilt(canvas.blank(*(size or _USUAL)))
    if size is not None:
        rebuilt.screen.resize(*size)  # who changed it after the checkpoint had the program draw anew
    log = LogReader(folder / "log")
    try:
        while True:
            start, data = log.read(rebuilt.offset, _READ)
            if not data:
                return rebuilt
            rebuilt.feed(start, data)
    except OSError as error:
        rebuilt.screen.close()
        raise WorldError(
            f"the output of session {folder.name} cannot be read: {error.strerror}",
            hint=f"look at {folder}",
        ) from error


def begin_restoring(folder: Path) -> bool:
    """Note that the screen of a session is made again; False where that was begun often and never ended.

    The engine reads whatever a program wrote. Should that ever end the daemon, others must not end of it for
    ever: after a few tries what was written before is not shown any more.
    """
    marker = folder / _MARKER
    try:
        tries = len(marker.read_bytes())
    except OSError:
        tries = 0
    if tries >= _TRIES:
        _log.warning("session %s: its old output ended %d daemons, and is not shown", folder.name, tries)
        return False
    with contextlib.suppress(OSError):  # a disk that takes no note is no reason to show nothing
        marker.write_bytes(b"." * (tries + 1))
        marker.chmod(0o600)
    return True


def end_restoring(folder: Path) -> None:
    """Note that it is made; harmless where nothing was noted."""
    with contextlib.suppress(OSError):
        (folder / _MARKER).unlink(missing_ok=True)


def after_gap(data: bytes) -> bytes:
    """Return output that follows a gap as a screen should get it: from the first whole line on."""
    return _ABORT + data[data.find(b"\n", 0, _FIRST_LINE) + 1 :]


def last_written(folder: Path) -> float:
    """Return when the session in `folder` last wrote something, epoch seconds; 0 where nobody can say."""
    try:
        return max((each.stat().st_mtime for each in (folder / "log").iterdir()), default=0.0)
    except OSError:
        return 0.0


def _last_size(folder: Path) -> tuple[int, int] | None:
    status = read_status(folder) or {}
    rows, columns = status.get("rows"), status.get("columns")
    return (rows, columns) if isinstance(rows, int) and isinstance(columns, int) else None
