"""Work in threads: its result, and its end, also for who is cancelled."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from constellagent.runtime.screens import aside as module
from constellagent.runtime.screens.aside import Aside


@pytest.fixture
def aside() -> Iterator[Aside]:
    """Give threads, and end them."""
    aside = Aside()
    yield aside
    aside.close()


async def test_it_gives_what_the_work_gives(aside: Aside) -> None:
    """A result comes back, and so does a failure."""

    def fail() -> None:
        raise OSError("no")

    assert await aside.run(lambda: 7) == 7
    with pytest.raises(OSError, match="no"):
        await aside.run(fail)


@pytest.mark.parametrize("failing", [False, True])
async def test_who_is_cancelled_waits_for_what_has_begun(aside: Aside, *, failing: bool) -> None:
    """However often it is cancelled, it does not come back while a thread is still at work."""
    begun, go, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go.wait(10)
        ended.set()
        if failing:
            raise OSError("no")

    task = asyncio.ensure_future(aside.run(work))
    await asyncio.to_thread(begun.wait, 10)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.01)
    waited = not task.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert waited
    assert ended.is_set()


async def test_what_has_not_begun_is_not_done(aside: Aside) -> None:
    """Who is cancelled before its turn leaves at once, and its work is left out."""
    go, done = threading.Event(), list[int]()
    busy = [asyncio.ensure_future(aside.run(lambda: go.wait(10))) for _ in range(module._THREADS)]
    await asyncio.sleep(0)
    late = asyncio.ensure_future(aside.run(lambda: done.append(1)))
    await asyncio.sleep(0)
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    go.set()
    await asyncio.gather(*busy)

    assert done == []
