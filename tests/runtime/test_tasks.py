"""Background tasks are kept, named, and never fail in silence."""

import asyncio
import gc
import logging
import threading

import pytest

from constellagent.runtime.tasks import spawn, to_its_end, uncut


async def test_a_task_is_kept_until_it_ends() -> None:
    """Nobody needs to hold a reference for the work to be done."""
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    spawn(work(), name="work")
    gc.collect()

    await asyncio.wait_for(done.wait(), 30)


async def test_a_failure_is_logged_with_its_name(caplog: pytest.LogCaptureFixture) -> None:
    """An exception that nobody awaits is in the log, with the task's name and its traceback."""

    async def fail() -> None:
        raise ValueError("broken")

    task = spawn(fail(), name="watch s-1")
    with caplog.at_level(logging.ERROR):
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)

    assert task.get_name() == "watch s-1"
    (record,) = caplog.records
    assert record.getMessage() == "task failed: watch s-1"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)


async def test_a_cancelled_task_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """Work that was called off is not worth a line."""
    task = spawn(asyncio.Event().wait(), name="wait")  # type: ignore[arg-type] # what it returns does not matter
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert caplog.records == []


async def test_who_is_cancelled_waits_for_its_thread() -> None:
    """What the thread writes is written when the task is over, however often it was cancelled."""
    begun, go_on, written = threading.Event(), threading.Event(), list[str]()

    def write() -> None:
        begun.set()
        go_on.wait(30)
        written.append("all")

    task = asyncio.ensure_future(to_its_end(write))
    await asyncio.to_thread(begun.wait, 30)
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert written == ["all"]


async def test_what_a_thread_says_is_passed_on() -> None:
    """A value and an error come back as from a call; the error of a call that was cancelled is dropped."""
    assert await to_its_end(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await to_its_end(lambda: 1 // 0)

    begun, go_on = threading.Event(), threading.Event()

    def fail() -> None:
        begun.set()
        go_on.wait(30)
        raise ValueError("broken")

    task = asyncio.ensure_future(to_its_end(fail))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_must_not_be_cut_short_is_not() -> None:
    """Whoever waited is cancelled only when all is done, however often that was asked for."""
    begun, go_on, done = asyncio.Event(), asyncio.Event(), list[str]()

    @uncut
    async def work(what: str) -> None:
        begun.set()
        await go_on.wait()
        done.append(what)

    task = asyncio.ensure_future(work("all"))
    async with asyncio.timeout(30):
        await begun.wait()
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert done == ["all"]


async def test_what_is_not_cut_short_answers_as_ever() -> None:
    """A value and an error come back as from a call."""

    @uncut
    async def inverse(of: float, *, sign: int = 1) -> float:
        """Return one over it."""
        return sign / of

    assert await inverse(4, sign=-1) == -0.25
    with pytest.raises(ZeroDivisionError):
        await inverse(0)
    assert inverse.__doc__ == "Return one over it."
