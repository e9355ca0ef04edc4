"""Who waits for news of an identity, and what wakes them."""

import asyncio
import threading

from constellagent.ravi.local.bell import Bell


async def test_a_ring_wakes_who_waits_for_this_identity_or_for_any() -> None:
    """Another identity's waiter goes on waiting."""
    bell = Bell()
    own, anyone, other = bell.count(1), bell.count(None), bell.count(2)
    waiting = asyncio.gather(bell.after(1, own, 10), bell.after(None, anyone, 10), bell.after(2, other, 0.05))

    await asyncio.sleep(0)
    bell.ring(1)

    assert list(await waiting) == [True, True, False]


async def test_a_ring_between_asking_and_waiting_is_not_lost() -> None:
    """Whoever asks for the count first, then looks, then waits, misses nothing."""
    bell = Bell()
    count = bell.count(1)
    bell.ring(1)
    await asyncio.sleep(0)

    assert await bell.after(1, count, 0)
    assert not await bell.after(1, bell.count(1), 0)


async def test_it_is_rung_from_another_thread() -> None:
    """The store's thread rings while the loop waits."""
    bell = Bell()
    count = bell.count(7)
    thread = threading.Thread(target=bell.ring, args=(7,))
    thread.start()

    assert await bell.after(7, count, 10)
    thread.join()


def test_a_ring_after_the_loop_has_ended_is_harmless() -> None:
    """A transaction that ends while the provider stops has nobody to wake."""

    async def made() -> Bell:
        return Bell()

    asyncio.run(made()).ring(1)
