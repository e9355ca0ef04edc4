"""How fast runs are started after a wake or a downtime: not before the network is there, and not all at once.

An ordinary minute is not slowed down: what is due by the clock starts at once.
"""

from collections.abc import Sequence

from constellagent.plan.fires import Fire
from constellagent.runtime.clock import Clock

FEW = 4
"""Runs that are started together without a pause between them."""
SPELL = 60.0
"""Seconds after a wake in which all starts are spaced, whatever their cause."""


class Pace:
    """Which of the runs that may start do so now. All times are of the monotonic clock."""

    def __init__(self, clock: Clock, spacing: float, wake_grace: float) -> None:
        """`spacing` is in seconds between starts, `wake_grace` in seconds after a wake."""
        self._clock = clock
        self._spacing = spacing
        self._grace = wake_grace
        self._held_until = float("-inf")
        self._spell_until = float("-inf")
        self._free = float(FEW)
        self._counted_at = clock.monotonic()

    def woke(self) -> None:
        """Take note that the machine has just woken."""
        self._held_until = self._clock.monotonic() + self._grace
        self._spell_until = self._held_until + SPELL

    def choose(self, fires: Sequence[Fire]) -> list[Fire]:
        """Return those that start now; they count as started."""
        now = self._clock.monotonic()
        if now < self._held_until:
            return []
        self._count(now)
        chosen = []
        for fire in fires:
            if self._is_spaced(fire, now):
                if self._free < 1:
                    continue
                self._free -= 1
            chosen.append(fire)
        return chosen

    def next(self) -> float:
        """Return when one that was not chosen may start."""
        missing = max(1 - self._free, 0.0)
        return max(self._held_until, self._counted_at + missing * self._spacing)

    def _is_spaced(self, fire: Fire, now: float) -> bool:
        return self._spacing > 0 and (fire.reason in {"catchup", "backfill"} or now < self._spell_until)

    def _count(self, now: float) -> None:
        gained = (now - self._counted_at) / self._spacing if self._spacing > 0 else FEW
        self._free = min(self._free + gained, float(FEW))
        self._counted_at = now
