"""A scheduler over a real ledger, on a virtual clock, with sessions that a test begins and ends."""

import asyncio
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from constellagent.plan.declared import declared
from constellagent.plan.fires import State, shown
from constellagent.runtime.scheduler import Scheduler
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.spec.models import Constellation, Schedule
from tests.runtime.scheduler.virtual import (
    FakeRunner,
    FakeSessions,
    InstantRunner,
    VirtualAlarm,
    VirtualClock,
    quiet,
    run_until,
)

ACME = Constellation.model_validate({"version": 1, "name": "acme", "agents": {}})


def declaration(**spec: Any) -> str:
    """Return a schedule as it is kept; keys as in the file, `_` for what Python reserves."""
    return declared(Schedule.model_validate({key.rstrip("_"): value for key, value in spec.items()}), ACME)


class Lab:
    """One state, one daemon after another.

    Attributes:
        clock: the virtual clock.
        ledger: the real one.
        rows: the schedules in effect.
        sessions: what is known of sessions.
        runner: what starts and ends runs.
        scheduler: the present daemon's.
        options: of the schedulers that are made.
    """

    def __init__(self, database: Database) -> None:
        """Begin with an empty state and no daemon."""
        self.database = database
        self.clock = VirtualClock()
        self.ledger = Ledger(database, "2026.1")
        self.rows = ScheduleRows(database)
        self.sessions = FakeSessions()
        self.runner = FakeRunner(self.clock, self.sessions)
        self.options: dict[str, Any] = {"parallel": 4, "spacing": 0.0}
        self.scheduler = self.new_scheduler()

    def new_scheduler(self) -> Scheduler:
        """Return another scheduler over the same state."""
        alarm = VirtualAlarm(self.clock)
        made = Scheduler(
            self.ledger, self.rows, self.sessions, self.runner, self.clock, alarm=alarm, **self.options
        )
        self.runner.scheduler = made
        return made

    async def start(self) -> None:
        """Start the daemon, and wait until it has nothing to do."""
        await self.scheduler.start()
        await quiet(self.scheduler)

    async def restart(self) -> None:
        """End the daemon, if one runs, and start the next one."""
        await self.scheduler.close()
        self.scheduler = self.new_scheduler()
        await self.start()

    async def declare(self, key: str, constellation: str = "c", **spec: Any) -> None:
        """Let a schedule be in effect, also for the daemon that runs."""
        agent, _, name = key.partition("/")
        await self.rows.put(constellation, agent, name, declaration(**spec), self.clock.moment())
        if self.scheduler._task is not None:
            await self.scheduler.refresh(constellation)
            await quiet(self.scheduler)

    async def to(self, hour: int, minute: int = 0, second: int = 0, *, day: int = 22) -> None:
        """Let time pass until then, in November 2026, UTC."""
        await run_until(self.scheduler, datetime(2026, 11, day, hour, minute, second, tzinfo=UTC).timestamp())

    def skip_to(self, hour: int, minute: int = 0, second: int = 0) -> None:
        """Let time pass while the daemon does not look, up to then on the first day."""
        then = self.clock.moment().replace(hour=hour, minute=minute, second=second, microsecond=0)
        self.clock.advance((then - self.clock.moment()).total_seconds())

    async def pass_(self, **span: float) -> None:
        """Let a span of time pass, awake."""
        await run_until(self.scheduler, self.clock.time + timedelta(**span).total_seconds())

    async def look(self) -> None:
        """Let the daemon look at the clock, and wait until it has nothing to do."""
        self.scheduler._alarm.ring()
        await quiet(self.scheduler)

    async def history(self, constellation: str = "c") -> list[LedgerRow]:
        """Return all rows of the ledger, oldest first by nominal time."""
        return list(reversed(await self.ledger.history(constellation, limit=100_000)))

    async def told(self, constellation: str = "c") -> list[tuple[str, State]]:
        """Return nominal time and state of each row."""
        return [(shown(row.fire.fire_at), row.fire.state) for row in await self.history(constellation)]

    async def states(self, constellation: str = "c") -> list[State]:
        """Return the states of all rows."""
        return [row.fire.state for row in await self.history(constellation)]


def at(hour: int, minute: int = 0, second: int = 0, *, day: int = 22) -> datetime:
    """Return a moment of November 2026."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


async def instant(lab: Lab) -> InstantRunner:
    """Let runs succeed at once; returns what starts them."""
    await lab.scheduler.close()
    runner = InstantRunner(lab.clock)
    lab.runner = runner  # type: ignore[assignment] # as good as the other for a daemon
    lab.scheduler = lab.new_scheduler()
    return runner


@contextmanager
def no_space(lab: Lab) -> Iterator[None]:
    """Let the disk be full: the log of the database cannot grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = Path(f"{lab.database._path}-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def until(done: Callable[[], object], what: str) -> None:
    """Poll until `done` is true; fails the test after half a minute."""
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, f"{what} did not come"
        await asyncio.sleep(0.001)
