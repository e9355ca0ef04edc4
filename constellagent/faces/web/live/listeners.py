"""Who watches: each with what waits for them, in bounded memory however slowly they read."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from constellagent.faces.web.live.frames import Frame

MOST_WAITING = 256
"""Frames that wait for one listener; with more it gets one full view in their place."""


@dataclass(frozen=True, slots=True)
class Audience:
    """What somebody may see: all, or one agent of one constellation."""

    file: str = ""
    agent: str = ""

    def sees(self, file: str, subject: str) -> bool:
        """Say whether what concerns this subject is shown."""
        return not self.agent or (file == self.file and subject == self.agent)


class Listener:
    """One who watches."""

    def __init__(
        self, audience: Audience, first: Sequence[Frame], select: Callable[[Frame, Audience], Frame | None]
    ) -> None:
        """`select` gives what the audience may see of a frame."""
        self.audience = audience
        self._select = select
        self._waiting: deque[Frame] = deque(first)
        self._stirred = asyncio.Event()
        self.stale = False
        """Frames were left out; a full view has to be given in their place."""
        self.over = False
        """Nothing comes any more."""

    def put(self, frame: Frame) -> None:
        """Take one frame."""
        seen = self._select(frame, self.audience)
        if seen is None or self.stale:
            return
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
            self.stale = True
        else:
            self._waiting.append(seen)
        self._stirred.set()

    def end(self) -> None:
        """Let nothing come any more."""
        self.over = True
        self._stirred.set()

    async def wait(self, patience: float) -> bool:
        """Wait until there is something to take; False where nothing came for so many seconds."""
        if self._waiting or self.stale or self.over:
            return True
        self._stirred.clear()
        try:
            async with asyncio.timeout(patience):
                await self._stirred.wait()
        except TimeoutError:
            return False
        return True

    def take(self) -> list[Frame]:
        """Return what waits."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken
