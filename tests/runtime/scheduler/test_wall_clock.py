"""What the clock of the wall decides: fires, changes of the zone's clock, set clocks, downtime and sleep."""

from datetime import UTC, datetime, timedelta

import pytest

from constellagent.plan.fires import shown
from tests.runtime.scheduler.lab import Lab, at, instant
from tests.runtime.scheduler.virtual import DAY, NOON, run_days, run_until


class TestClock:
    """Fires of the clock."""

    async def test_a_fire_starts_when_it_is_due(self, lab: Lab) -> None:
        """A run starts in the very second of its fire, under the id that its row has, and is then running."""
        await lab.declare("docs/daily", cron="30 12 * * *")
        await lab.start()

        await lab.to(12, 29, 59)
        assert lab.runner.started == []
        await lab.to(12, 30)

        ((key, fire, started),) = lab.runner.started
        assert (key, started) == ("docs/daily", at(12, 30))
        (row,) = await lab.history()
        assert (row.fire.run, row.fire.state, row.started_at) == (fire.run, "running", at(12, 30))

    async def test_jitter_delays_the_start_and_not_the_fire(self, lab: Lab) -> None:
        """The row has the nominal time, the run starts so much later."""
        await lab.declare("docs/daily", cron="30 12 * * *", jitter="10m")
        await lab.start()
        delay = lab.scheduler.schedules("c")["docs/daily"].delay

        await lab.to(13)

        ((_, fire, started),) = lab.runner.started
        assert (fire.fire_at, started) == (at(12, 30), at(12, 30) + delay)
        assert timedelta(0) < delay < timedelta(minutes=10)

    async def test_a_schedule_that_comes_while_the_daemon_runs_fires(self, lab: Lab) -> None:
        """After a refresh the loop waits for it, and no longer for one that went."""
        await lab.declare("docs/daily", cron="30 12 * * *")
        await lab.start()
        await lab.declare("docs/other", cron="15 12 * * *")
        await lab.rows.drop("c", "docs", "daily")
        await lab.scheduler.refresh("c")

        await lab.to(13)

        assert [key for key, _, _ in lab.runner.started] == ["docs/other"]
        assert list(lab.scheduler.schedules("c")) == ["docs/other"]
        assert lab.scheduler.schedules("d") == {}

    async def test_both_ways_of_a_changing_clock(self, lab: Lab) -> None:
        """A fixed time runs once in the hour that comes twice, and after the hour that does not come."""
        lab.clock.time = datetime(2026, 10, 24, tzinfo=UTC).timestamp()
        runner = await instant(lab)
        await lab.declare("a/fixed", cron="30 1 * * *", timezone="Europe/London")
        await lab.declare("a/hourly", cron="0 * * * *", timezone="Europe/London")
        await lab.start()

        await run_until(lab.scheduler, datetime(2026, 10, 26, tzinfo=UTC).timestamp())
        folded = [shown(moment) for key, _, moment in runner.started if key == "a/fixed"]
        hours = [moment.hour for key, _, moment in runner.started if key == "a/hourly" and moment.day == 25]
        runner.started.clear()
        lab.clock.step((datetime(2027, 3, 27, tzinfo=UTC) - lab.clock.moment()).total_seconds())
        await run_until(lab.scheduler, datetime(2027, 3, 29, tzinfo=UTC).timestamp())

        assert folded == ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z"]
        assert hours == list(range(24))
        fixed = [shown(moment) for key, _, moment in runner.started if key == "a/fixed"]
        assert fixed[-2:] == ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z"]

    async def test_the_clock_is_set_forward_an_hour(self, lab: Lab) -> None:
        """What was jumped over is made up for once, as after sleep."""
        await lab.declare("docs/often", cron="*/10 * * * *", overlap="queue_all")
        await lab.start()

        lab.clock.step(3600)
        await lab.look()

        assert await lab.told() == [("2026-11-22T12:50:00Z", "missed"), ("2026-11-22T13:00:00Z", "running")]

    async def test_the_clock_is_set_back_an_hour(self, lab: Lab) -> None:
        """What has run is not run again when its time comes a second time; what comes after it is."""
        runner = await instant(lab)
        await lab.declare("docs/often", cron="*/10 * * * *")
        await lab.start()
        await lab.to(13)
        before = len(runner.started)

        lab.clock.step(-3600)
        await lab.to(13)
        assert len(runner.started) == before
        await lab.to(13, 10)

        assert len(runner.started) == before + 1

    async def test_the_clock_is_set_back_by_more_than_hours(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is said once and shown; nothing runs twice until a person resets the schedule."""
        runner = await instant(lab)
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(14)

        lab.clock.step(-DAY)
        await run_until(lab.scheduler, at(14, day=21).timestamp())

        assert len(runner.started) == 1
        outlook = lab.scheduler.outlook("c", "docs/daily")
        assert (outlook.state, outlook.next_fire) == ("behind", at(13, day=23))
        assert "`constellagent schedule reset docs/daily`" in outlook.why
        assert sum("far behind" in record.message for record in caplog.records) == 1

        await lab.scheduler.reset("c", "docs/daily")
        await run_until(lab.scheduler, at(14, day=22).timestamp())

        assert lab.scheduler.outlook("c", "docs/daily").state == "on"
        assert len(runner.started) == 1  # the ledger itself knows that this minute has run
        await run_until(lab.scheduler, at(14, day=23).timestamp())
        assert len(runner.started) == 2

    async def test_the_ledger_of_many_days_has_every_fire_once(self, lab: Lab) -> None:
        """Forty days in one go: each nominal time of the expression has one row, and each started on time."""
        runner = await instant(lab)
        await lab.declare("a/daily", cron="30 2 * * *", timezone="America/New_York")
        await lab.declare("b/week", cron="*/30 9-17 * * 1-5", timezone="Europe/London")
        await lab.start()

        await run_days(lab.scheduler, 40)

        end = lab.clock.moment()
        for key, schedule in lab.scheduler.schedules("c").items():
            assert schedule.cron is not None
            wanted = list(schedule.cron.between(NOON, end, schedule.zone))
            assert [fire.fire_at for known, fire, _ in runner.started if known == key] == wanted
        assert all(fire.fire_at == moment for _, fire, moment in runner.started)
        assert set(await lab.states()) == {"succeeded"}


class TestDown:
    """The daemon was down, or the machine slept, over fires."""

    @pytest.mark.parametrize("span", [timedelta(minutes=1), timedelta(days=30)], ids=["minute", "month"])
    @pytest.mark.parametrize("how", ["down", "asleep"])
    @pytest.mark.parametrize("missed", ["latest", "skip", "all"])
    async def test_what_was_missed_is_made_up_for_as_declared(
        self, lab: Lab, span: timedelta, how: str, missed: str
    ) -> None:
        """latest: exactly one run. skip: none. all: as many as may be. One row tells of all the others."""
        lab.options["parallel"] = 100
        runner = await instant(lab)
        await lab.declare("docs/often", cron="* * * * *", missed=missed, max_catch_up=5, overlap="queue_all")
        await lab.start()

        if how == "down":
            await lab.scheduler.close()
            lab.clock.time += span.total_seconds() + 120
            lab.scheduler = lab.new_scheduler()
            await lab.start()
        else:
            lab.clock.sleep(span.total_seconds() + 120)
            await lab.look()
            lab.clock.advance(15)
            await lab.look()

        fires = int(span.total_seconds()) // 60 + 2
        on_time = 1  # the newest is late by less than a minute
        caught_up = {"latest": 0, "skip": 0, "all": min(fires - on_time, 5)}[missed]
        reasons = [fire.reason for _, fire, _ in runner.started]
        assert reasons == ["catchup"] * caught_up + ["schedule"] * on_time
        rows = await lab.history()
        counts = [row.fire.count for row in rows if row.fire.state == "missed"]
        assert counts == [fires - on_time - caught_up][: len(counts)]
        assert sum(counts) == fires - on_time - caught_up
        assert len({row.fire.fire_at for row in rows}) == len(rows)

    async def test_a_daily_schedule_is_made_up_for_once(self, lab: Lab) -> None:
        """After three days down there is one run, late, that knows how many were missed before it."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.scheduler.close()
        lab.clock.time = at(20, day=25).timestamp()
        lab.scheduler = lab.new_scheduler()
        await lab.start()

        ((_, fire, started),) = lab.runner.started
        assert (fire.fire_at, fire.reason, fire.missed, started) == (
            at(13, day=25),
            "catchup",
            3,
            at(20, day=25),
        )
        assert await lab.told() == [("2026-11-24T13:00:00Z", "missed"), ("2026-11-25T13:00:00Z", "running")]

    async def test_nothing_starts_before_the_network_is_there(self, lab: Lab) -> None:
        """After a sleep all starts wait for the grace, and then come one after another."""
        lab.options |= {"parallel": 100, "spacing": 1.0, "wake_grace": 10.0}
        lab.scheduler = lab.new_scheduler()
        for number in range(7):
            await lab.declare(f"a{number}/daily", cron="0 13 * * *")
        await lab.start()

        lab.clock.sleep(2 * 3600)
        await lab.look()
        woken = lab.clock.moment()
        assert await lab.states() == ["queued"] * 7
        assert lab.runner.started == []
        await lab.pass_(minutes=1)

        waits = [(moment - woken).total_seconds() for _, _, moment in lab.runner.started]
        assert waits == [10, 10, 10, 10, 11, 12, 13]
