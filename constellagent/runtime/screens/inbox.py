"""What a holder sent and a screen has not taken yet: bounded, in order, and in handy pieces.

A flood arrives in many small parts. Taken together they cost one turn instead of hundreds, and no turn takes
more than `MOST` bytes, so that a flooding session leaves time for the others.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from constellagent.runtime.holder.stream import (
    Exit,
    Gone,
    HolderStream,
    Item,
    Output,
    Reported,
    Resync,
    Sized,
    Typed,
)

MOST = 1 << 18
"""Bytes of output that are handed out at once."""
_FULL = 1 << 18
"""Bytes at which nothing more is taken from the holder, which keeps it in its log."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Output without a gap in it, which may be empty, and what came right after it."""

    offset: int
    data: bytes
    then: Sized | Resync | Typed | Reported | Exit | Gone | None


class Inbox:
    """Takes the items of one stream as they come."""

    def __init__(self, stream: HolderStream) -> None:
        """Take the stream's items from now on."""
        self._stream = stream
        self._items: deque[Item] = deque()
        self._waiting = 0
        self._paused = False
        self._arrived = asyncio.Event()
        stream.deliver(self._put)

    async def take(self) -> Batch:
        """Return what came next, as soon as there is something."""
        while not self._items:
            self._arrived.clear()
            await self._arrived.wait()
        batch = self._batch()
        self._waiting -= len(batch.data)
        if self._paused and self._waiting < _FULL // 2:
            self._paused = False
            self._stream.resume()
        return batch

    def _put(self, item: Item) -> None:
        self._items.append(item)
        self._arrived.set()
        if isinstance(item, Output):
            self._waiting += len(item.data)
            if self._waiting > _FULL and not self._paused:
                self._paused = True
                self._stream.pause()

    def _batch(self) -> Batch:
        offset, parts, size = -1, list[bytes](), 0
        while self._items:
            item = self._items[0]
            if isinstance(item, Output):
                if parts and (item.offset != offset + size or size + len(item.data) > MOST):
                    break
                if not parts:
                    offset = item.offset
                parts.append(item.data)
                size += len(item.data)
                self._items.popleft()
            elif isinstance(item, Sized):
                return Batch(offset, b"".join(parts), self._last_size())
            elif isinstance(item, Resync | Typed | Reported | Exit | Gone):
                self._items.popleft()
                return Batch(offset, b"".join(parts), item)
            else:
                self._items.popleft()  # that something is refused says nothing of the screen
        return Batch(offset, b"".join(parts), None)

    def _last_size(self) -> Sized:
        """Return the last of the sizes that came with no output in between; the others showed nothing."""
        while True:
            item = self._items.popleft()
            assert isinstance(item, Sized)
            if not self._items or not isinstance(self._items[0], Sized):
                return item
