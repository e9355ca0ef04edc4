"""Progress of an apply on stderr: one line an event, and on a terminal a small block that is redrawn.

On a terminal what is finished scrolls up and stays; below it stands one line for each agent at work. The
block is written in one piece and at most ten times a second, so that it neither flickers nor scrolls.
"""

import sys
from collections.abc import Iterable
from typing import Any, TextIO

from constellagent.errors import ConstellagentError
from constellagent.faces.cli import screen
from constellagent.runtime.clock import Clock, SystemClock
from constellagent.runtime.control import ApplyResult, StreamItem

_INTERVAL = 0.1
_MARKS = {"info": (" ", ""), "done": ("+", "green"), "warning": ("!", "yellow"), "error": ("x", "red")}


class Progress:
    """Shows events as they come; `close` leaves the terminal clean."""

    def __init__(self, stream: TextIO, clock: Clock, *, live: bool = True) -> None:
        """Without `live` each event is a line of its own on a terminal too."""
        self._stream = stream
        self._clock = clock
        self._live = live and stream.isatty()
        self._working: dict[str, str] = {}
        self._drawn = 0
        self._drawn_at = float("-inf")
        self._stale = False

    def take(self, event: dict[str, Any]) -> None:
        """Show one event: the JSON form of `runtime.events.Event`."""
        subject, text, level = str(event["subject"]), str(event["text"]), str(event["level"])
        lines = [self._line(subject, text, level)]
        lines += [f"    {screen.clean(str(loss))}" for loss in event.get("data", {}).get("losses", ())]
        if not self._live:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
            return
        if level == "info":
            self._working[subject] = text
            self._draw([])
        else:
            self._working.pop(subject, None)
            self._draw(lines, now=True)

    def refresh(self) -> None:
        """Show what came too soon after something else to be drawn by itself."""
        if self._stale:
            self._draw([])

    def close(self) -> None:
        """Take the block away."""
        self._working.clear()
        if self._drawn:
            self._draw([], now=True)

    def _line(self, subject: str, text: str, level: str) -> str:
        mark, colour = _MARKS.get(level, _MARKS["info"])
        about = f"{screen.clean(subject)}: " if subject else ""
        return f"{screen.paint(mark, colour, self._stream)} {about}{screen.clean(text)}"

    def _draw(self, finished: list[str], *, now: bool = False) -> None:
        moment = self._clock.monotonic()
        if not now and moment - self._drawn_at < _INTERVAL:
            self._stale = True
            return
        size = screen.terminal_size(self._stream)
        block = [f"  {screen.clean(name)}: {screen.clean(text)}" for name, text in self._working.items()]
        room = max(1, min(12, size.lines - 2))
        if len(block) > room:
            block = [*block[: room - 1], f"  and {len(block) - room + 1} more"]
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        body = "".join(
            f"{line}\n" for line in (*finished, *(screen.shorten(line, size.columns - 1) for line in block))
        )
        self._stream.write(f"\x1b[?2026h{up}\r\x1b[J{body}\x1b[?2026l")
        self._stream.flush()
        self._drawn = len(block)
        self._drawn_at = moment
        self._stale = False


def follow(items: Iterable[StreamItem]) -> ApplyResult:
    """Show the events of a stream on stderr and return its result.

    Raises:
        ConstellagentError: the stream ended without a result.
    """
    progress = Progress(sys.stderr, SystemClock())
    result: Any = None
    try:
        for item in items:
            if "event" in item:
                progress.take(item["event"])
            result = item.get("result", result)
    finally:
        progress.close()
    if result is None:
        raise ConstellagentError("the daemon ended before it said how it went", hint="run the command again")
    ended: ApplyResult = result
    return ended
