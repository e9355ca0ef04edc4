"""The only module that reads the clock; everything else is handed a `Clock`."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for people and records, monotonic time for spans."""

    def now(self) -> float:
        """Return wall time, seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """Return wall time, seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()
