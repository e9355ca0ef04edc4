"""Restarts that wait while agents are taken away, in the scripted world of the other tests of restarts."""

import asyncio

import pytest

from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from tests.runtime.conftest import StillClock
from tests.runtime.sessions_rig import until
from tests.runtime.test_supervisor import Stage


@pytest.fixture
def stage(database: Database, clock: StillClock) -> Stage:
    """Give a scripted world."""
    return Stage(SessionRows(database), clock)


async def test_a_hold_keeps_restarts_waiting(stage: Stage) -> None:
    """Of one constellation, while it lasts, and once it is narrowed of some subjects; then they go on."""
    async with stage.supervisor.holding("other"), stage.supervisor.holding("c") as only:
        row = await stage.due()
        await only({"docs", "web"})
        await asyncio.sleep(0)
        assert stage.supervisor.waits(row)
        assert stage.started == []
        await only({"web"})
        await until(lambda: not stage.supervisor.waits(row), "the start")
    assert len(stage.started) == 1
    async with stage.supervisor.holding("c"):
        row = await stage.due()
        await asyncio.sleep(0)
    await until(lambda: not stage.supervisor.waits(row), "the start")
    assert len(stage.started) == 2


async def test_a_hold_waits_for_what_has_begun(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks inside it sees what was just being started; one that a person cancelled is not started."""
    begun, finish, order = asyncio.Event(), asyncio.Event(), list[str]()

    async def slowly(_row: SessionRow) -> None:
        begun.set()
        await finish.wait()
        order.append("started")

    monkeypatch.setattr(stage.supervisor, "_start_again", slowly)
    row = await stage.due()
    await begun.wait()
    asyncio.get_running_loop().call_soon(finish.set)
    async with stage.supervisor.holding("c"):
        order.append("held")
        await until(lambda: not stage.supervisor.waits(row), "the start")
        begun.clear()
        row = await stage.due()
        await asyncio.sleep(0)
        await stage.supervisor.forget("c", "agent", "docs")
    assert order == ["started", "held"]
    assert not begun.is_set()
    assert not stage.supervisor.waits(row)
