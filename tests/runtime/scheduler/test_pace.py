"""How fast runs are started."""

from dataclasses import replace

import pytest

from constellagent.plan.fires import Fire, Reason
from constellagent.runtime.scheduler.pace import FEW, Pace
from tests.runtime.scheduler.virtual import NOON, VirtualClock


def fires(count: int, reason: Reason = "catchup") -> list[Fire]:
    """Return so many fires."""
    one = Fire("", "docs/daily", "clock", NOON, 1, reason, "queued", NOON)
    return [replace(one, run=f"r{number}") for number in range(count)]


def test_an_ordinary_minute_is_not_slowed_down() -> None:
    """What is due by the clock starts at once, however much it is."""
    pace = Pace(VirtualClock(), 1.0, 10.0)

    assert pace.choose(fires(300, "schedule")) == fires(300, "schedule")


@pytest.mark.parametrize("reason", ["catchup", "backfill"])
def test_what_is_made_up_for_is_spaced(reason: Reason) -> None:
    """A few start together, then one each second; what is due by the clock goes past them."""
    clock = VirtualClock()
    pace = Pace(clock, 1.0, 10.0)
    assert pace.choose(fires(9, reason)) == fires(9, reason)[:FEW]
    assert pace.next() == clock.awake + 1.0

    clock.advance(0.5)
    assert pace.choose(fires(3, reason)) == []
    assert pace.choose([*fires(3, reason), *fires(1, "schedule")]) == fires(1, "schedule")
    assert pace.next() == pytest.approx(clock.awake + 0.5)
    clock.advance(0.5)
    assert len(pace.choose(fires(3, reason))) == 1
    clock.advance(3600)
    assert len(pace.choose(fires(9, reason))) == FEW


def test_after_a_wake_everything_waits_and_is_spaced() -> None:
    """Nothing starts within the grace; then whatever it is comes one after another, for a while."""
    clock = VirtualClock()
    pace = Pace(clock, 1.0, 10.0)
    pace.woke()
    assert pace.choose(fires(1, "manual")) == []
    assert pace.next() == clock.awake + 10

    clock.advance(10)
    assert len(pace.choose(fires(9, "schedule"))) == FEW
    clock.advance(61)
    assert len(pace.choose(fires(9, "schedule"))) == 9


def test_without_spacing_there_is_only_the_grace() -> None:
    """Zero seconds between starts means: all at once."""
    clock = VirtualClock()
    pace = Pace(clock, 0.0, 10.0)
    assert len(pace.choose(fires(9))) == 9
    pace.woke()
    assert pace.choose(fires(9)) == []
    clock.advance(10)
    assert len(pace.choose(fires(9))) == 9
