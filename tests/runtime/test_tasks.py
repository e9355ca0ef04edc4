"""Background tasks are kept, named, and never fail in silence."""

import asyncio
import gc
import logging

import pytest

from constellagent.runtime.tasks import spawn


async def test_a_task_is_kept_until_it_ends() -> None:
    """Nobody needs to hold a reference for the work to be done."""
    done = asyncio.Event()

    async def work() -> None:
        await asyncio.sleep(0)
        done.set()

    spawn(work(), name="work")
    gc.collect()

    await asyncio.wait_for(done.wait(), 5)


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
