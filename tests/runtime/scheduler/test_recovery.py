"""What a daemon makes of the runs that an earlier one left: every row of the table, and looks that fail."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.errors import WorldError
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.scheduler import Started
from constellagent.runtime.tasks import spawn
from tests.runtime.scheduler.lab import Lab
from tests.runtime.scheduler.virtual import FakeRunner, quiet, run_until


async def leave(lab: Lab, state: str, **spec: Any) -> Fire:
    """Leave a row of this state behind, as a daemon does that dies."""
    await lab.scheduler.close()  # else it would claim what it finds queued
    await lab.declare("docs/daily", cron="0 13 * * *", **spec)
    lab.scheduler._books.boards.clear()
    await lab.scheduler._books.load()
    decision = await lab.scheduler.run_now("c", "docs/daily")
    if state != "queued":
        await lab.ledger.claim([decision], lab.clock.moment())
    if state == "running":
        await lab.ledger.started(decision.run, lab.clock.moment())
    lab.scheduler = lab.new_scheduler()
    return decision


class TestTable:
    """Each row of the table."""

    async def test_queued_is_started(self, lab: Lab) -> None:
        """What nobody claimed is claimed and started."""
        fire = await leave(lab, "queued")
        await lab.start()

        assert lab.runner.runs("docs/daily") == [fire.run]

    async def test_claimed_and_not_begun_is_started_with_the_same_id(self, lab: Lab) -> None:
        """The run that was promised runs, once."""
        fire = await leave(lab, "claimed")
        await lab.start()

        assert lab.runner.runs("docs/daily") == [fire.run]
        assert await lab.states() == ["running"]

    async def test_claimed_and_its_session_failed_to_begin_is_started(self, lab: Lab) -> None:
        """A session that was written down and never began is none: the run may have another."""
        fire = await leave(lab, "claimed")
        row = lab.runner.begin(fire)
        lab.sessions.begun_runs.clear()
        lab.sessions.rows[fire.run] = type(row)(
            fire.run, "c", "run", fire.schedule, "", 0.0, 1.0, "b", ended_at=1.0, ended_by="lost"
        )
        await lab.start()

        assert lab.runner.runs("docs/daily") == [fire.run]

    @pytest.mark.parametrize("state", ["claimed", "running"])
    async def test_begun_and_live_goes_on(self, lab: Lab, state: str) -> None:
        """It is adopted, not started again, and its end is taken as that of any other."""
        fire = await leave(lab, state)
        lab.runner.begin(fire)
        await lab.start()

        assert await lab.states() == ["running"]
        assert lab.runner.started == []
        await lab.runner.end(fire.run, 3)
        await quiet(lab.scheduler)
        (row,) = await lab.history()
        assert (row.fire.state, row.fire.why, row.exit_status) == ("failed", "exit status 3", 3)

    @pytest.mark.parametrize("state", ["claimed", "running"])
    @pytest.mark.parametrize(
        ("exit_status", "by", "said"),
        [
            (0, "itself", "succeeded"),
            (1, "itself", "failed"),
            (None, "stop", "stopped"),
            (None, "lost", "lost"),
        ],
    )
    async def test_what_ended_meanwhile_is_ended(
        self, lab: Lab, state: str, exit_status: int | None, by: str, said: str
    ) -> None:
        """The session knows how it ended; the ledger now does, too, and the end is followed up."""
        fire = await leave(lab, state)
        lab.runner.begin(fire)
        await lab.runner.end(fire.run, exit_status, by=by)
        await lab.start()

        assert await lab.states() == [said]
        assert [row.fire.state for row in lab.runner.concluded] == [said]
        assert lab.runner.started == []

    @pytest.mark.parametrize("state", ["claimed", "running"])
    async def test_begun_and_unknown_is_lost(self, lab: Lab, state: str) -> None:
        """It may have done its work, so it is not run again; the row says what is known."""
        fire = await leave(lab, state)
        lab.sessions.begun_runs.add(fire.run)
        await lab.start()

        (row,) = await lab.history()
        assert (row.fire.state, row.fire.why) == ("lost", "it was started, and nobody knows how it ended")
        assert lab.runner.started == []

    async def test_a_running_row_without_any_trace_is_lost(self, lab: Lab) -> None:
        """It was written down as running, so it was begun, whatever is left of it."""
        await leave(lab, "running")
        await lab.start()

        assert await lab.states() == ["lost"]
        assert lab.runner.started == []

    async def test_a_lost_run_is_tried_again_where_declared(self, lab: Lab) -> None:
        """`retries.on` may name lost runs."""
        fire = await leave(lab, "running", retries={"max": 1, "on": ["lost"], "backoff": "1m"})
        await lab.start()
        await run_until(lab.scheduler, lab.clock.time + 60)

        assert await lab.states() == ["lost", "running"]
        (retry,) = lab.runner.runs("docs/daily")
        assert retry != fire.run


class TestDoubt:
    """What is not certain."""

    async def test_a_look_that_fails_is_no_answer(self, lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
        """The run neither starts nor ends, others do, it is said once, and a later look settles it."""
        fire = await leave(lab, "claimed")
        await lab.declare("site/daily", cron="30 12 * * *")
        lab.sessions.blind.add(fire.run)
        await lab.start()

        await lab.to(12, 31)
        assert lab.runner.runs("docs/daily") == []
        assert len(lab.runner.runs("site/daily")) == 1
        assert sum(fire.run in record.message for record in caplog.records) == 1
        lab.sessions.blind.clear()
        await lab.pass_(minutes=1)

        assert lab.runner.runs("docs/daily") == [fire.run]

    async def test_a_holder_that_has_not_begun_yet_is_waited_for(self, lab: Lab) -> None:
        """Its session may still begin; nobody else starts it, and once it began it goes on."""
        fire = await leave(lab, "claimed")
        lab.runner.begin(fire)
        lab.sessions.begun_runs.clear()
        await lab.start()
        assert await lab.states() == ["claimed"]

        lab.sessions.begun_runs.add(fire.run)
        await lab.pass_(minutes=1)

        assert await lab.states() == ["running"]
        assert lab.runner.started == []

    async def test_a_holder_that_died_before_it_began_is_replaced(self, lab: Lab) -> None:
        """Once its session is known to have ended without having begun, the run is started."""
        fire = await leave(lab, "claimed")
        lab.runner.begin(fire)
        lab.sessions.begun_runs.clear()
        await lab.start()

        await lab.runner.end(fire.run, None, by="lost")
        await quiet(lab.scheduler)

        assert lab.runner.runs("docs/daily") == [fire.run]

    async def test_a_claimed_run_of_a_removed_schedule_is_cancelled(self, lab: Lab) -> None:
        """It never began, and nobody declares it any more."""
        await leave(lab, "claimed")
        await lab.rows.drop("c", "docs", "daily")
        await lab.start()

        (row,) = await lab.history()
        assert (row.fire.state, row.fire.why) == ("cancelled", "its schedule was removed")

    async def test_a_claimed_run_waits_for_a_declaration_that_is_understood(self, lab: Lab) -> None:
        """A release that does not understand a schedule leaves its run for the apply that renews it."""
        fire = await leave(lab, "claimed")
        known = (await lab.rows.all())[0].declared
        await lab.database.execute("UPDATE schedules SET declared = '{}'")
        await lab.start()
        assert await lab.states() == ["claimed"]

        await lab.database.execute("UPDATE schedules SET declared = ?", (known,))
        await lab.scheduler.refresh("c")
        await quiet(lab.scheduler)

        assert lab.runner.runs("docs/daily") == [fire.run]

    async def test_a_schedule_removed_before_its_claimed_run_is_taken_up_again(self, lab: Lab) -> None:
        """A run that was to be started after a pause, and whose schedule went meanwhile, is cancelled."""
        fire = await leave(lab, "claimed")
        await lab.start()
        await lab.runner.end(fire.run)
        await quiet(lab.scheduler)
        lab.clock.advance(1)
        again = await leave(lab, "claimed")
        lab.scheduler._starts._pace.woke()
        await lab.start()
        assert lab.runner.runs("docs/daily") == [fire.run]

        await lab.rows.drop("c", "docs", "daily")
        await lab.scheduler.refresh("c")
        await quiet(lab.scheduler)

        row = await lab.ledger.get(again.run)
        assert row is not None
        assert row.fire.state == "cancelled"

    async def test_a_run_that_somebody_else_ended_is_not_started(self, lab: Lab) -> None:
        """Neither one that waits for its turn nor one that is doubted, once the ledger was read anew."""
        doubted = await leave(lab, "claimed")
        lab.clock.advance(1)
        waiting = await leave(lab, "claimed")
        lab.sessions.blind.add(doubted.run)
        lab.scheduler._starts._pace.woke()
        await lab.start()
        for fire in (doubted, waiting):
            await lab.ledger.end(fire.run, "stopped", lab.clock.moment())

        await lab.scheduler.refresh("c")
        await lab.pass_(minutes=5)

        assert lab.runner.started == []


class TestLimits:
    """Time limits across daemons."""

    async def test_a_limit_counts_on_from_the_start(self, lab: Lab) -> None:
        """A daemon that comes in between gives no more time than was declared."""
        await lab.declare("docs/daily", cron="0 13 * * *", timeout="30m")
        await lab.start()
        await lab.to(13, 20)
        await lab.restart()
        await lab.to(13, 29, 59)
        assert await lab.states() == ["running"]

        await lab.to(13, 30)

        assert await lab.states() == ["timeout"]

    async def test_a_run_of_unknown_age_gets_the_whole_limit(self, lab: Lab) -> None:
        """Where the daemon died before it wrote the start down, the wall clock is no measure."""
        fire = await leave(lab, "claimed", timeout="30m")
        lab.runner.begin(fire)
        lab.clock.step(timedelta(days=1).total_seconds())
        await lab.start()

        await lab.pass_(minutes=29)
        assert (await lab.states())[0] == "running"
        await lab.pass_(minutes=1)

        assert (await lab.states())[0] == "timeout"

    async def test_a_stop_that_was_asked_for_is_asked_for_again(self, lab: Lab) -> None:
        """A daemon that died between deciding on a replacement and the stop leaves that to the next one."""
        fire = await leave(lab, "running")
        lab.runner.begin(fire)
        await lab.ledger.stopping(fire.run, "replaced")
        await lab.start()

        assert lab.runner.stopped == [fire.run]
        assert await lab.states() == ["replaced"]


class Slow(FakeRunner):
    """Starts that take a while before and after their session begins, so that a kill may fall in between."""

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Begin a session, with others having their turn in between."""
        for _ in range(5):
            await asyncio.sleep(0)
        started = await super().start(constellation, schedule, fire)
        for _ in range(5):
            await asyncio.sleep(0)
        return started


KILLS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40), st.booleans()), min_size=1, max_size=8)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=KILLS)
async def test_no_kill_doubles_or_loses_a_run(lab: Lab, kills: list[tuple[int, int, bool]]) -> None:
    """Daemons die anywhere, fires come meanwhile, runs end watched or not: each fire runs exactly once."""
    await lab.scheduler.close()
    lab = Lab(lab.database)
    for table in ("fires", "schedules"):
        await lab.database.execute(f"DELETE FROM {table}")
    lab.runner = Slow(lab.clock, lab.sessions)
    for key in ("docs/often", "site/often"):
        await lab.declare(key, cron="*/10 * * * *", missed="all", max_catch_up=1000, overlap="queue_all")
    begin = lab.clock.moment()
    for turns, minutes, ends in kills:
        lab.scheduler = lab.new_scheduler()
        living = spawn(live(lab, minutes * 60.0), name="daemon")
        for _ in range(turns):
            await asyncio.sleep(0)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        await lab.scheduler.close()
        if ends:
            end_unwatched(lab)

    await lab.restart()
    while live_runs := [run for run, row in lab.sessions.rows.items() if row.live]:
        await lab.runner.end(live_runs[0])
        await quiet(lab.scheduler)
    for key, schedule in lab.scheduler.schedules("c").items():
        assert schedule.cron is not None
        wanted = list(schedule.cron.between(begin, lab.clock.moment(), schedule.zone))
        rows = [row.fire for row in await lab.history() if row.fire.schedule == key]
        assert [fire.fire_at for fire in rows] == wanted
        assert {fire.state for fire in rows} <= {"succeeded"}
        assert sorted(lab.runner.runs(key)) == sorted(fire.run for fire in rows)
    await lab.scheduler.close()


async def live(lab: Lab, seconds: float) -> None:
    """Let a daemon live through a span of time."""
    await lab.start()
    await run_until(lab.scheduler, lab.clock.time + seconds)


def end_unwatched(lab: Lab) -> None:
    """Let every live session end while no daemon is there, and time pass."""
    for run, row in lab.sessions.rows.items():
        if row.live:
            lab.sessions.rows[run] = replace(row, ended_at=1.0, exit_status=0, ended_by="itself")
    lab.clock.sleep(1500.0)


class TestUntold:
    """Runs of whose end nobody told."""

    async def test_an_end_that_nobody_told_is_found(self, lab: Lab) -> None:
        """As where somebody failed who had to pass it on: what waits for it goes on within minutes."""
        await lab.declare("docs/daily", cron="0 13 * * *", overlap="skip")
        await lab.start()
        await lab.to(13)
        (run,) = lab.runner.runs("docs/daily")
        row = lab.sessions.rows[run]
        lab.sessions.rows[run] = replace(row, ended_at=lab.clock.now(), exit_status=3, ended_by="itself")
        before = await lab.states()
        for _ in range(3):
            await lab.pass_(minutes=1)

        assert before == ["running"]
        (ended,) = await lab.history()
        assert (ended.fire.state, ended.exit_status) == ("failed", 3)

    async def test_an_end_that_is_being_told_is_left_to_who_tells_it(self, lab: Lab) -> None:
        """Between the end and its telling what the run used is written down: a moment is not enough."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(13)
        await lab.pass_(minutes=10)
        (run,) = lab.runner.runs("docs/daily")
        row = lab.sessions.rows[run]
        lab.sessions.rows[run] = replace(row, ended_at=lab.clock.now(), exit_status=0, ended_by="itself")
        await lab.pass_(minutes=1)
        first = await lab.states()
        await lab.runner.end(run, 3)
        await quiet(lab.scheduler)

        assert first == ["running"]
        assert await lab.states() == ["failed"]

    async def test_a_look_that_fails_ends_no_run(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """It goes on, and is looked at again."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(13)

        async def blind(_: str) -> None:
            raise WorldError("Input/output error")

        with monkeypatch.context() as dark:
            dark.setattr(lab.sessions, "get", blind)
            for _ in range(5):
                await lab.pass_(minutes=1)
        for _ in range(3):
            await lab.pass_(minutes=1)

        assert await lab.states() == ["running"]
