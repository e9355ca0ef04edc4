"""The loop's wait: until a time of the wall clock, or until somebody rings.

The event loop's own timers follow a clock that stands still in sleep and knows nothing of a wall clock that
is set, so no wait is longer than `LONGEST`.
"""

import asyncio
import contextlib
import logging
from typing import Protocol

from constellagent.runtime.clock import Clock
from constellagent.runtime.scheduler.timerfd import WallTimer

_log = logging.getLogger(__name__)

LONGEST = 30.0
"""Seconds."""


class Alarm(Protocol):
    """What the loop waits for."""

    async def until(self, epoch: float | None) -> None:
        """Return at that wall time, after `LONGEST` at the latest, or as soon as it was rung for."""
        ...

    def ring(self) -> None:
        """Let the wait end now, or the next one at once."""
        ...

    def close(self) -> None:
        """Give up what the alarm holds."""
        ...


class SystemAlarm:
    """The alarm of the machine's own clock; on Linux it also rings when that clock is set."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is held before the first wait."""
        self._clock = clock
        self._bell = asyncio.Event()
        self._timer: WallTimer | None = None
        self._tried = False

    async def until(self, epoch: float | None) -> None:
        """Return at that wall time, after `LONGEST` at the latest, or as soon as it was rung for."""
        now = self._clock.now()
        end = now + LONGEST if epoch is None else min(epoch, now + LONGEST)
        self._set(end)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(end - now, 0)):
                await self._bell.wait()
        self._bell.clear()

    def ring(self) -> None:
        """Let the wait end now, or the next one at once."""
        self._bell.set()

    def close(self) -> None:
        """Give up the timer."""
        if self._timer is not None:
            asyncio.get_running_loop().remove_reader(self._timer.fd)
            self._timer.close()
            self._timer = None

    def _set(self, epoch: float) -> None:
        if not self._tried:
            self._tried = True
            self._open()
        if self._timer is not None:
            try:
                self._timer.set(epoch)
            except OSError as error:
                _log.warning("the timer of the wall clock cannot be set: %s", error.strerror)
                self.close()

    def _open(self) -> None:
        try:
            self._timer = WallTimer()
        except OSError:
            return  # no wait is longer than LONGEST anyway
        asyncio.get_running_loop().add_reader(self._timer.fd, self._rang)

    def _rang(self) -> None:
        if self._timer is not None:
            self._timer.read()
        self._bell.set()
