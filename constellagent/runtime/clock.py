"""The only module that reads the clock; everything else is handed a `Clock`."""

import sys
import time
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """Wall time for people and records, monotonic time for spans."""

    def now(self) -> float:
        """Return wall time, seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, and that stand still while the machine sleeps."""
        ...


@runtime_checkable
class SleepAwareClock(Protocol):
    """A clock that goes on while the machine sleeps, so that sleep can be told from a clock that was set."""

    def with_sleep(self) -> float:
        """Return seconds that never go back, those asleep included."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """Return wall time, seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Return seconds that never go back, and that stand still while the machine sleeps."""
        if sys.platform == "darwin":
            return time.clock_gettime(time.CLOCK_UPTIME_RAW)
        return time.monotonic()

    def with_sleep(self) -> float:
        """Return seconds that never go back, those asleep included.

        `CLOCK_MONOTONIC` goes on in sleep on macOS and stands still on Linux, where `CLOCK_BOOTTIME` goes on.
        """
        if sys.platform == "darwin":
            return time.clock_gettime(time.CLOCK_MONOTONIC)
        if sys.platform == "linux":
            return time.clock_gettime(time.CLOCK_BOOTTIME)
        return time.monotonic()
