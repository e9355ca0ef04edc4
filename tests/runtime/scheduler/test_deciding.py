"""Many schedules at once, and schedules about which nothing can be decided."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from constellagent.plan.fires import Fire
from constellagent.plan.wakeups import Decision, decide
from constellagent.runtime.scheduler import deciding
from tests.runtime.scheduler.lab import Lab, declaration, no_space


async def declare_many(lab: Lab, count: int, constellation: str = "c") -> None:
    """Let so many schedules be due at 13:00."""
    for number in range(count):
        await lab.rows.put(
            constellation, f"a{number}", "daily", declaration(cron="0 13 * * *"), lab.clock.moment()
        )


async def test_three_hundred_in_one_minute_are_decided_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction holds all of them; they start as places become free, without a pause between them."""
    lab.options |= {"parallel": 10, "spacing": 1.0}
    lab.scheduler = lab.new_scheduler()
    await declare_many(lab, 300)
    await lab.start()
    sizes: list[int] = []
    commit = lab.ledger.commit

    async def count(constellation: str, decisions: Mapping[str, Decision], now: datetime) -> list[Fire]:
        sizes.append(len(decisions))
        return await commit(constellation, decisions, now)

    monkeypatch.setattr(lab.ledger, "commit", count)
    await lab.to(13)
    assert sizes == [300]
    assert Counter(await lab.states()) == {"running": 10, "queued": 290}

    began = lab.clock.time
    while live := [run for run, row in lab.sessions.rows.items() if row.live]:
        for run in live:
            await lab.runner.end(run)
        await lab.look()

    assert lab.clock.time == began
    assert Counter(await lab.states()) == {"succeeded": 300}
    assert Counter(Counter(key for key, _, _ in lab.runner.started).values()) == {1: 300}


async def test_more_than_fit_in_one_transaction_are_decided_in_several(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two constellations each; none is left out."""
    monkeypatch.setattr(deciding, "TOGETHER", 7)
    lab.options["parallel"] = 100
    lab.scheduler = lab.new_scheduler()
    await declare_many(lab, 20)
    await declare_many(lab, 10, "d")
    await lab.start()
    await lab.to(13)

    assert (await lab.states(), await lab.states("d")) == (["running"] * 20, ["running"] * 10)


async def test_a_full_disk_moves_no_cursor(lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is decided while nothing can be written, it is said once, and then it is made up for."""
    await lab.declare("docs/daily", cron="0 13 * * *")
    await lab.start()
    with no_space(lab):
        lab.skip_to(13)
        for _ in range(3):
            await lab.look()
        assert await lab.history() == []
        assert (await lab.rows.all())[0].upto < lab.clock.moment()
    await lab.pass_(seconds=30)

    ((_, fire, started),) = lab.runner.started
    assert (fire.reason, (started - fire.fire_at).total_seconds() <= 30) == ("schedule", True)
    assert sum("nothing is started" in record.message for record in caplog.records) == 1
    assert "the scheduler goes on" not in [r.message for r in caplog.records if r.levelname == "ERROR"]


async def test_the_waits_for_a_full_disk_grow(lab: Lab) -> None:
    """From a second to half a minute, however long it takes."""
    await lab.declare("docs/daily", cron="0 13 * * *")
    await lab.start()
    waits: list[float] = []
    with no_space(lab):
        lab.skip_to(13)
        for _ in range(8):
            await lab.look()
            wanted: Any = lab.scheduler._alarm
            waits.append(wanted.wanted - lab.clock.time)

    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_one_schedule_that_fails_stops_no_other(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, shown, looked at again a minute later, and runs when it can be decided about."""

    def broken(constellation: str, schedule: Any, standing: Any, now: datetime) -> Decision:
        if schedule.agent == "odd":
            raise ZeroDivisionError("a mistake")
        return decide(constellation, schedule, standing, now)

    await lab.declare("odd/daily", cron="0 13 * * *")
    await lab.declare("docs/daily", cron="0 13 * * *")
    await lab.start()
    with monkeypatch.context() as patch:
        patch.setattr(deciding, "decide", broken)
        await lab.to(13, 3, 30)

        assert [key for key, _, _ in lab.runner.started] == ["docs/daily"]
        assert lab.scheduler.outlook("c", "odd/daily").why == "nothing can be decided about it: a mistake"
        assert sum("odd/daily" in record.message for record in caplog.records) == 1
    await lab.to(13, 5)

    assert {key for key, _, _ in lab.runner.started} == {"docs/daily", "odd/daily"}
    assert lab.scheduler.outlook("c", "odd/daily").state == "on"


async def test_times_that_do_not_advance_do_not_spin(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A decision that decides nothing is asked for once a minute and not for ever."""
    asked = []

    def nothing(*args: object) -> Decision:
        asked.append(lab.clock.time)
        return Decision()

    monkeypatch.setattr(deciding, "decide", nothing)
    await lab.declare("docs/daily", cron="0 13 * * *")
    await lab.start()
    await lab.to(13, 2)

    assert len(asked) == 3
    assert "its times do not advance" in lab.scheduler.outlook("c", "docs/daily").why
