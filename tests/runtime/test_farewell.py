"""Everybody hears that a session ended."""

import asyncio
import logging

import pytest

from constellagent.errors import WorldError
from constellagent.runtime.farewell import tell
from constellagent.runtime.store.sessions import SessionRow

ROW = SessionRow("s-1", "c", "run", "docs/daily", "print", 1.0, 1.0, "boot")


async def test_one_that_fails_keeps_it_from_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Neither for a full disk nor for a defect; the log names who did not take note."""
    heard: list[str] = []

    async def full(row: SessionRow) -> None:
        heard.append(f"full {row.id}")
        raise WorldError("the disk is full")

    async def broken(row: SessionRow) -> None:
        heard.append(f"broken {row.id}")
        raise RuntimeError("a circle")

    async def fine(row: SessionRow) -> None:
        heard.append(f"fine {row.id}")

    with caplog.at_level(logging.WARNING):
        await tell(ROW, {"limits": full, "usage": broken, "schedules": fine})

    assert heard == ["full s-1", "broken s-1", "fine s-1"]
    limits, usage = caplog.records
    assert limits.getMessage() == "limits: the end of session s-1 is not taken note of: the disk is full"
    assert usage.getMessage() == "usage: the end of session s-1 is not taken note of"
    assert usage.exc_info is not None


async def test_it_can_be_called_off() -> None:
    """A daemon that ends tells no more."""

    async def long(_: SessionRow) -> None:
        await asyncio.Event().wait()

    task = asyncio.ensure_future(tell(ROW, {"limits": long}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
