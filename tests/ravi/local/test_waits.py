"""Requests that wait, and how they are let go."""

import asyncio

from constellagent.ravi.local.bell import Bell
from constellagent.ravi.local.waits import Waits
from tests.ravi.local.events.happenings import until


async def test_a_bell_is_heard() -> None:
    """Who waits is woken by the bell of its identity, at once where it rang since it was counted."""
    bell, waits = Bell(), Waits()
    waiting = asyncio.ensure_future(waits.hear(bell, 1, bell.count(1), 10))
    await until(lambda: 1 in bell._waiting)
    bell.ring(1)
    assert await waiting
    assert await waits.hear(bell, 1, 0, 10)
    assert waits._deadlines == set()


async def test_time_is_over() -> None:
    """Without the bell, waiting ends after the seconds."""
    bell, waits = Bell(), Waits()
    assert not await waits.hear(bell, None, 0, 0.01)
    assert waits._deadlines == set()


async def test_all_are_let_go() -> None:
    """At the end everybody who waits goes on, and nobody waits any more."""
    bell, waits = Bell(), Waits()
    waiting = [asyncio.ensure_future(waits.hear(bell, number, 0, 60)) for number in range(5)]
    await until(lambda: len(bell._waiting) == 5)
    waits.end()
    async with asyncio.timeout(30):
        assert await asyncio.gather(*waiting) == [False] * 5
        assert not await waits.hear(bell, None, 0, 60)
    assert bell._waiting == {}


async def test_a_cancelled_wait_is_forgotten() -> None:
    """A request that ends while it waits leaves nothing behind."""
    bell, waits = Bell(), Waits()
    waiting = asyncio.ensure_future(waits.hear(bell, 1, 0, 60))
    await until(lambda: 1 in bell._waiting)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert waits._deadlines == set()
    waits.end()
