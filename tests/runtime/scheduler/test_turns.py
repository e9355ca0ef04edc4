"""Long work in pieces."""

import asyncio
import gc

import pytest

from constellagent.runtime.scheduler.turns import in_turns
from constellagent.runtime.tasks import spawn


async def test_others_have_their_turn() -> None:
    """Each item is worked on once, in order, and what else waits runs in between."""
    done: list[int] = []
    seen: list[int] = []

    async def other() -> None:
        while len(done) < 200:
            seen.append(len(done))
            await asyncio.sleep(0)

    task = spawn(other(), name="other")
    await in_turns(done.append, range(200))
    await task

    assert done == list(range(200))
    assert len(set(seen)) > 3


async def test_the_collector_rests_only_meanwhile() -> None:
    """It is at work again between the pieces and after a failure, and stays off where it was off."""
    during: list[bool] = []
    await in_turns(lambda _: during.append(gc.isenabled()), range(3))
    assert during == [False] * 3
    assert gc.isenabled()

    with pytest.raises(ZeroDivisionError):
        await in_turns(lambda item: 1 // item, [0])  # type: ignore[arg-type] # its result is dropped
    assert gc.isenabled()

    gc.disable()
    try:
        await in_turns(lambda _: None, [1])
        assert not gc.isenabled()
    finally:
        gc.enable()
