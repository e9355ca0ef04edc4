"""A clock that passes when a test says so, an alarm on it, and runs that need no processes."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from constellagent.errors import ConstellagentError, WorldError
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.scheduler import Scheduler, Started
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.runtime.store.sessions import SessionRow

NOON = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
"""Half a minute past noon on a Sunday: no fire is due at this very second."""
DAY = 86400.0


@dataclass
class VirtualClock:
    """Wall time, time awake, and time with sleep: apart, so that a test can sleep and set the clock."""

    time: float = NOON.timestamp()
    awake: float = 1000.0
    asleep: float = 0.0

    def now(self) -> float:
        """Return the wall time."""
        return self.time

    def monotonic(self) -> float:
        """Return the seconds awake."""
        return self.awake

    def with_sleep(self) -> float:
        """Return the seconds awake and asleep."""
        return self.awake + self.asleep

    def advance(self, seconds: float) -> None:
        """Let time pass while the machine is awake."""
        self.time += seconds
        self.awake += seconds

    def sleep(self, seconds: float) -> None:
        """Let the machine sleep."""
        self.time += seconds
        self.asleep += seconds

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back."""
        self.time += seconds

    def moment(self) -> datetime:
        """Return the wall time as the ledger has it."""
        return datetime.fromtimestamp(self.time, UTC)


class VirtualAlarm:
    """An alarm that a test lets go off. It knows no longest wait; `run_until` has one."""

    def __init__(self, clock: VirtualClock) -> None:
        """Nobody waits yet."""
        self.clock = clock
        self.wanted: float | None = None
        self.waiting = asyncio.Event()
        self._bell = asyncio.Event()

    async def until(self, epoch: float | None) -> None:
        """Wait until it is rung for."""
        self.wanted = epoch
        if not self._bell.is_set():
            self.waiting.set()
        await self._bell.wait()
        self._bell.clear()

    def ring(self) -> None:
        """End the wait."""
        self.waiting.clear()
        self._bell.set()

    def close(self) -> None:
        """Hold nothing."""


async def quiet(scheduler: Scheduler) -> None:
    """Return when the loop waits and nothing is under way in the background."""
    alarm = alarm_of(scheduler)
    while True:
        await alarm.waiting.wait()
        under_way = scheduler._going.chores.running
        if under_way:
            await asyncio.wait(list(under_way), return_when=asyncio.FIRST_COMPLETED)
        elif alarm.waiting.is_set():  # and nobody has rung since
            return


async def run_until(scheduler: Scheduler, epoch: float) -> None:
    """Let time pass, as fast as can be, until that wall time; everything that is due by then is done."""
    alarm = alarm_of(scheduler)
    clock = alarm.clock
    await quiet(scheduler)
    while True:
        latest = min(epoch, clock.time + DAY)
        clock.advance(max(min(latest if alarm.wanted is None else alarm.wanted, latest) - clock.time, 0.0))
        alarm.ring()
        await quiet(scheduler)
        if clock.time >= epoch and (alarm.wanted is None or alarm.wanted > clock.time):
            return


async def run_days(scheduler: Scheduler, days: float) -> None:
    """Let so many days pass, as fast as can be."""
    await run_until(scheduler, alarm_of(scheduler).clock.time + days * DAY)


def alarm_of(scheduler: Scheduler) -> VirtualAlarm:
    """Return the scheduler's alarm, which must be a virtual one."""
    alarm = scheduler._alarm
    assert isinstance(alarm, VirtualAlarm)
    return alarm


@dataclass
class InstantRunner:
    """Runs that have succeeded as soon as they are started."""

    clock: VirtualClock
    started: list[tuple[str, Fire, datetime]] = field(default_factory=list)
    concluded: list[LedgerRow] = field(default_factory=list)

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Take note of the run."""
        self.started.append((schedule.key, fire, self.clock.moment()))
        return Started("succeeded")

    async def stop(self, run: str) -> None:
        """Do nothing: it has ended."""

    async def conclude(self, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        """Take note of the end."""
        self.concluded.append(row)


@dataclass
class FakeSessions:
    """What is known of sessions.

    Attributes:
        rows: the sessions by id.
        begun_runs: those that were ever about to run.
        blind: runs that cannot be looked at.
    """

    rows: dict[str, SessionRow] = field(default_factory=dict)
    begun_runs: set[str] = field(default_factory=set)
    blind: set[str] = field(default_factory=set)

    async def get(self, session: str) -> SessionRow | None:
        """Return a session."""
        return self.rows.get(session)

    async def begun(self, session: str) -> bool:
        """Say whether it ever began."""
        if session in self.blind:
            raise WorldError(f"cannot look at session {session}: Input/output error")
        return session in self.begun_runs


@dataclass
class FakeRunner:
    """Runs that go on until a test, or a stop, ends them.

    Attributes:
        started: the runs in the order of their starts, and when.
        stopped: runs that were stopped.
        concluded: the ends that were followed up.
        fails: errors that starts fail with, by key of the schedule.
        gates: starts that wait for an event, by key of the schedule.
        deaf: runs that do not end when they are stopped.
        scheduler: told of each session that ended, as the registry does.
    """

    clock: VirtualClock
    sessions: FakeSessions
    started: list[tuple[str, Fire, datetime]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    concluded: list[LedgerRow] = field(default_factory=list)
    fails: dict[str, Exception] = field(default_factory=dict)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    deaf: set[str] = field(default_factory=set)
    scheduler: Scheduler | None = None

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Begin a session that goes on."""
        assert fire.run not in self.sessions.begun_runs, "a run was started twice"
        if schedule.key in self.gates:
            await self.gates[schedule.key].wait()
        if schedule.key in self.fails:
            raise self.fails[schedule.key]
        self.begin(fire, constellation)
        self.started.append((schedule.key, fire, self.clock.moment()))
        return Started()

    def begin(self, fire: Fire, constellation: str = "c") -> SessionRow:
        """Let the session of a run be live."""
        row = SessionRow(fire.run, constellation, "run", fire.schedule, "", self.clock.now(), 10.0, "boot")
        self.sessions.rows[fire.run] = row
        self.sessions.begun_runs.add(fire.run)
        return row

    async def stop(self, run: str) -> None:
        """End a session, unless it is deaf."""
        self.stopped.append(run)
        if run in self.deaf:
            raise WorldError("something of it does not end")
        if run in self.sessions.rows:
            await self.end(run, None, by="stop")

    async def end(self, run: str, exit_status: int | None = 0, *, by: str = "itself") -> None:
        """Let a session end, and tell the scheduler as the registry does."""
        row = replace(
            self.sessions.rows[run],
            ended_at=self.clock.now(),
            exit_status=exit_status,
            ended_by=by,  # type: ignore[arg-type] # one of the words of EndedBy
            outcome="stopped" if by == "stop" else f"exit status {exit_status}",
        )
        self.sessions.rows[run] = row
        assert self.scheduler is not None
        await self.scheduler.session_ended(row)

    async def conclude(self, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        """Take note of the end."""
        self.concluded.append(row)

    def runs(self, key: str) -> list[str]:
        """Return the runs of a schedule that were started, oldest first."""
        return [fire.run for known, fire, _ in self.started if known == key]


NOT_STARTED = ConstellagentError("the worktree could not be made", hint="free some space")
