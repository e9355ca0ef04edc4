"""How long to wait after each failure in a row: a second, doubled each time, a minute at most."""

import asyncio
from collections.abc import Awaitable, Callable

FIRST, LONGEST = 1.0, 60.0
"""Seconds."""

Sleep = Callable[[float], Awaitable[object]]


class Patience:
    """Counts the failures in a row of one thing that is tried again and again."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        """`sleep` waits."""
        self._sleep = sleep
        self._failures = 0

    @property
    def failing(self) -> bool:
        """Whether the last try failed: what is to be said about it has been said."""
        return self._failures > 0

    def worked(self) -> None:
        """Begin anew after a try that went well."""
        self._failures = 0

    async def rest(self, least: float = 0.0) -> None:
        """Wait after a failure, `least` seconds or more."""
        pause = min(LONGEST, FIRST * 2 ** min(self._failures, 10))
        self._failures += 1
        await self._sleep(max(pause, min(least, LONGEST)))
