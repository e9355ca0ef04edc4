"""How often something may happen."""

from constellagent.runtime.triggers import rates
from constellagent.runtime.triggers.rates import Rates


def test_a_name_may_happen_so_often_in_a_span() -> None:
    """The next one has to wait until the span is over; another name does not."""
    now = [100.0]
    limits = Rates(2, 60.0, lambda: now[0])
    assert [limits.wait("a") for _ in range(3)] == [0.0, 0.0, 60.0]
    now[0] += 45
    assert (limits.wait("a"), limits.wait("b")) == (15.0, 0.0)
    now[0] += 15
    assert [limits.wait("a") for _ in range(3)] == [0.0, 0.0, 60.0]


def test_made_up_names_take_no_memory_without_end() -> None:
    """Beyond so many names the one that was heard of longest ago is forgotten."""
    limits = Rates(1, 60.0, lambda: 0.0)
    for number in range(rates.MOST_NAMES + 10):
        limits.wait(number)
        limits.wait("busy")
    assert len(limits._counted) == rates.MOST_NAMES
    assert limits.wait("busy") == 60.0
