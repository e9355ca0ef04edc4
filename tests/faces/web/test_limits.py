"""How often somebody may be wrong."""

from constellagent.faces.web.limits import BURST, MOST, PAUSE, Failures
from tests.faces.web.set_clock import SetClock


def test_some_failures_are_answered_and_then_one_in_a_while() -> None:
    """After the burst there is a wait, which passes, and which never grows without end."""
    clock = SetClock()
    failures = Failures(clock)
    assert [failures.failed("a") for _ in range(BURST)] == [0] * BURST
    assert failures.failed("a") == PAUSE
    for _ in range(1000):
        assert failures.failed("a") <= PAUSE
    assert failures.failed("b") == 0
    clock.advance(2 * PAUSE)
    assert failures.failed("a") == 0


def test_only_so_many_addresses_are_remembered() -> None:
    """A flood of addresses takes no memory."""
    failures = Failures(SetClock())
    for n in range(MOST + 10):
        failures.failed(str(n))
    assert len(failures._until) == MOST
