"""What the clocks say beside the time."""

import logging

import pytest

from constellagent.runtime.clock import SystemClock
from constellagent.runtime.scheduler.clockwork import Clockwork, Noticed
from tests.runtime.conftest import StillClock
from tests.runtime.scheduler.virtual import VirtualClock


def test_time_that_passes_is_nothing() -> None:
    """Nor is a difference that is too small to mean anything, however often it comes."""
    clock = VirtualClock()
    clockwork = Clockwork(clock)
    for _ in range(10):
        clock.advance(30)
        clock.step(1.9)
        clock.sleep(1.9)
        assert clockwork.look() == Noticed()


@pytest.mark.parametrize("slept", [2.5, 3600.0, 30 * 86400.0])
def test_sleep_is_told_once(slept: float, caplog: pytest.LogCaptureFixture) -> None:
    """It is no set clock, and the look after it sees nothing."""
    caplog.set_level(logging.INFO)
    clock = VirtualClock()
    clockwork = Clockwork(clock)
    clock.sleep(slept)

    noticed = clockwork.look()

    assert noticed.slept == pytest.approx(slept)
    assert noticed.stepped == 0
    assert "the machine slept" in caplog.text
    assert clockwork.look() == Noticed()


@pytest.mark.parametrize(("by", "word"), [(3600.0, "forward"), (-3600.0, "back"), (-400 * 86400.0, "back")])
def test_a_set_clock_is_told_once(by: float, word: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is no sleep; the log says which way and how far."""
    clock = VirtualClock()
    clockwork = Clockwork(clock)
    clock.advance(30)
    clock.step(by)

    assert clockwork.look().stepped == pytest.approx(by)
    assert clockwork.look() == Noticed()
    assert f"set {word} by {abs(by):.0f} s" in caplog.text


def test_a_clock_that_knows_nothing_of_sleep_notices_none() -> None:
    """What it cannot tell it does not make up."""
    clock = StillClock()
    clockwork = Clockwork(clock)
    clock.time += 3600

    assert clockwork.look() == Noticed()


def test_the_machine_s_own_clocks_are_quiet() -> None:
    """Two looks in a row see neither sleep nor a set clock."""
    clockwork = Clockwork(SystemClock())

    assert clockwork.look() == Noticed()
