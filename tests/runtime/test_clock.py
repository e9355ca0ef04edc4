"""The machine's own clocks."""

import sys
import time

import pytest

from constellagent.runtime.clock import SleepAwareClock, SystemClock


def test_it_tells_the_time() -> None:
    """Wall time is the epoch's, within the moment that the test takes; monotonic time never goes back."""
    clock = SystemClock()
    before = time.time()

    now, first, second = clock.now(), clock.monotonic(), clock.monotonic()

    assert before <= now <= time.time()
    assert first <= second


def test_it_knows_of_sleep() -> None:
    """The time with sleep never goes back either, and passes as fast as the other while nobody sleeps."""
    clock = SystemClock()
    assert isinstance(clock, SleepAwareClock)
    before = clock.with_sleep() - clock.monotonic()

    after = clock.with_sleep() - clock.monotonic()

    assert abs(after - before) < 2


@pytest.mark.parametrize(
    ("system", "awake", "with_sleep"),
    [("linux", "CLOCK_MONOTONIC", "CLOCK_BOOTTIME"), ("darwin", "CLOCK_UPTIME_RAW", "CLOCK_MONOTONIC")],
)
def test_each_system_calls_its_clocks_otherwise(
    monkeypatch: pytest.MonkeyPatch, system: str, awake: str, with_sleep: str
) -> None:
    """`CLOCK_MONOTONIC` stands still in sleep on Linux and goes on in it on macOS."""
    asked = {"CLOCK_MONOTONIC": 1.0, "CLOCK_BOOTTIME": 2.0, "CLOCK_UPTIME_RAW": 3.0}
    for name in asked:
        monkeypatch.setattr(time, name, name, raising=False)
    monkeypatch.setattr(time, "clock_gettime", asked.__getitem__)
    monkeypatch.setattr(time, "monotonic", lambda: asked["CLOCK_MONOTONIC"])
    monkeypatch.setattr(sys, "platform", system)

    clock = SystemClock()

    assert (clock.monotonic(), clock.with_sleep()) == (asked[awake], asked[with_sleep])


def test_a_system_that_cannot_tell_has_one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is ever noticed of sleep."""
    monkeypatch.setattr(sys, "platform", "freebsd14")
    monkeypatch.setattr(time, "monotonic", lambda: 7.0)

    assert SystemClock().with_sleep() == SystemClock().monotonic() == 7.0
