"""The machine's own clocks."""

import time

from constellagent.runtime.clock import SystemClock


def test_it_tells_the_time() -> None:
    """Wall time is the epoch's, within the moment that the test takes; monotonic time never goes back."""
    clock = SystemClock()
    before = time.time()

    now, first, second = clock.now(), clock.monotonic(), clock.monotonic()

    assert before <= now <= time.time()
    assert first <= second
