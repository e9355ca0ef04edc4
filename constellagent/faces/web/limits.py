"""How often somebody may be wrong: failed logins and bad tokens of one address, counted.

Who is right is never kept out, however often others were wrong: the secrets are long and random, so the count
is there to slow noise down and to have it seen, and a program with a wrong token is told to wait.
"""

import math
from collections import OrderedDict

from constellagent.runtime.clock import Clock

BURST = 10
"""Failures that are simply answered."""

PAUSE = 6.0
"""Seconds after which one more is."""

MOST = 1024
"""Addresses that are remembered."""


class Failures:
    """The recent failures of each address."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: OrderedDict[str, float] = OrderedDict()

    def failed(self, address: str) -> int:
        """Count one failure; return the seconds that its maker must wait, 0 for none."""
        now = self._clock.monotonic()
        until = max(self._until.pop(address, now), now) + PAUSE
        self._until[address] = min(until, now + (BURST + 1) * PAUSE)
        while len(self._until) > MOST:
            self._until.popitem(last=False)
        return math.ceil(max(0.0, self._until[address] - now - BURST * PAUSE))
