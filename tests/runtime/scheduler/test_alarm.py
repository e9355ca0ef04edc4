"""The loop's wait, on the machine's own clock."""

import asyncio
import time

import pytest

from constellagent.runtime.clock import SystemClock
from constellagent.runtime.scheduler import alarm as module
from constellagent.runtime.scheduler.alarm import SystemAlarm


async def test_it_returns_at_its_time() -> None:
    """Not before, and not long after."""
    alarm = SystemAlarm(SystemClock())
    begin = time.monotonic()
    end = time.time() + 0.05

    while time.time() < end:
        await alarm.until(end)

    assert 0.045 <= time.monotonic() - begin < module.LONGEST
    alarm.close()


@pytest.mark.parametrize("epoch", [None, 4e9])
async def test_no_wait_is_longer_than_the_longest(
    monkeypatch: pytest.MonkeyPatch, epoch: float | None
) -> None:
    """Whatever is waited for, or nothing at all."""
    monkeypatch.setattr(module, "LONGEST", 0.02)
    alarm = SystemAlarm(SystemClock())

    await asyncio.wait_for(alarm.until(epoch), 30)

    alarm.close()


async def test_a_time_that_is_past_is_now() -> None:
    """Others on the event loop have their turn all the same."""
    alarm = SystemAlarm(SystemClock())
    others: list[int] = []
    asyncio.get_running_loop().call_soon(others.append, 1)

    await asyncio.wait_for(alarm.until(0.0), 30)

    assert others == [1]
    alarm.close()


async def test_a_ring_ends_the_wait_also_before_it_began() -> None:
    """Nobody who rings is overheard, and one ring ends one wait."""
    alarm = SystemAlarm(SystemClock())
    alarm.ring()
    await asyncio.wait_for(alarm.until(None), 30)

    waiting = asyncio.ensure_future(alarm.until(None))
    await asyncio.sleep(0)
    assert not waiting.done()
    alarm.ring()
    await asyncio.wait_for(waiting, 30)
    alarm.close()
    alarm.close()


async def test_without_a_timer_it_waits_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that has none has the longest wait."""

    def none() -> None:
        raise OSError(38, "there is no timerfd")

    monkeypatch.setattr(module, "WallTimer", none)
    monkeypatch.setattr(module, "LONGEST", 0.02)
    alarm = SystemAlarm(SystemClock())

    await asyncio.wait_for(alarm.until(None), 30)
    await asyncio.wait_for(alarm.until(None), 30)

    alarm.close()


async def test_a_timer_that_cannot_be_set_is_given_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, and the waits go on without it."""
    monkeypatch.setattr(module, "LONGEST", 0.02)
    alarm = SystemAlarm(SystemClock())
    await alarm.until(0.0)
    if alarm._timer is None:
        pytest.skip("this system has no such timer")

    def refuse(epoch: float) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(alarm._timer, "set", refuse)
    await asyncio.wait_for(alarm.until(None), 30)
    await asyncio.wait_for(alarm.until(None), 30)

    assert [record.message for record in caplog.records] == [
        "the timer of the wall clock cannot be set: Invalid argument"
    ]
