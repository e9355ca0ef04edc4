"""A clock that runs many times as fast, the same one for every daemon of a laboratory, and an alarm on it.

The virtual time is worked out from the machine's, so it goes on while no daemon runs, and each daemon that is
started goes on in it. A file says by how many seconds the wall clock was set.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from constellagent.runtime.scheduler.alarm import LONGEST

_PREFIX = "FAST_"


@dataclass(frozen=True, slots=True)
class FastClock:
    """All that a `Clock` has.

    Attributes:
        speed: virtual seconds in one second.
        real: the machine's monotonic time at which the virtual time began.
        virtual: what the wall clock said then, epoch seconds.
        steps: the file with the seconds by which it was set since then; it need not be there.
    """

    speed: float
    real: float
    virtual: float
    steps: str

    @classmethod
    def begin(cls, speed: float, steps: Path) -> Self:
        """Return a clock that begins half a minute after the last full hour."""
        return cls(speed, time.monotonic(), time.time() // 3600 * 3600 + 30, str(steps))

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Self:
        """Return the clock that `environment` describes."""
        speed, real, virtual = (float(environ[f"{_PREFIX}{name}"]) for name in ("SPEED", "REAL", "VIRTUAL"))
        return cls(speed, real, virtual, environ[f"{_PREFIX}STEPS"])

    def environment(self) -> dict[str, str]:
        """Return what tells another process of this clock."""
        return {f"{_PREFIX}{name.upper()}": str(value) for name, value in asdict(self).items()}

    def now(self) -> float:
        """Return the wall time."""
        return self.virtual + (time.monotonic() - self.real) * self.speed + self._stepped()

    def moment(self) -> datetime:
        """Return the wall time, UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic() * self.speed

    def with_sleep(self) -> float:
        """Return the same: this clock never sleeps."""
        return self.monotonic()

    def set(self, seconds: float) -> None:
        """Set the wall clock forward, or back, for whoever uses it."""
        changed = Path(f"{self.steps}.new")
        changed.write_text(str(self._stepped() + seconds))
        changed.replace(self.steps)

    def _stepped(self) -> float:
        try:
            return float(Path(self.steps).read_text())
        except FileNotFoundError:
            return 0.0


class FastAlarm:
    """An alarm on a fast clock. Nobody tells it that the clock was set, as on a system without timerfd."""

    def __init__(self, clock: FastClock) -> None:
        """Nobody waits yet."""
        self._clock = clock
        self._bell = asyncio.Event()

    async def until(self, epoch: float | None) -> None:
        """Return at that wall time, after `LONGEST` at the latest, or as soon as it was rung for."""
        wait = LONGEST if epoch is None else min(max(epoch - self._clock.now(), 0.0), LONGEST)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait / self._clock.speed):
                await self._bell.wait()
        self._bell.clear()

    def ring(self) -> None:
        """Let the wait end now, or the next one at once."""
        self._bell.set()

    def close(self) -> None:
        """Hold nothing."""
