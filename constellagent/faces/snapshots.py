"""Asks the daemon what a session's screen shows, for who is about to hand a terminal to that session.

A daemon that hangs must not keep a person from their session, so each question has a connection and a thread
of its own, and whoever gets no answer in time goes on without.
"""

import base64
import contextlib
import threading
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.terminal import Snapshot, TakeSnapshot
from constellagent.runtime.screen_views import ScreenRequest

PATIENCE = 2.0
"""Seconds that a daemon gets to say what the screen shows."""


def snapshots(daemon: Path, file: str, subject: str, *, history: int) -> TakeSnapshot:
    """Return what asks the daemon that listens at `daemon` for the screen of `subject`.

    `history` is in rows. What is returned gives None where there is no screen or the daemon takes longer than
    `PATIENCE`; it never raises, and never starts a daemon.
    """

    def ask(size: tuple[int, int] | None, found: list[Snapshot]) -> None:
        request = ScreenRequest(file=file, subject=subject, form="ansi", history=history)
        if size is not None:
            request["rows"], request["columns"] = size
        with contextlib.suppress(ConstellagentError), BlockingClient.connect(daemon) as client:
            view = client.screen(request)
            data = base64.b64decode(view["data"])
            found.append(Snapshot(view["offset"], data, view["rows"], view["columns"]))

    def take(size: tuple[int, int] | None) -> Snapshot | None:
        found: list[Snapshot] = []
        asking = threading.Thread(target=ask, args=(size, found), daemon=True)
        asking.start()
        asking.join(PATIENCE)
        return found[0] if found else None

    return take
