"""The timer on the wall clock, where the system has one."""

import asyncio
import ctypes
import os
import sys
import time
from collections.abc import Iterator

import pytest

from constellagent.runtime.scheduler.timerfd import WallTimer

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such a timer")


@pytest.fixture
def timer() -> Iterator[WallTimer]:
    """Give a timer."""
    made = WallTimer()
    yield made
    made.close()


async def rings(timer: WallTimer, ahead: float | None = None) -> float:
    """Set the timer for so many seconds ahead, or for long ago, and return how long it takes to ring."""
    begin = time.monotonic()
    timer.set(0.0 if ahead is None else time.time() + ahead)
    rung = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(timer.fd, rung.set)
    try:
        await asyncio.wait_for(rung.wait(), 30)
    finally:
        loop.remove_reader(timer.fd)
    timer.read()
    return time.monotonic() - begin


@linux
async def test_it_rings_at_its_time(timer: WallTimer) -> None:
    """Armed for 50 ms ahead it rings then; set again it rings again; a time that is past is now."""
    assert await rings(timer, 0.05) >= 0.04
    assert await rings(timer, 0.02) >= 0.01
    await rings(timer)


@linux
def test_what_rang_rings_no_more(timer: WallTimer) -> None:
    """Reading takes note of it, and reading where nothing rang is harmless."""
    timer.read()
    timer.set(time.time() + 1000)
    timer.read()

    with pytest.raises(BlockingIOError):
        os.read(timer.fd, 8)


@linux
def test_a_closed_timer_cannot_be_set(timer: WallTimer) -> None:
    """The system's own words say why."""
    other = WallTimer()
    other.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        other.set(1.0)


@linux
def test_a_system_that_refuses_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for a timer gets an error, and no descriptor."""
    monkeypatch.setattr(time, "CLOCK_REALTIME", 12345)

    with pytest.raises(OSError, match="Invalid argument"):
        WallTimer()


def test_other_systems_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is one that whoever asks expects."""
    monkeypatch.setattr(sys, "platform", "darwin")

    with pytest.raises(OSError, match="no timerfd"):
        WallTimer()


@linux
def test_a_library_without_it_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older C library is no crash."""
    monkeypatch.setattr(ctypes, "CDLL", lambda *_args, **_options: object())

    with pytest.raises(OSError, match="the C library has no timerfd"):
        WallTimer()
