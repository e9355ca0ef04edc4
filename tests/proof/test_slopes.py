"""A leak is told from noise: by its slope, and by how sure that is."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.proof.slopes import slope

MINUTE = 60.0


@given(st.floats(-1000, 1000), st.floats(0, 1e6))
def test_a_straight_line_has_its_own_slope(per_hour: float, begin: float) -> None:
    """What grows evenly grows by just that, and it is certain."""
    times = [MINUTE * n for n in range(30)]
    found = slope(times, [begin + per_hour * at / 3600 for at in times])
    assert found.per_hour == pytest.approx(per_hour, abs=1e-3)
    assert found.within(per_hour + 1e-2)
    assert per_hour < 0.1 or (found.significant and not found.within(per_hour - 0.01))


@pytest.mark.parametrize("seed", range(5))
def test_noise_does_not_grow(seed: int) -> None:
    """Independent noise about a level is flat, whatever single samples say."""
    chance = random.Random(seed)
    times = [10.0 * n for n in range(180)]
    values = [100 + chance.gauss(0, 1) for _ in times]
    values[30] += 500
    found = slope(times, values)
    assert abs(found.per_hour) < 2
    assert found.within(2)
    assert found.low < 0.5


@pytest.mark.parametrize("seed", range(5))
def test_a_leak_below_noise_is_found(seed: int) -> None:
    """A slow leak under spikes that are larger than all that it adds is still told."""
    chance = random.Random(seed)
    times = [10.0 * n for n in range(180)]
    found = slope(times, [100 + 40 * at / 3600 + chance.expovariate(1 / 8) for at in times])
    assert found.significant
    assert 25 < found.per_hour < 55
    assert not found.within(20)


def test_what_follows_what_was_before_says_less() -> None:
    """A random walk ends somewhere, which is no leak: its interval is wider than that of as much noise."""
    chance = random.Random(7)
    times = [10.0 * n for n in range(180)]
    walk, at = [], 0.0
    for _ in times:
        at = 0.95 * at + chance.gauss(0, 1)
        walk.append(at)
    still = [chance.gauss(0, 3) for _ in times]
    wide, narrow = slope(times, walk), slope(times, still)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
