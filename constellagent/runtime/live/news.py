"""What happened lately, kept for who comes later and passed on to those who watch.

A watcher that does not read loses the oldest news, never the newest, and costs a bounded amount of memory.
"""

import asyncio
from collections import deque

from constellagent.runtime.live_views import EventView

KEPT = 500
"""Events that are kept."""
MOST_WAITING = 1000
"""Events that wait for one watcher."""


class Reader:
    """One watcher's own queue, filled from its beginning with what was kept."""

    def __init__(self, file: str | None, kept: list[EventView]) -> None:
        """Only events of `file` are of interest, all where it is None."""
        self._file = file
        self._waiting: deque[EventView] = deque(kept, MOST_WAITING)
        self.stirred = asyncio.Event()
        """Set when there may be something new; whoever waits for it clears it."""

    def put(self, event: EventView) -> None:
        """Take one event, if it is of interest."""
        if self._file in {None, event["file"]}:
            self._waiting.append(event)
            self.stirred.set()

    def take(self) -> list[EventView]:
        """Return what has come since the last call."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


class News:
    """All events of this daemon's life, as far as they are kept."""

    def __init__(self) -> None:
        self._kept: deque[EventView] = deque(maxlen=KEPT)
        self._readers: set[Reader] = set()

    def tell(self, event: EventView) -> None:
        """Take one event; never blocks."""
        self._kept.append(event)
        for reader in self._readers:
            reader.put(event)

    def open(self, file: str | None) -> Reader:
        """Begin to watch; end it with `close`."""
        reader = Reader(file, [event for event in self._kept if file in {None, event["file"]}])
        self._readers.add(reader)
        return reader

    def close(self, reader: Reader) -> None:
        """End a watch; harmless if done twice."""
        self._readers.discard(reader)
