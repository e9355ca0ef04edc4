"""When frames are drawn."""

import asyncio
from itertools import pairwise

from constellagent.faces.tui.pacing import Pacer


async def test_the_first_change_after_quiet_is_drawn_in_the_same_turn() -> None:
    """An echo does not wait for the next frame."""
    drawn: list[bool] = []
    pacer = Pacer(drawn.append)
    pacer.changed()
    await asyncio.sleep(0)
    assert drawn == [False]
    pacer.close()


async def test_a_flood_is_drawn_at_most_once_per_frame() -> None:
    """Many changes make few frames, and the last one is among them."""
    drawn: list[float] = []
    loop = asyncio.get_running_loop()
    pacer = Pacer(lambda _: drawn.append(loop.time()), frame=0.02)
    while len(drawn) < 6:
        pacer.changed()
        await asyncio.sleep(0)
    last = loop.time()
    pacer.changed()
    async with asyncio.timeout(30):
        while drawn[-1] < last:
            await asyncio.sleep(0.001)
    assert all(later - earlier >= 0.019 for earlier, later in pairwise(drawn))
    pacer.close()


async def test_a_whole_frame_is_not_lost_among_small_ones() -> None:
    """Whoever asks for all gets all."""
    drawn: list[bool] = []
    pacer = Pacer(drawn.append, frame=0.01)
    pacer.changed()
    await asyncio.sleep(0)
    pacer.changed(whole=True)
    pacer.changed()
    await asyncio.sleep(0.03)
    assert drawn == [False, True]
    pacer.close()


async def test_a_look_that_was_asked_for_comes_by_itself() -> None:
    """What is held back is drawn in the end, once however often it was asked for."""
    drawn: list[bool] = []
    pacer = Pacer(drawn.append, frame=0.001)
    pacer.look_again(0.01)
    pacer.look_again(0.01)
    await asyncio.sleep(0.05)
    assert drawn == [False]
    pacer.close()


async def test_nothing_is_drawn_after_the_end() -> None:
    """A closed pacer forgets what was due."""
    drawn: list[bool] = []
    pacer = Pacer(drawn.append)
    pacer.changed()
    pacer.look_again(0.0)
    pacer.close()
    await asyncio.sleep(0.01)
    assert drawn == []


async def test_the_first_change_after_a_key_does_not_wait_for_the_next_frame() -> None:
    """One frame for each key; what follows it without a key waits."""
    drawn: list[bool] = []
    pacer = Pacer(drawn.append, frame=10.0)
    pacer.changed()
    await asyncio.sleep(0)
    pacer.changed()
    for number in range(2, 5):
        pacer.typed()
        pacer.changed()
        await asyncio.sleep(0)
        pacer.changed()
        await asyncio.sleep(0.01)
        assert len(drawn) == number
    pacer.close()
