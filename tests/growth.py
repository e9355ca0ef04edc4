"""How the cost of work grows with its size: what holds on a slow machine, a busy one, and under a tracer."""

import time
from collections.abc import Callable
from typing import TypeVar

TIMES = 8
"""How much larger the large work is."""
MOST = 20.0
"""How much more it may cost: about 8 times where it grows with its size, 64 times where with the square."""
LEAST = 0.002
"""Seconds of CPU below which clocks say nothing of the small work."""
TRIES = 4

T = TypeVar("T")


def assert_linear(made: Callable[[int], T], work: Callable[[T], object], size: int) -> None:
    """Assert that work on what is made of `size` costs about eight times that on an eighth of it.

    Whatever runs beside it can only make a measurement worse, so that one good one of a few is enough.
    """
    large, small = made(size), made(size // TIMES)
    tries: list[tuple[float, float]] = []
    while len(tries) < TRIES:
        tries.append((max(LEAST, _spent(small, work)), _spent(large, work)))
        if tries[-1][1] <= MOST * tries[-1][0]:
            return
    raise AssertionError(f"CPU seconds of {size // TIMES} and {size}: {tries}")


def _spent(what: T, work: Callable[[T], object]) -> float:
    """Return the CPU seconds that this thread works on it."""
    begin = time.thread_time()
    work(what)
    return time.thread_time() - begin
