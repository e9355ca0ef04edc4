"""Zoom: one session gets the whole terminal, byte for byte, until the prefix key is pressed in it."""

from pathlib import Path

from constellagent.faces.snapshots import snapshots
from constellagent.faces.terminal import Left, take_over
from constellagent.runtime.control import SessionView

_HISTORY = 500
"""Rows of scrollback that the terminal around gets to see."""


def zoom(socket: Path, file: str, session: SessionView, *, prefix: bytes) -> Left:
    """Hand this terminal to a session; returns when it ended or the prefix key was pressed.

    Must be called in the main thread, and takes it; no event loop may run in it meanwhile.

    Raises:
        UnavailableError: the session's holder cannot be reached, or died meanwhile.
    """
    return take_over(
        Path(session["socket"]),
        Path(session["log"]),
        detach_key=prefix,
        snapshot=snapshots(socket, file, session["id"], history=_HISTORY),
    )
