"""Work beside the requests."""

import asyncio
import logging

import pytest

from constellagent.ravi.local.background import beside


async def test_it_runs_for_as_long_as_the_body() -> None:
    """Work starts with the body, and is cancelled and over when the body ends."""
    began, over = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            over.set()

    async with beside(work(), "working"):
        await began.wait()
    assert over.is_set()


async def test_its_failure_is_logged_and_does_not_end_the_body(caplog: pytest.LogCaptureFixture) -> None:
    """Work that fails says so by its name."""

    async def work() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR):
        async with beside(work(), "dividing"):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert "dividing ended" in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_an_error_of_the_body_ends_the_work() -> None:
    """The error goes on, and nothing is left running."""
    before = asyncio.all_tasks()
    with pytest.raises(KeyError):
        async with beside(asyncio.Event().wait(), "waiting"):  # type: ignore[arg-type] # what it returns does not matter
            raise KeyError
    assert asyncio.all_tasks() == before
