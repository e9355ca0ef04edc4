"""What the clocks say beside the time: that the machine slept, that its clock was set, or is far from true.

Whether a fire runs never depends on noticing: the cursors and the wall clock decide. This is for what a
person should be told, and for the wait until a network is there again.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from constellagent.runtime.clock import Clock, SleepAwareClock

_log = logging.getLogger(__name__)

NOTICEABLE = 2.0
"""Seconds by which clocks must come apart before that means anything."""
FAR = 366 * 86400.0
"""Seconds ahead of all that is known at which a clock is doubted."""
DOUBT = 60.0
"""Seconds after which a doubted clock is read again."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What happened to the clocks since the last look.

    Attributes:
        slept: seconds that the machine slept, 0 where it did not.
        stepped: seconds by which the wall clock was set, negative where that was back.
    """

    slept: float = 0.0
    stepped: float = 0.0


class Clockwork:
    """Compares the clocks with one another."""

    def __init__(self, clock: Clock) -> None:
        """Begin with what the clocks say now."""
        self._clock = clock
        self._with_sleep = clock.with_sleep if isinstance(clock, SleepAwareClock) else clock.monotonic
        self._asleep, self._lead = self._read()

    def look(self) -> Noticed:
        """Return what happened since the last look; a slow drift of the clocks is nothing."""
        asleep, lead = self._read()
        slept, stepped = _noticeable(asleep - self._asleep), _noticeable(lead - self._lead)
        self._asleep, self._lead = asleep, lead
        if slept:
            _log.info("the machine slept for %.0f s", slept)
        if stepped:
            _log.warning("the clock was set %s by %.0f s", "forward" if stepped > 0 else "back", abs(stepped))
        return Noticed(max(slept, 0.0), stepped)

    def _read(self) -> tuple[float, float]:
        """Return the time asleep, and the wall clock's lead; each as far from some constant."""
        with_sleep = self._with_sleep()
        return with_sleep - self._clock.monotonic(), self._clock.now() - with_sleep


def _noticeable(seconds: float) -> float:
    return seconds if abs(seconds) > NOTICEABLE else 0.0


class Doubt:
    """Keeps a clock that is far in the future from deciding anything, until a second look agrees.

    A cursor that was moved a year ahead could not be moved back by itself: nothing would fire for a year.
    """

    def __init__(self, clock: Clock) -> None:
        """Nothing is known yet, so nothing is doubted."""
        self._clock = clock
        self._known: float | None = None
        self._read: tuple[float, float] | None = None

    def knows(self, moment: datetime) -> None:
        """Take note of a time that has certainly been."""
        self._known = max(self._known or 0.0, moment.timestamp())

    def wait(self) -> float:
        """Return for how many seconds nothing may be decided; 0 where the clock is believed."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        if self._known is None or now - self._known <= FAR or self._agrees(now, monotonic):
            self._known, self._read = max(self._known or 0.0, now), None
            return 0.0
        if self._read is None or abs(self._drift(now, monotonic)) > NOTICEABLE:
            shown = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
            _log.warning(
                "the clock says %s, more than a year after all that is known; nothing is started until it "
                "has said so for %.0f s",
                shown,
                DOUBT,
            )
            self._read = now, monotonic
        return self._read[1] + DOUBT - monotonic

    def _agrees(self, now: float, monotonic: float) -> bool:
        """Whether the clock went on as it should since it was doubted, for long enough."""
        if self._read is None or monotonic - self._read[1] < DOUBT:
            return False
        return abs(self._drift(now, monotonic)) <= NOTICEABLE

    def _drift(self, now: float, monotonic: float) -> float:
        assert self._read is not None
        return (now - self._read[0]) - (monotonic - self._read[1])
