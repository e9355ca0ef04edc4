"""Watches the agents of the demo by what they write to their terminals, until all have ended."""

import json
import time
from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import follow
from constellagent.faces.cli.demo_cast import CAST, LAST_LINE
from constellagent.faces.cli.progress import Progress
from constellagent.runtime.clock import Clock
from constellagent.runtime.control import SessionView

PATIENCE = 120.0
"""Seconds after which an agent that is not done is not waited for any more."""

_INTERVAL = 0.05
_PRAISE = "verified at {}, all of it in its vault, owner told"


class Screen:
    """What one session has written so far, line by line."""

    def __init__(self, session: SessionView) -> None:
        self.session = session
        self.lines: list[str] = []
        self._offset = 0
        self._rest = b""

    def look(self) -> list[str]:
        """Return the lines that were written since the last look."""
        data = b""
        for start, chunk in follow.chunks(self.session["log"], self._offset):
            data += chunk
            self._offset = start + len(chunk)
        *whole, self._rest = (self._rest + data).split(b"\n")
        new = [line.decode(errors="replace").strip() for line in whole]
        self.lines += [line for line in new if line]
        return [line for line in new if line]

    def has_ended(self) -> bool:
        """Whether the session is over; read first, then looked at, so that no line is missed."""
        return follow.end_of(self.session["log"]) is not None


def watch(client: BlockingClient, file: str, progress: Progress, clock: Clock) -> dict[str, Screen]:
    """Return what each agent wrote, once all are done or ended; an agent that never started is left out."""
    screens = {name: screen for name in CAST if (screen := _screen(client, file, name)) is not None}
    deadline = clock.monotonic() + PATIENCE
    waiting = dict(screens)
    while waiting and clock.monotonic() < deadline:
        for name, screen in [*waiting.items()]:
            ended = screen.has_ended()
            new = screen.look()
            if LAST_LINE in new:
                del waiting[name]
                progress.take(
                    {"subject": name, "text": _PRAISE.format(CAST[name].service.name), "level": "done"}
                )
            elif ended:
                del waiting[name]
                said = screen.lines[-1] if screen.lines else "it said nothing"
                progress.take({"subject": name, "text": f"ended: {said}", "level": "error"})
            elif new:
                progress.take({"subject": name, "text": new[-1], "level": "info"})
        progress.refresh()
        time.sleep(_INTERVAL)
    return screens


def verified(client: BlockingClient, file: str) -> list[dict[str, Any]]:
    """Return what the services say of whom they verified: `service`, `contacts`, `signed_up`, `verified`."""
    found: list[dict[str, Any]] = []
    for part in CAST.values():
        screen = _screen(client, file, part.service.name.lower())
        lines = screen.look() if screen is not None else []
        found += [json.loads(line) for line in lines if line.startswith("{")]
    return found


def _screen(client: BlockingClient, file: str, subject: str) -> Screen | None:
    try:
        return Screen(client.session(file, subject))
    except ConstellagentError:
        return None
