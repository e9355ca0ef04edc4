"""What others ask of the scheduler, and what they are told."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from constellagent.errors import UsageError, WorldError
from constellagent.plan.wakeups import Cause
from constellagent.runtime.store.ledger import LedgerRow
from tests.runtime.scheduler.lab import Lab, at, declaration, instant, no_space
from tests.runtime.scheduler.virtual import NOON, VirtualAlarm, quiet


class TestAsked:
    """What people and events ask for."""

    async def test_a_person_runs_a_schedule_now(self, lab: Lab) -> None:
        """It starts at once, also where the schedule is paused, and the cursor stays."""
        await lab.declare("docs/daily", cron="0 13 * * *", paused=True)
        await lab.start()

        fire = await lab.scheduler.run_now("c", "docs/daily")
        await quiet(lab.scheduler)

        assert lab.runner.runs("docs/daily") == [fire.run]
        (row,) = await lab.history()
        assert (row.fire.origin, row.fire.reason, row.fire.state) == ("person", "manual", "running")
        assert (await lab.rows.all())[0].upto == NOON

    async def test_an_unknown_schedule_is_a_mistake_in_words(self, lab: Lab) -> None:
        """Every question names the nearest one that there is."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        scheduler = lab.scheduler
        cause = Cause("email", "m-1", NOON)
        window = (NOON - timedelta(days=1), NOON)

        for ask in (
            lambda key: scheduler.run_now("c", key),
            lambda key: scheduler.cause("c", key, cause),
            lambda key: scheduler.backfill("c", key, window, "", dry_run=True),
            lambda key: scheduler.pause("c", key, "no"),
            lambda key: scheduler.resume("c", key, catch_up=False),
            lambda key: scheduler.reset("c", key),
        ):
            with pytest.raises(UsageError, match=r"'docs/dayly' in effect; did you mean docs/daily\?"):
                await ask("docs/dayly")
        with pytest.raises(UsageError, match="there is no schedule"):
            scheduler.outlook("d", "docs/daily")

    async def test_an_event_wakes_a_schedule_once(self, lab: Lab) -> None:
        """It is written down when the call returns; told a second time it is not new."""
        await lab.declare("docs/mail", on_={"email": {}})
        await lab.start()
        cause = Cause("email", "m-1", NOON - timedelta(hours=3), depth=1)

        (fire,) = await lab.scheduler.cause("c", "docs/mail", cause)
        row = await lab.ledger.get(fire.run)
        again = await lab.scheduler.cause("c", "docs/mail", cause)
        await quiet(lab.scheduler)

        assert row is not None
        assert (row.fire.event, row.fire.depth, row.fire.reason) == ("m-1", 2, "email")
        assert again == []
        assert lab.runner.runs("docs/mail") == [fire.run]

    async def test_a_waiting_event_is_not_dropped_by_its_own_echo(self, lab: Lab) -> None:
        """Of two events the second waits for the first; told again it still waits, and then it runs."""
        await lab.declare("docs/mail", on_={"email": {}})
        await lab.start()
        for name in ("m-1", "m-2", "m-2"):
            moment = NOON - timedelta(seconds=9 - int(name[-1]))
            await lab.scheduler.cause("c", "docs/mail", Cause("email", name, moment))
        await quiet(lab.scheduler)

        assert await lab.states() == ["running", "queued"]
        await lab.runner.end(lab.runner.runs("docs/mail")[0])
        await quiet(lab.scheduler)
        assert await lab.states() == ["succeeded", "running"]

    async def test_an_event_may_take_the_place_of_a_run(self, lab: Lab) -> None:
        """With `overlap: replace` the run that goes on is stopped, and the new one starts after it."""
        await lab.declare("docs/mail", on_={"email": {}}, overlap="replace")
        await lab.start()
        for number in (1, 2):
            moment = NOON - timedelta(seconds=9 - number)
            await lab.scheduler.cause("c", "docs/mail", Cause("email", f"m-{number}", moment))
            await quiet(lab.scheduler)

        assert await lab.states() == ["replaced", "running"]

    async def test_too_many_events_of_an_hour_are_refused(self, lab: Lab) -> None:
        """What is more than `max_per_hour` leaves a row, with the next daemon too, until the hour is over."""
        await instant(lab)
        await lab.declare("docs/mail", on_={"email": {}}, max_per_hour=2)
        await lab.start()

        async def tell(number: int) -> str:
            moment = lab.clock.moment() + timedelta(microseconds=number)
            (fire,) = await lab.scheduler.cause("c", "docs/mail", Cause("email", f"m-{number}", moment))
            await quiet(lab.scheduler)
            return fire.state

        assert [await tell(number) for number in range(3)] == ["queued", "queued", "over_limit"]
        await lab.restart()
        assert await tell(4) == "over_limit"
        await lab.pass_(hours=1)
        assert await tell(5) == "queued"

    async def test_a_window_is_backfilled_in_order(self, lab: Lab) -> None:
        """A dry run writes nothing; the true one runs each time that has not run, one after another."""
        lab.clock.time = at(12, 30, day=20).timestamp()
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(13, day=20)
        await lab.runner.end(lab.runner.runs("docs/daily")[0], 1)
        await lab.to(14, day=20)
        window = (at(0, day=18), at(13, 30, day=20))

        dry = await lab.scheduler.backfill("c", "docs/daily", window, "", dry_run=True)
        assert await lab.states() == ["failed"]
        fires = await lab.scheduler.backfill("c", "docs/daily", window, "failed", dry_run=False)
        await quiet(lab.scheduler)

        assert [fire.fire_at.day for fire in dry] == [18, 19]
        assert [(fire.fire_at.day, fire.attempt) for fire in fires] == [(18, 1), (19, 1), (20, 2)]
        assert lab.runner.runs("docs/daily")[1:] == [fires[0].run]
        for fire in fires:
            await lab.runner.end(fire.run)
            await quiet(lab.scheduler)
        assert lab.runner.runs("docs/daily")[1:] == [fire.run for fire in fires]

    async def test_a_paused_schedule_rests(self, lab: Lab) -> None:
        """What it has queued is cancelled and its fires do not come; resumed, it makes up for nothing."""
        await lab.declare("docs/often", cron="0 * * * *", overlap="queue_all")
        await lab.start()
        await lab.to(14)
        assert await lab.states() == ["running", "queued"]

        await lab.scheduler.pause("c", "docs/often", "holidays")
        await lab.to(17)

        assert await lab.states() == ["running", "cancelled"]
        outlook = lab.scheduler.outlook("c", "docs/often")
        assert (outlook.state, outlook.why, outlook.next_fire) == ("paused", "holidays", None)
        await lab.runner.end(lab.runner.runs("docs/often")[0])
        await lab.scheduler.resume("c", "docs/often", catch_up=False)
        await lab.to(18)
        assert await lab.told() == [
            ("2026-11-22T13:00:00Z", "succeeded"),
            ("2026-11-22T14:00:00Z", "cancelled"),
            ("2026-11-22T18:00:00Z", "running"),
        ]

    async def test_resuming_with_catch_up_makes_up_for_the_pause(self, lab: Lab) -> None:
        """As declared by `missed`: the newest one runs, the others are told of."""
        await lab.declare("docs/often", cron="0 * * * *")
        await lab.start()
        await lab.scheduler.pause("c", "docs/often", "holidays")
        await lab.to(17, 30)

        await lab.scheduler.resume("c", "docs/often", catch_up=True)
        await quiet(lab.scheduler)

        assert await lab.told() == [("2026-11-22T16:00:00Z", "missed"), ("2026-11-22T17:00:00Z", "running")]


class TestOthers:
    """Who else is there."""

    async def test_other_sessions_are_none_of_its_business(self, lab: Lab) -> None:
        """The end of a session that is no run of the ledger changes nothing."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        await lab.to(13)
        row = lab.sessions.rows[lab.runner.runs("docs/daily")[0]]

        await lab.scheduler.session_ended(
            type(row)("0" * 32, "c", "agent", "docs", "", 0.0, 1.0, "b", ended_at=1.0, ended_by="itself")
        )

        assert await lab.states() == ["running"]

    async def test_whoever_listens_hears_of_every_end(self, lab: Lab) -> None:
        """Also of one that was written down by a daemon that died before it could tell, and only once."""
        heard: list[tuple[str, str]] = []

        async def deaf(row: LedgerRow) -> None:
            raise WorldError("no space")

        async def listen(row: LedgerRow) -> None:
            heard.append((row.fire.run, row.fire.state))

        await lab.declare("docs/daily", cron="0 13 * * *")
        lab.scheduler.on_end.append(deaf)
        await lab.start()
        await lab.to(13)
        run = lab.runner.runs("docs/daily")[0]
        await lab.runner.end(run)
        await quiet(lab.scheduler)
        assert [row.fire.run for row in lab.runner.concluded] == [run]

        for _ in range(2):
            await lab.scheduler.close()
            lab.scheduler = lab.new_scheduler()
            lab.scheduler.on_end.append(listen)
            await lab.start()

        assert heard == [(run, "succeeded")]

    async def test_a_declaration_of_another_release_is_shown_and_not_run(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The others run; a new apply puts it right."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.database.execute(
            "INSERT INTO schedules (constellation, agent, name, declared, created_at, upto) "
            "VALUES ('c', 'docs', 'odd', '{\"spec\": {\"lunar\": 1}}', 0, 0)"
        )
        await lab.start()
        await lab.to(13)

        assert [key for key, _, _ in lab.runner.started] == ["docs/daily"]
        assert lab.scheduler.outlook("c", "docs/odd").state == "never"
        assert "another release" in lab.scheduler.outlook("c", "docs/odd").why
        with pytest.raises(UsageError, match="docs/odd is not run") as caught:
            await lab.scheduler.run_now("c", "docs/odd")
        assert caught.value.hint == "`constellagent apply` writes it anew"
        assert [record.message for record in caplog.records if record.levelno == logging.WARNING] == [
            "docs/odd is not run: its declaration was written by another release of constellagent"
        ]
        await lab.rows.put("c", "docs", "odd", declaration(cron="30 13 * * *"), lab.clock.moment())
        await lab.scheduler.refresh("c")
        await lab.to(13, 30)
        assert [key for key, _, _ in lab.runner.started] == ["docs/daily", "docs/odd"]

    async def test_a_full_disk_is_told_to_who_asks(self, lab: Lab) -> None:
        """An event or a wish that cannot be written down is an error, and nothing starts."""
        await lab.declare("docs/mail", on_={"email": {}})
        await lab.start()

        with no_space(lab):
            with pytest.raises(WorldError):
                await lab.scheduler.cause("c", "docs/mail", Cause("email", "m-1", NOON))
            with pytest.raises(WorldError):
                await lab.scheduler.run_now("c", "docs/mail")

        await lab.look()
        assert lab.runner.started == []
        assert await lab.history() == []

    async def test_an_idle_daemon_asks_nothing(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where nothing is due a look costs no access to the database, and no earlier look is asked for."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()

        async def asked(call: object) -> None:
            raise AssertionError("the database was asked")

        with monkeypatch.context() as patch:
            patch.setattr(lab.database, "run", asked)
            for _ in range(3):
                lab.clock.advance(10)
                await lab.look()
        alarm = lab.scheduler._alarm
        assert isinstance(alarm, VirtualAlarm)
        assert alarm.wanted == at(13).timestamp()


class TestCancelled:
    """Those who ask may be cut short, as a mailbox's follower is by an apply: what is written is followed."""

    async def test_an_event_that_was_written_down_wakes_though_nobody_waits(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Told again it would be known: so its run must start of its own."""
        await lab.declare("docs/mail", on_={"email": {}})
        await lab.start()
        held = Held(lab.ledger, "commit", monkeypatch)
        cause = Cause("email", "m-1", NOON - timedelta(hours=3))

        await held.cut_short(lab.scheduler.cause("c", "docs/mail", cause))
        again = await lab.scheduler.cause("c", "docs/mail", cause)
        await quiet(lab.scheduler)

        assert again == []
        assert await lab.states() == ["running"]
        assert len(lab.runner.runs("docs/mail")) == 1

    async def test_a_run_that_was_claimed_is_started(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """Else it would hold its workspace, and one place of few, for as long as the daemon lives."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.declare("site/mail", on_={"email": {}})
        await lab.start()
        with monkeypatch.context() as silent:
            silent.setattr(lab.scheduler._alarm, "ring", lambda: None)
            fire = await lab.scheduler.run_now("c", "docs/daily")
            held = Held(lab.ledger, "claim", monkeypatch)
            await held.cut_short(lab.scheduler.cause("c", "site/mail", Cause("email", "m-1", NOON)))
        await lab.look()

        assert lab.runner.runs("docs/daily") == [fire.run]
        assert set(await lab.states()) == {"running"}

    async def test_a_schedule_that_was_paused_is_known_to_be(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the next daemon would take for paused does not fire under this one either."""
        await lab.declare("docs/daily", cron="0 13 * * *")
        await lab.start()
        held = Held(lab.rows, "pause", monkeypatch)

        await held.cut_short(lab.scheduler.pause("c", "docs/daily", "enough"))
        await lab.to(14)

        assert lab.scheduler.outlook("c", "docs/daily").why == "enough"
        assert await lab.history() == []


class Held:
    """A call that has done what it does, and does not return before it is let."""

    def __init__(self, of: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Hold this method of an object, once."""
        self.done, self.go_on = asyncio.Event(), asyncio.Event()
        call = getattr(of, name)

        async def held(*args: Any, **more: Any) -> Any:
            result = await call(*args, **more)
            self.done.set()
            await self.go_on.wait()
            return result

        monkeypatch.setattr(of, name, held)

    async def cut_short(self, asking: Coroutine[Any, Any, Any]) -> None:
        """Cancel whoever asks while the call is held, and let it go on only then."""
        task = asyncio.ensure_future(asking)
        async with asyncio.timeout(30):
            await self.done.wait()
            task.cancel()
            await asyncio.sleep(0)
            self.go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await task
