"""The scheduler over real sessions: holders, processes, and daemons that come and go."""

import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime import processes
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.scheduler import Scheduler, Started
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.scheduler.lab import declaration, until
from tests.runtime.sessions_rig import Rig, members


def now() -> datetime:
    """Return the wall time."""
    return datetime.fromtimestamp(SystemClock().now(), UTC)


class SessionRunner:
    """Runs the declared command as a session, without any workspace."""

    def __init__(self, rig: Rig) -> None:
        """Use the registry that the rig has at the time."""
        self.rig = rig
        self.concluded: list[LedgerRow] = []

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Start the session with the run's id."""
        assert schedule.spec.command is not None
        launch = self.rig.launch(
            *schedule.spec.command,
            role="run",
            subject=schedule.key,
            session=fire.run,
            grace=timedelta(seconds=0.2),
        )
        await self.rig.registry.start(constellation, launch)
        return Started()

    async def stop(self, run: str) -> None:
        """Stop the session."""
        await self.rig.registry.stop(run)

    async def conclude(self, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        """Take note of the end."""
        self.concluded.append(row)


class Daemons:
    """One daemon after another over the same state.

    Attributes:
        scheduler: the present one's.
    """

    def __init__(self, rig: Rig) -> None:
        """There is none yet."""
        self.rig = rig
        self.ledger = Ledger(rig.database, "")
        self.rows = ScheduleRows(rig.database)
        self.runner = SessionRunner(rig)
        self.scheduler: Scheduler | None = None

    async def begin(self) -> Scheduler:
        """Start the next daemon; the one before lets go of everything, as if it had died."""
        await self.end()

        async def on_end(row: SessionRow) -> None:
            await made.session_ended(row)

        rig = self.rig
        rig.registry = SessionRegistry(rig.rows, rig.settings, SystemClock(), rig.keys, on_end)
        made = Scheduler(
            self.ledger, self.rows, rig.registry, self.runner, SystemClock(), parallel=4, spacing=0.0
        )
        await rig.registry.adopt()
        await made.start()
        self.scheduler = made
        return made

    async def end(self) -> None:
        """Let the daemon go; its sessions go on."""
        if self.scheduler is not None:
            await self.scheduler.close()
            await self.rig.registry.close()

    async def declare(self, **spec: object) -> None:
        """Let the schedule `docs/daily` be in effect; a person starts it."""
        text = declaration(cron="0 0 29 2 *", **spec)
        await self.rows.put("c", "docs", "daily", text, now())

    async def row(self, run: str) -> LedgerRow:
        """Return a row of the ledger."""
        row = await self.ledger.get(run)
        assert row is not None
        return row

    async def runs(self, run: str) -> None:
        """Wait until the ledger knows that a run's session is live."""
        assert self.scheduler is not None
        board = self.scheduler._books.boards["c"]
        await until(lambda: board.open[run].state == "running", "the session")

    async def ended(self, run: str) -> LedgerRow:
        """Wait until a run has been concluded; return its row."""
        await until(lambda: any(row.fire.run == run for row in self.runner.concluded), "the end")
        return await self.row(run)


@pytest.fixture
async def daemons(rig: Rig) -> AsyncIterator[Daemons]:
    """Give a state without a daemon."""
    daemons = Daemons(rig)
    yield daemons
    if daemons.scheduler is not None:
        await daemons.scheduler.close()


@pytest.mark.parametrize(
    ("command", "state", "status"), [("exit 0", "succeeded", 0), ("exit 3", "failed", 3)]
)
async def test_a_run_is_a_session(daemons: Daemons, command: str, state: str, status: int) -> None:
    """It has the run's id, and its end, however quick, is in the ledger with its times."""
    await daemons.declare(command=["/bin/sh", "-c", f"echo hello; {command}"])
    scheduler = await daemons.begin()

    fire = await scheduler.run_now("c", "docs/daily")
    row = await daemons.ended(fire.run)

    assert (row.fire.state, row.exit_status) == (state, status)
    assert row.claimed_at is not None
    assert row.started_at is not None
    assert row.ended_at is not None
    assert row.claimed_at <= row.started_at
    assert b"hello" in daemons.rig.output(fire.run)


async def test_a_run_that_takes_too_long_is_stopped_with_its_whole_tree(daemons: Daemons) -> None:
    """Nothing of it is left, and the ledger says why."""
    await daemons.declare(command=["/bin/sh", "-c", "sleep 1000 & trap '' TERM; wait; wait"], timeout="1s")
    scheduler = await daemons.begin()

    fire = await scheduler.run_now("c", "docs/daily")
    row = await daemons.ended(fire.run)

    assert (row.fire.state, row.fire.why) == ("timeout", "it took longer than its timeout")
    assert members(fire.run) == {}


async def test_a_run_outlives_the_daemon(daemons: Daemons) -> None:
    """The next one adopts it and writes its end down; it is not started again."""
    await daemons.declare(command=["/bin/sh", "-c", "read line; exit 5"])
    fire = await (await daemons.begin()).run_now("c", "docs/daily")
    await daemons.runs(fire.run)
    await daemons.begin()

    await daemons.rig.registry.send(fire.run, b"go\n")
    row = await daemons.ended(fire.run)

    assert (row.fire.state, row.exit_status) == ("failed", 5)


async def test_a_run_that_ended_without_a_daemon_has_its_end(daemons: Daemons) -> None:
    """The next daemon reads what the holder left behind."""
    await daemons.declare(command=["/bin/sh", "-c", "read line; exit 6"])
    fire = await (await daemons.begin()).run_now("c", "docs/daily")
    await daemons.runs(fire.run)
    await daemons.end()
    for process in processes.with_marker(fire.run):
        os.kill(process, signal.SIGKILL)
    await until(lambda: not members(fire.run), "the end of the holder")

    await daemons.begin()
    row = await daemons.ended(fire.run)

    assert (row.fire.state, row.fire.why) == ("failed", "killed by SIGKILL")


async def test_a_claimed_run_is_started_once(daemons: Daemons) -> None:
    """A daemon that died after the claim leaves it to the next one; the one after that finds it begun."""
    await daemons.declare(command=["/bin/sh", "-c", "echo once; read line"])
    scheduler = await daemons.begin()
    await scheduler.close()
    fire = await scheduler.run_now("c", "docs/daily")
    await daemons.ledger.claim([fire], now())

    for _ in range(2):
        await daemons.begin()
        await until(lambda: members(fire.run), "the session")
    await until(lambda: b"once" in daemons.rig.output(fire.run), "the word of the run")
    await daemons.rig.registry.stop(fire.run)
    row = await daemons.ended(fire.run)

    assert row.fire.state == "stopped"
    assert daemons.rig.output(fire.run).count(b"once") == 1
