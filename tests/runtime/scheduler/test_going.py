"""Runs that go on and end: limits, replacements, retries, and ends that cannot be written down."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from constellagent.runtime.scheduler import going as module
from tests.runtime.scheduler.lab import Lab, no_space, until
from tests.runtime.scheduler.virtual import alarm_of, quiet


async def going(lab: Lab, **spec: Any) -> str:
    """Let a run go on since 13:00, and return its id."""
    await lab.declare("docs/daily", **{"cron": "0 13 * * *", **spec})
    await lab.start()
    await lab.to(13)
    return lab.runner.runs("docs/daily")[0]


class TestEnds:
    """How a run ends."""

    @pytest.mark.parametrize(
        ("exit_status", "by", "state", "why"),
        [
            (0, "itself", "succeeded", "exit status 0"),
            (7, "itself", "failed", "exit status 7"),
            (None, "itself", "failed", "exit status None"),
            (None, "stop", "stopped", "stopped"),
            (None, "lost", "lost", "exit status None"),
        ],
    )
    async def test_the_session_says_how(
        self, lab: Lab, exit_status: int | None, by: str, state: str, why: str
    ) -> None:
        """State, exit status and words are the session's; the end is concluded with the schedule at hand."""
        run = await going(lab)
        lab.clock.advance(90)

        await lab.runner.end(run, exit_status, by=by)
        await quiet(lab.scheduler)

        (row,) = await lab.history()
        assert (row.fire.state, row.fire.why, row.exit_status) == (state, why, exit_status)
        assert (row.started_at, row.ended_at) == (row.fire.fire_at, row.fire.fire_at + timedelta(seconds=90))
        assert lab.runner.concluded == [row]

    async def test_failures_pause_the_schedule(self, lab: Lab, caplog: pytest.LogCaptureFixture) -> None:
        """After so many in a row it pauses, says why, and waits for a person; that is no mistake."""
        await lab.declare("docs/daily", cron="0 * * * *", pause_on_failure=2)
        await lab.start()
        for hour in (13, 14):
            await lab.to(hour)
            await lab.runner.end(lab.runner.runs("docs/daily")[-1], 1)
        await lab.to(17)

        assert await lab.states() == ["failed", "failed"]
        outlook = lab.scheduler.outlook("c", "docs/daily")
        assert (outlook.state, outlook.why) == ("paused", "paused after 2 failures in a row")
        assert caplog.records == []
        await lab.restart()
        assert lab.scheduler.outlook("c", "docs/daily").state == "paused"

    async def test_a_failed_run_is_tried_again(self, lab: Lab) -> None:
        """After the wait, as another run; the wait doubles, and in the end it is a failure."""
        run = await going(lab, retries={"max": 2, "backoff": "5m"})
        await lab.runner.end(run, 1)
        await lab.to(13, 4, 59)
        assert len(lab.runner.started) == 1
        await lab.to(13, 5)
        await lab.runner.end(lab.runner.runs("docs/daily")[1], 1)
        await lab.to(13, 15)
        await lab.runner.end(lab.runner.runs("docs/daily")[2], 1)
        await lab.to(15)

        rows = await lab.history()
        assert [(row.fire.attempt, row.fire.state, row.fire.reason) for row in rows] == [
            (1, "failed", "schedule"),
            (2, "failed", "retry"),
            (3, "failed", "retry"),
        ]
        assert (await lab.rows.all())[0].failures == 1

    async def test_an_end_that_cannot_be_written_is_written_later(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Until then the workspace stays taken; then the end is there, and what waited starts."""
        run = await going(lab, overlap="queue_one")
        waiting = await lab.scheduler.run_now("c", "docs/daily")
        await quiet(lab.scheduler)

        with no_space(lab):
            await lab.runner.end(run)
            await lab.look()
            assert await lab.states() == ["running", "queued"]
        await lab.pass_(minutes=1)

        assert await lab.states() == ["succeeded", "running"]
        assert lab.runner.runs("docs/daily") == [run, waiting.run]
        assert f"the end of run {run} is not written down" in caplog.text

    async def test_a_start_that_cannot_be_written_down_is_a_run_all_the_same(self, lab: Lab) -> None:
        """Its end is written later, with the time of neither lost."""
        gate = lab.runner.gates["docs/daily"] = asyncio.Event()
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        lab.skip_to(13)
        lab.scheduler._alarm.ring()
        await until(lambda: lab.scheduler._starts._starting, "the start")

        with no_space(lab):
            gate.set()
            await quiet(lab.scheduler)
        (run,) = lab.runner.runs("docs/daily")
        assert await lab.states() == ["claimed"]
        await lab.runner.end(run)
        await quiet(lab.scheduler)

        assert await lab.states() == ["succeeded"]

    async def test_a_listener_that_fails_keeps_nothing_from_happening(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The end is concluded all the same, and the failure is in the log."""

        async def broken(row: object) -> None:
            raise RuntimeError("a mistake")

        lab.scheduler.on_end.append(broken)
        run = await going(lab)
        await lab.runner.end(run)
        await quiet(lab.scheduler)

        assert len(lab.runner.concluded) == 1
        assert "a mistake" in caplog.text

    async def test_a_mistake_about_what_follows_keeps_no_run_going(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The end is written down, nothing follows it, and the log has the trace."""

        def broken(*_args: object) -> None:
            raise ZeroDivisionError("a mistake")

        run = await going(lab)
        monkeypatch.setattr(module, "decide_end", broken)
        await lab.runner.end(run)
        await quiet(lab.scheduler)

        assert await lab.states() == ["succeeded"]
        assert "a mistake" in caplog.text


class TestLimit:
    """Runs that take too long."""

    async def test_a_run_that_takes_too_long_is_stopped(self, lab: Lab) -> None:
        """It is stopped once, after exactly its limit, and the row says why."""
        run = await going(lab, timeout="45m")
        await lab.to(13, 44, 59)
        assert lab.runner.stopped == []
        await lab.to(13, 45)

        assert lab.runner.stopped == [run]
        (row,) = await lab.history()
        assert (row.fire.state, row.fire.why) == ("timeout", "it took longer than its timeout")

    async def test_sleep_does_not_count(self, lab: Lab) -> None:
        """A run cannot work while the machine sleeps; only time awake is held against it."""
        await going(lab, timeout="45m")
        lab.clock.sleep(3 * 3600)
        await lab.look()
        await lab.pass_(minutes=44)
        assert lab.runner.stopped == []

        await lab.pass_(minutes=1)

        assert await lab.states() == ["timeout"]

    async def test_a_set_clock_does_not_count(self, lab: Lab) -> None:
        """Neither forward nor back: the limit is measured by another clock."""
        await going(lab, timeout="45m")
        lab.clock.step(-7200)
        await lab.pass_(minutes=44)
        assert lab.runner.stopped == []
        lab.clock.step(7200)
        await lab.pass_(minutes=1)

        assert (await lab.states())[0] == "timeout"

    async def test_a_run_that_does_not_end_is_stopped_again(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Each minute anew, and it is still a timeout when it ends at last."""
        run = await going(lab, timeout="45m")
        lab.runner.deaf.add(run)
        await lab.to(13, 47, 30)
        assert lab.runner.stopped == [run] * 3
        lab.runner.deaf.clear()
        await lab.to(13, 48)

        assert await lab.states() == ["timeout"]
        assert "does not end" in caplog.text

    async def test_a_limit_holds_where_nothing_can_be_written(self, lab: Lab) -> None:
        """A full disk keeps no run going; the end is written as soon as it can be."""
        run = await going(lab, timeout="45m")
        with no_space(lab):
            lab.clock.advance(46 * 60)
            lab.scheduler._alarm.ring()
            await until(lambda: lab.runner.stopped, "the stop")
            await quiet(lab.scheduler)
        assert lab.runner.stopped == [run]
        await lab.pass_(minutes=1)

        assert await lab.states() == ["timeout"]

    async def test_the_limit_of_an_ended_run_is_forgotten(self, lab: Lab) -> None:
        """Nothing is stopped that has ended."""
        run = await going(lab, timeout="45m")
        await lab.runner.end(run)
        await lab.to(15)

        assert lab.scheduler._going.limits.next() is None
        assert lab.runner.stopped == []
        assert await lab.states() == ["succeeded"]


class TestReplace:
    """`overlap: replace`."""

    async def test_a_later_fire_takes_the_place(self, lab: Lab) -> None:
        """The old run is stopped, and the new one starts when it is gone."""
        await lab.declare("docs/often", cron="0 * * * *", overlap="replace")
        await lab.start()
        await lab.to(13)
        (first,) = lab.runner.runs("docs/often")
        await lab.to(14)

        rows = await lab.history()
        assert [(row.fire.state, row.fire.why) for row in rows] == [
            ("replaced", "a later fire took its place (overlap: replace)"),
            ("running", ""),
        ]
        assert lab.runner.stopped == [first]

    async def test_the_new_run_waits_for_the_old_one(self, lab: Lab) -> None:
        """As long as anything of the old run is left, its workspace is its own."""
        await lab.declare("docs/often", cron="0 * * * *", overlap="replace")
        await lab.start()
        await lab.to(13)
        (first,) = lab.runner.runs("docs/often")
        lab.runner.deaf.add(first)
        await lab.to(14, 0, 30)
        assert await lab.states() == ["running", "queued"]
        lab.runner.deaf.clear()
        await lab.to(14, 1, 30)

        assert await lab.states() == ["replaced", "running"]

    async def test_a_run_that_is_being_started_is_stopped_once_it_is_live(self, lab: Lab) -> None:
        """A start is not cut in half."""
        gate = lab.runner.gates["docs/often"] = asyncio.Event()
        await lab.declare("docs/often", cron="0 * * * *", overlap="replace")
        await lab.start()
        for hour in (13, 14):
            lab.skip_to(hour)
            alarm_of(lab.scheduler).ring()
            await until(alarm_of(lab.scheduler).waiting.is_set, "the step")
        assert lab.runner.stopped == []
        gate.set()
        await quiet(lab.scheduler)

        assert await lab.states() == ["replaced", "running"]


class TestBehindItsBack:
    """Rows that somebody else has ended, as with another tool on the same file."""

    async def test_an_end_that_is_written_already_is_not_followed_up(self, lab: Lab) -> None:
        """What the ledger says stays, and nobody is told twice."""
        run = await going(lab)
        await lab.ledger.end(run, "lost", lab.clock.moment())

        await lab.runner.end(run)
        await quiet(lab.scheduler)

        assert await lab.states() == ["lost"]
        assert lab.runner.concluded == []

    async def test_a_limit_of_a_run_that_is_gone_stops_nothing(self, lab: Lab) -> None:
        """Once the ledger was read anew the run is none of its business."""
        run = await going(lab, timeout="45m")
        await lab.ledger.end(run, "lost", lab.clock.moment())
        await lab.scheduler.refresh("c")
        await lab.to(14)

        assert lab.runner.stopped == []

    async def test_an_end_that_waits_to_be_written_may_have_been(self, lab: Lab) -> None:
        """It is given up, and what comes next starts."""
        run = await going(lab)
        with no_space(lab):
            await lab.runner.end(run)
        await lab.ledger.end(run, "stopped", lab.clock.moment())
        await lab.scheduler.refresh("c")
        await lab.to(13, day=23)

        assert await lab.states() == ["stopped", "running"]

    async def test_two_words_of_one_end_are_one(self, lab: Lab) -> None:
        """However close together they come."""
        run = await going(lab)
        told = lab.scheduler
        row = replace(lab.sessions.rows[run], ended_at=1.0, ended_by="itself", exit_status=0)

        await asyncio.gather(told.session_ended(row), told.session_ended(row))
        await quiet(lab.scheduler)

        assert await lab.states() == ["succeeded"]
        assert len(lab.runner.concluded) == 1
