"""Starts: how many at once, in which order, and what a start may come to."""

import asyncio

import pytest

from constellagent.errors import ConstellagentError
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.scheduler import Started
from tests.runtime.scheduler.lab import Lab, no_space, until
from tests.runtime.scheduler.virtual import quiet


class TestHowMany:
    """Slots, workspaces and queues."""

    async def test_only_so_many_run_at_once(self, lab: Lab) -> None:
        """Of all constellations together; the others start as places become free, none is forgotten."""
        for number in range(5):
            await lab.declare(f"a{number}/daily", constellation=f"c{number % 2}", cron="0 13 * * *")
        lab.options["parallel"] = 2
        lab.scheduler = lab.new_scheduler()
        await lab.start()
        await lab.to(13)

        most = 0
        while len(lab.runner.concluded) < 5:
            live = [run for run, row in lab.sessions.rows.items() if row.live]
            most = max(most, len(live))
            await lab.runner.end(live[0])
            await quiet(lab.scheduler)

        assert most == 2
        assert {key for key, _, _ in lab.runner.started} == {f"a{number}/daily" for number in range(5)}

    async def test_no_constellation_is_always_the_first(self, lab: Lab) -> None:
        """One that has always something to run does not keep another from its turn."""
        lab.options["parallel"] = 1
        lab.scheduler = lab.new_scheduler()
        await lab.declare("a/daily", constellation="greedy", cron="0 13 * * *")
        await lab.declare("b/daily", constellation="modest", cron="0 13 * * *")
        await lab.start()
        for _ in range(3):
            await lab.scheduler.run_now("greedy", "a/daily")
            lab.clock.advance(1)
        await lab.scheduler.run_now("modest", "b/daily")
        await quiet(lab.scheduler)

        for _ in range(2):
            await lab.runner.end(next(run for run, row in lab.sessions.rows.items() if row.live))
            await quiet(lab.scheduler)

        assert "b/daily" in [key for key, _, _ in lab.runner.started]

    async def test_one_workspace_holds_one_run(self, lab: Lab) -> None:
        """Two schedules that share an agent's worktree wait for each other; a fresh one does not."""
        shared = {"workspace": "agent", "overlap": "queue_one"}
        await lab.declare("docs/one", cron="0 13 * * *", **shared)
        await lab.declare("docs/two", cron="0 13 * * *", **shared)
        await lab.declare("docs/own", cron="0 13 * * *")
        await lab.start()
        await lab.to(13)

        assert [key for key, _, _ in lab.runner.started] == ["docs/one", "docs/own"]
        await lab.runner.end(lab.runner.runs("docs/one")[0])
        await quiet(lab.scheduler)
        assert len(lab.runner.runs("docs/two")) == 1

    async def test_a_second_schedule_of_a_taken_workspace_is_skipped(self, lab: Lab) -> None:
        """Also where both are due in one minute: the first takes the place before the second is judged."""
        await lab.declare("docs/one", cron="0 13 * * *", workspace="agent")
        await lab.declare("docs/two", cron="0 13 * * *", workspace="agent")
        await lab.start()
        await lab.to(13)

        states = {row.fire.schedule: (row.fire.state, row.fire.why) for row in await lab.history()}
        assert states["docs/one"] == ("running", "")
        assert states["docs/two"][0] == "skipped_overlap"
        assert "docs/one" in states["docs/two"][1]

    async def test_a_queue_that_overflows_drops_the_new_ones(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is too much leaves a row that says so, and nothing that waits is lost."""
        monkeypatch.setattr("constellagent.plan.wakeups.overlapping.MOST_QUEUED", 2)
        await lab.declare("docs/often", cron="0 * * * *", overlap="queue_all")
        await lab.start()
        await lab.to(17)

        assert await lab.states() == ["running", "queued", "queued", "dropped", "dropped"]

    async def test_a_run_that_could_not_start_in_time_expires(self, lab: Lab) -> None:
        """Its deadline is met though nothing else happens then."""
        await lab.declare("docs/one", cron="0 13 * * *", workspace="agent")
        await lab.declare(
            "docs/two", cron="30 13 * * *", workspace="agent", overlap="queue_one", start_deadline="15m"
        )
        await lab.start()
        await lab.to(13, 44)
        assert await lab.states() == ["running", "queued"]
        await lab.to(13, 46)

        row = (await lab.history())[1]
        assert (row.fire.state, row.ended_at) == ("expired", None)
        assert "start_deadline" in row.fire.why


class TestStart:
    """One start."""

    async def test_a_run_that_cannot_be_started_has_failed(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The row says why, the retry comes, and the others go on."""
        lab.runner.fails["docs/daily"] = ConstellagentError("the worktree could not be made")
        await lab.declare("docs/daily", cron="0 13 * * *", retries={"max": 1, "backoff": "1m"})
        await lab.declare("site/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(13)
        lab.runner.fails.clear()
        await lab.to(13, 1)

        rows = [row for row in await lab.history() if row.fire.schedule == "docs/daily"]
        assert [row.fire.state for row in rows] == ["failed", "running"]
        assert rows[0].fire.why == "it could not be started: the worktree could not be made"
        assert rows[0].started_at is None
        assert len(lab.runner.runs("site/daily")) == 1

    async def test_a_mistake_of_ours_is_a_failed_run(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is in the log with its trace, and the schedules go on."""
        lab.runner.fails["docs/daily"] = RuntimeError("a mistake")
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(13)

        (row,) = await lab.history()
        assert (row.fire.state, row.fire.why) == ("failed", "it could not be started: see the daemon's log")
        assert "a mistake" in caplog.text

    async def test_a_run_without_a_session_has_ended_when_it_is_started(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What a start says of its end is the end."""

        async def deliver(constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
            return Started("succeeded", "delivered to the live session")

        monkeypatch.setattr(lab.runner, "start", deliver)
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(13)

        (row,) = await lab.history()
        assert (row.fire.state, row.fire.why) == ("succeeded", "delivered to the live session")

    async def test_a_session_may_end_before_its_start_returns(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A program that ends at once has its end, and the time of its start, in the ledger."""
        start = lab.runner.start

        async def quick(constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
            started = await start(constellation, schedule, fire)
            await lab.runner.end(fire.run, 4)
            return started

        monkeypatch.setattr(lab.runner, "start", quick)
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(13)

        (row,) = await lab.history()
        assert (row.fire.state, row.exit_status) == ("failed", 4)
        assert row.started_at == row.ended_at == row.fire.fire_at

    async def test_a_start_that_is_cut_short_is_taken_up_by_the_next_daemon(self, lab: Lab) -> None:
        """It stays claimed, and runs under the same id."""
        lab.runner.gates["docs/daily"] = asyncio.Event()
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        lab.skip_to(13)
        lab.scheduler._alarm.ring()
        await until(lambda: lab.scheduler._starts._starting, "the start")
        await lab.scheduler.close()
        (row,) = await lab.history()
        assert row.fire.state == "claimed"

        lab.runner.gates.clear()
        await lab.restart()

        assert lab.runner.runs("docs/daily") == [row.fire.run]

    async def test_nothing_starts_that_cannot_be_claimed(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A full disk starts nothing, is said once, and with space again the run starts once."""
        await lab.declare("docs/daily", cron="0 13 * * *", workspace="agent", overlap="queue_one")
        await lab.declare("docs/other", cron="30 12 * * *", workspace="agent")
        await lab.start()
        await lab.to(13)
        assert await lab.states() == ["running", "queued"]
        lab.scheduler._going._unwritten.clear()

        with no_space(lab):
            await lab.runner.end(lab.runner.runs("docs/other")[0])
            for _ in range(3):
                await lab.look()
            assert lab.runner.runs("docs/daily") == []
        await lab.pass_(minutes=1)

        assert len(lab.runner.runs("docs/daily")) == 1
        assert sum("nothing is started" in record.message for record in caplog.records) == 1

    async def test_a_fire_that_was_cancelled_behind_its_back_does_not_start(self, lab: Lab) -> None:
        """What an apply took out of the queue, before the daemon read it anew, gives way to what waits."""
        await lab.declare("docs/one", cron="0 13 * * *", workspace="agent")
        await lab.declare("docs/two", cron="30 13 * * *", workspace="agent", overlap="queue_one")
        await lab.declare("docs/three", cron="31 13 * * *", workspace="agent", overlap="queue_one")
        await lab.start()
        await lab.to(13, 31)
        await lab.rows.drop("c", "docs", "two")

        await lab.runner.end(lab.runner.runs("docs/one")[0])
        await quiet(lab.scheduler)

        assert await lab.states() == ["succeeded", "cancelled", "running"]
        assert lab.runner.runs("docs/two") == []
        assert list(lab.scheduler._books.boards["c"].open) == lab.runner.runs("docs/three")
