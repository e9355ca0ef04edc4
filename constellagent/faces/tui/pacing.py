"""When frames are drawn: the first change after a quiet moment at once, all others thirty times a second.

So is the first change after something was typed, as a person waits for it: one frame for each key. A flood of
output never takes more than its share from the keys.
"""

import asyncio
from collections.abc import Callable

FRAME = 1 / 30
"""Least seconds between two frames."""


class Pacer:
    """Calls `draw(whole)` after changes; `whole` where more than terminals has changed."""

    def __init__(self, draw: Callable[[bool], None], *, frame: float = FRAME) -> None:
        self._draw = draw
        self._frame = frame
        self._drawn_at = float("-inf")
        self._due: asyncio.TimerHandle | None = None
        self._soon: asyncio.Handle | None = None
        self._whole = False
        self._awaited = False
        self._later: asyncio.TimerHandle | None = None

    def typed(self) -> None:
        """Draw the next change at once: it may be the echo."""
        self._awaited = True

    def changed(self, *, whole: bool = False) -> None:
        """Draw as soon as may be."""
        self._whole = self._whole or whole
        if self._soon is not None or (self._due is not None and not self._awaited):
            return
        if self._due is not None:
            self._due.cancel()
        if self._awaited:
            self._now()
            return
        loop = asyncio.get_running_loop()
        wait = self._drawn_at + self._frame - loop.time()
        if wait <= 0:
            self._soon = loop.call_soon(self._now)  # after all that has come in this turn
        else:
            self._due = loop.call_later(wait, self._now)

    def look_again(self, after: float) -> None:
        """Draw again in so many seconds, whether or not anything changes."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(after, self._look)

    def close(self) -> None:
        """Draw nothing any more."""
        for handle in (self._soon, self._due, self._later):
            if handle is not None:
                handle.cancel()
        self._soon = self._due = self._later = None

    def _look(self) -> None:
        self._later = None
        self.changed()

    def _now(self) -> None:
        self._soon = self._due = None
        self._awaited = False
        whole, self._whole = self._whole, False
        self._drawn_at = asyncio.get_running_loop().time()
        self._draw(whole)
