"""The loop itself: doubted clocks, old rows, and mistakes that must not end it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from constellagent.plan.wakeups import Cause
from constellagent.runtime.scheduler import loop
from tests.runtime.scheduler.lab import Lab
from tests.runtime.scheduler.virtual import DAY, alarm_of, quiet, run_until


class TestDoubt:
    """A clock that is far in the future."""

    async def test_a_far_future_clock_burns_no_cursor(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """While it is doubted nothing is decided; put right within a minute it has cost nothing."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        before = lab.clock.moment()

        lab.clock.step(3 * 366 * DAY)
        await lab.look()
        lab.clock.advance(30)
        await lab.look()
        assert await lab.history() == []
        lab.clock.step(-3 * 366 * DAY)
        await lab.to(13)

        assert len(lab.runner.started) == 1
        assert (await lab.rows.all())[0].upto == before.replace(hour=13, minute=0, second=0)
        assert sum("more than a year" in record.message for record in caplog.records) == 1

    async def test_a_clock_that_says_so_twice_is_believed(self, lab: Lab) -> None:
        """After a minute that is a minute by both clocks it goes on from there."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()

        lab.clock.step(3 * 366 * DAY)
        await lab.look()
        wanted = alarm_of(lab.scheduler).wanted
        assert wanted is not None
        assert wanted - lab.clock.time == 60
        lab.clock.advance(60)
        await lab.look()

        assert await lab.states() == ["missed", "running"]

    async def test_two_wrong_looks_do_not_agree(self, lab: Lab) -> None:
        """A clock that jumps about is doubted anew."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        lab.clock.step(3 * 366 * DAY)
        await lab.look()
        lab.clock.advance(60)
        lab.clock.step(DAY)
        await lab.look()
        lab.clock.advance(30)
        await lab.look()
        assert await lab.history() == []

        lab.clock.advance(30)
        await lab.look()

        assert await lab.states() == ["missed", "running"]

    async def test_a_year_on_the_shelf_is_a_minute_of_doubt(self, lab: Lab) -> None:
        """Cursors tell a new daemon the time; what people ask for meanwhile starts after the minute."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.declare("docs/mail", on_={"email": {}})
        lab.clock.step(2 * 366 * DAY)
        await lab.start()

        await lab.scheduler.run_now("c", "docs/daily")
        await lab.scheduler.cause("c", "docs/mail", Cause("email", "m-1", lab.clock.moment()))
        await quiet(lab.scheduler)
        assert lab.runner.started == []
        lab.clock.advance(60)
        await lab.look()

        assert {key for key, _, _ in lab.runner.started} == {"docs/daily", "docs/mail"}


class TestKept:
    """Old rows."""

    async def test_old_rows_are_dropped_once_a_day(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """All that are older than is promised."""
        asked: list[tuple[datetime, int]] = []
        trim = lab.ledger.trim

        async def spy(before: datetime, keep: int) -> int:
            asked.append((before, keep))
            return await trim(before, keep)

        monkeypatch.setattr(lab.ledger, "trim", spy)
        monkeypatch.setattr(loop, "KEPT", timedelta(days=10))
        monkeypatch.setattr(loop, "KEPT_ALWAYS", 3)
        await lab.declare("docs/daily", cron="0 13 * * *", overlap="queue_all")
        await lab.start()
        for day in range(22, 30):
            await lab.to(13, day=day)
            await lab.runner.end(lab.runner.runs("docs/daily")[-1])
        await run_until(lab.scheduler, datetime(2026, 12, 6, 12, tzinfo=UTC).timestamp())

        rows = [row.fire.fire_at.day for row in await lab.history() if row.fire.state == "succeeded"]
        assert rows == [25, 26, 27, 28, 29]
        spans = {(after[0] - before[0]).total_seconds() for before, after in pairwise(asked)}
        assert min(spans) >= DAY


class TestMistakes:
    """What is nobody's fault but ours."""

    async def test_a_mistake_does_not_end_the_loop(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is logged once with its trace, and what is due is done as soon as it can be."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()

        async def broken() -> None:
            raise ZeroDivisionError("a mistake")

        with monkeypatch.context() as patch:
            patch.setattr(lab.scheduler._starts, "admit", broken)
            lab.skip_to(13)
            for _ in range(3):
                await lab.look()
        assert lab.runner.started == []
        await lab.pass_(seconds=30)

        assert len(lab.runner.started) == 1
        assert sum("nothing is started" in record.message for record in caplog.records) == 1
        assert "a mistake" in caplog.text

    async def test_closing_twice_is_harmless(self, lab: Lab) -> None:
        """Nothing of the scheduler is left, whatever it was doing."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.scheduler.close()
        await lab.scheduler.close()

        assert lab.scheduler._going.chores.running == set()
