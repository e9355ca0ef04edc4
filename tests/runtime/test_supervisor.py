"""Restarts as playbooks: scripted endings, a clock that a test moves, and no real waiting."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import ConflictError, ConstellagentError, WorldError
from constellagent.runtime.processes import boot_id
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import EndedBy, Role, SessionRow, SessionRows, may_owe
from constellagent.runtime.supervisor import START_LIMIT, WINDOW, Supervisor, delay_before, wants_restart
from constellagent.spec.models import Restart
from tests.runtime.conftest import StillClock
from tests.runtime.sessions_rig import until

FAILED = SessionRow("s", "c", "agent", "docs", "print", 1.0, 1.0, "boot", ended_by="itself", exit_status=1)


@dataclass
class Stage:
    """A supervisor whose world is scripted.

    Attributes:
        policy: what the declaration says.
        failures: errors that the next starts raise, in order.
        started: when each start was made.
        slept: how long each wait was asked to be.
        unreadable: how often what the declaration says cannot be read, from now on.
    """

    rows: SessionRows
    clock: StillClock
    policy: Restart = "on-failure"
    failures: list[ConstellagentError] = field(default_factory=list)
    started: list[float] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    number: int = 0
    unreadable: int = 0
    gates: list[asyncio.Event] = field(default_factory=list)
    supervisor: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        """Begin with a supervisor."""
        self.supervisor = self.new_supervisor()

    def new_supervisor(self) -> Supervisor:
        """Return another supervisor over the same rows, as the next daemon has it."""
        return Supervisor(self.rows, self.clock, self._policy, self._start_again, self._sleep)

    async def crash(self, **changes: object) -> SessionRow:
        """Let the newest session end, as the registry tells it."""
        row = await self.end(**changes)
        await self.supervisor.ended(row)
        return row

    async def due(self) -> SessionRow:
        """Let the newest session end, and the wait before its restart be over."""
        row = await self.crash()
        await until(lambda: self.gates, "a wait")
        self.gates.pop().set()
        return row

    async def end(self, **changes: object) -> SessionRow:
        """Let a session begin and end, as the registry writes it down; the supervisor is not told."""
        self.number += 1
        row = replace(FAILED, id=f"s-{self.number}", ended_at=self.clock.time, outcome="exit status 1")
        row = replace(row, **changes)  # type: ignore[arg-type] # the tests name fields of the row
        await self.rows.add(replace(row, ended_at=None, ended_by="", exit_status=None, outcome=""))
        owes = may_owe(row.role, row.ended_by)
        how = row.exit_status, row.ended_by, row.outcome
        assert await self.rows.end(row.id, self.clock.time, *how, owes=owes)
        return row

    async def next_daemon(self) -> None:
        """Let the next supervisor take over from one that died."""
        await self.supervisor.close()
        self.gates.clear()
        self.supervisor = self.new_supervisor()
        await self.supervisor.resume(await self.supervisor.left())

    async def waited(self) -> None:
        """Let the present wait pass, on the clock too, and what follows it."""
        await until(lambda: self.gates, "a wait")
        self.clock.time += self.slept[-1]
        self.gates.pop().set()
        starts, sleeps = len(self.started), len(self.slept)
        await until(
            lambda: (
                len(self.started) > starts or len(self.slept) > sleeps or not self.supervisor.waits(FAILED)
            ),
            "what follows the wait",
        )

    async def _policy(self, row: SessionRow) -> Restart:
        self.unreadable -= 1
        if self.unreadable >= 0:
            raise WorldError("database is locked")
        return self.policy

    async def _start_again(self, row: SessionRow) -> None:
        self.started.append(self.clock.time)
        if self.failures:
            raise self.failures.pop(0)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        gate = asyncio.Event()
        self.gates.append(gate)
        await gate.wait()


@pytest.fixture
def stage(database: Database, clock: StillClock) -> Stage:
    """Give a scripted world."""
    return Stage(SessionRows(database), clock)


@pytest.mark.parametrize(
    ("policy", "role", "ended_by", "exit_status", "wanted"),
    [
        ("never", "agent", "itself", 1, False),
        ("on-failure", "agent", "itself", 0, False),
        ("on-failure", "agent", "itself", 1, True),
        ("on-failure", "agent", "itself", None, True),
        ("on-failure", "service", "itself", 1, True),
        ("on-failure", "run", "itself", 1, False),
        ("always", "agent", "itself", 0, True),
        ("always", "agent", "stop", 0, False),
        ("never", "agent", "lost", None, False),
        ("on-failure", "agent", "lost", None, True),
        ("always", "service", "lost", None, True),
        ("always", "run", "lost", None, False),
        ("always", "agent", "limit", 0, False),
        ("always", "run", "itself", 0, False),
    ],
)
def test_what_wants_a_restart(
    policy: Restart, role: Role, ended_by: EndedBy, exit_status: int | None, wanted: bool
) -> None:
    """What ended by itself, as its policy says, and what was lost; a run is the scheduler's."""
    row = replace(FAILED, role=role, ended_by=ended_by, exit_status=exit_status)

    assert wants_restart(policy, row) is wanted


@pytest.mark.parametrize("boot", ["an earlier one", boot_id()])
async def test_a_session_that_was_lost_is_started_again(stage: Stage, boot: str) -> None:
    """Whether the machine or only its holder was killed, the supervisor brings it back."""
    row = await stage.crash(ended_by="lost", boot_id=boot, outcome="lost when its holder was killed")
    await until(lambda: stage.gates, "a wait")

    assert stage.supervisor.reason(row) == "restarts in 1 s: lost when its holder was killed"


@given(st.integers(1, START_LIMIT))
def test_the_wait_doubles(restart: int) -> None:
    """Each wait within the limit is twice the one before, and all of them together fit into the window."""
    assert delay_before(restart + 1) == 2 * delay_before(restart)
    assert sum(delay_before(n) for n in range(1, START_LIMIT + 1)) < WINDOW


async def test_a_crash_is_followed_by_a_start(stage: Stage) -> None:
    """After a second's wait the subject is started again; while it waits, it says so."""
    row = await stage.crash()
    await until(lambda: stage.gates, "a wait")

    assert stage.supervisor.waits(row)
    assert stage.supervisor.reason(row) == "restarts in 1 s: exit status 1"
    await stage.waited()

    assert (stage.slept, len(stage.started)) == ([1.0], 1)
    await until(lambda: not stage.supervisor.waits(row), "the start")
    assert stage.supervisor.reason(row) == ""
    assert await stage.supervisor.count(row) == 1


async def test_a_loop_of_crashes_is_given_up(stage: Stage) -> None:
    """Each crash waits twice as long, the sixth within a minute is the last, and the reason says why."""
    for _ in range(START_LIMIT):
        await stage.crash()
        await stage.waited()
        await until(lambda: not stage.supervisor.waits(FAILED), "the start")
    row = await stage.crash()

    assert stage.slept == [1, 2, 4, 8, 16]
    assert len(stage.started) == START_LIMIT
    assert not stage.supervisor.waits(row)
    assert stage.supervisor.reason(row) == "gave up after 5 restarts within 60 s: exit status 1"


async def test_a_crash_now_and_then_is_forgiven(stage: Stage) -> None:
    """Restarts that lie more than a minute back make no wait longer and do not count to the limit."""
    for _ in range(2 * START_LIMIT):
        await stage.crash()
        await stage.waited()
        await until(lambda: not stage.supervisor.waits(FAILED), "the start")
        stage.clock.time += WINDOW

    assert stage.slept == [1.0] * 2 * START_LIMIT
    assert await stage.supervisor.count(FAILED) == 2 * START_LIMIT


async def test_a_clock_that_is_set_back_makes_no_loop_of_old_crashes(stage: Stage) -> None:
    """What happened at a time that is still to come, as the clock has it now, counts for nothing."""
    for step in [10 * WINDOW] * START_LIMIT + [-7200.0, 0.0]:
        await stage.crash()
        await stage.waited()
        await until(lambda: not stage.supervisor.waits(FAILED), "the start")
        stage.clock.time += step

    assert stage.slept == [1.0] * (START_LIMIT + 2)


@pytest.mark.parametrize(
    "changes",
    [{"exit_status": 0}, {"ended_by": "stop"}, {"ended_by": "limit"}, {"role": "run"}],
)
async def test_an_end_that_is_no_crash_stays(stage: Stage, changes: dict[str, object]) -> None:
    """Success, a stop by a person or by a limit, and a run are not followed by a start."""
    row = await stage.crash(**changes)

    assert not stage.supervisor.waits(row)
    assert stage.supervisor.reason(row) == ""
    assert await stage.supervisor.count(row) == 0


async def test_a_person_cancels_a_waiting_restart(stage: Stage) -> None:
    """Whoever stops or starts the subject ends the wait for good and begins the count anew."""
    row = await stage.crash()
    await until(lambda: stage.gates, "a wait")

    await stage.supervisor.forget("c", "agent", "docs")

    stage.gates[0].set()
    await asyncio.sleep(0)
    assert stage.started == []
    assert not stage.supervisor.waits(row)
    assert stage.supervisor.reason(row) == ""
    assert await stage.supervisor.count(row) == 0


async def test_forgetting_one_leaves_the_others(stage: Stage) -> None:
    """Another subject's wait goes on."""
    await stage.crash()
    site = await stage.crash(subject="site")

    await stage.supervisor.forget("c", "agent", "docs")

    assert stage.supervisor.waits(site)
    await stage.supervisor.close()


async def test_a_crash_behind_a_forgotten_one_waits_its_own_time(stage: Stage) -> None:
    """The end of a cancelled wait does not take the next wait of the subject along."""
    row = await stage.crash()
    await until(lambda: stage.gates, "a wait")
    forgetting = asyncio.ensure_future(stage.supervisor.forget("c", "agent", "docs"))
    await asyncio.sleep(0)  # it has asked the first wait to end, which has not done so yet

    stage.supervisor._wait(row, 7.0)
    await forgetting

    assert stage.supervisor.waits(row)
    await until(lambda: stage.slept[-1] == 7.0, "the second wait")
    await stage.supervisor.close()


async def test_the_next_daemon_resumes(stage: Stage) -> None:
    """A restart that was counted when the daemon died is done by the next one, and counted once."""
    row = await stage.crash()
    await until(lambda: stage.gates, "a wait")
    await stage.next_daemon()
    await stage.supervisor.resume(await stage.supervisor.left())

    assert stage.supervisor.waits(row)
    await until(lambda: stage.gates, "a wait")
    await stage.waited()
    assert len(stage.started) == 1
    assert await stage.supervisor.count(row) == 1
    await until(lambda: not stage.supervisor.waits(row), "the start")
    assert await stage.supervisor.left() == []


@pytest.mark.parametrize(
    ("policy", "changes", "wanted"),
    [
        ("always", {"exit_status": 0}, True),
        ("on-failure", {"exit_status": 1}, True),
        ("on-failure", {"exit_status": 0}, False),
        ("on-failure", {"ended_by": "lost", "exit_status": None}, True),
        ("never", {"exit_status": 1}, False),
    ],
)
async def test_an_end_that_nobody_decided_on_is_decided_by_the_next_daemon(
    stage: Stage, policy: Restart, changes: dict[str, object], wanted: bool
) -> None:
    """A daemon that died between an end and its decision loses nothing: it is decided, once."""
    stage.policy = policy
    row = await stage.end(**changes)

    await stage.next_daemon()

    assert stage.supervisor.waits(row) is wanted
    assert await stage.supervisor.count(row) == int(wanted)
    await stage.next_daemon()
    assert await stage.supervisor.count(row) == int(wanted)
    assert stage.supervisor.waits(row) is wanted
    await stage.supervisor.close()


async def test_the_limit_holds_across_daemons(stage: Stage) -> None:
    """A crash too many is given up whichever daemon decides on it, and what was given up stays so."""
    for _ in range(START_LIMIT):
        await stage.crash()
        await stage.waited()
        await until(lambda: not stage.supervisor.waits(FAILED), "the start")
    row = await stage.end()

    await stage.next_daemon()

    assert not stage.supervisor.waits(row)
    assert stage.supervisor.reason(row) == "gave up after 5 restarts within 60 s: exit status 1"
    stage.clock.time += WINDOW
    await stage.next_daemon()
    assert not stage.supervisor.waits(row)


async def test_a_restart_that_happened_is_not_done_again(stage: Stage) -> None:
    """Where the next session lives the daemon died after the start, and nothing is owed."""
    row = await stage.crash()
    await until(lambda: stage.gates, "a wait")
    await stage.rows.add(replace(FAILED, id="s-next", ended_by="", exit_status=None))

    await stage.next_daemon()

    assert not stage.supervisor.waits(row)
    assert await stage.supervisor.left() == []


async def test_what_cannot_be_decided_now_is_decided_later(stage: Stage) -> None:
    """A database that cannot be read for a moment costs no restart."""
    row = await stage.end()
    stage.unreadable = 2

    await stage.supervisor.ended(row)
    await stage.waited()
    await stage.waited()
    await stage.waited()

    assert stage.slept == [1, 1, 1]
    assert (len(stage.started), await stage.supervisor.count(row)) == (1, 1)


async def test_a_restart_that_a_person_cancelled_is_not_resumed(stage: Stage) -> None:
    """What a person stopped before the daemon died stays as it is."""
    row = await stage.crash()
    await stage.supervisor.forget("c", "agent", "docs")
    await stage.next_daemon()

    assert not stage.supervisor.waits(row)


async def test_a_start_that_fails_is_tried_again(stage: Stage) -> None:
    """A start that the world refused is a failure like another: it waits longer, within the same limit."""
    stage.failures = [WorldError("no space")] * 10
    row = await stage.crash()
    for _ in range(START_LIMIT):
        await stage.waited()
    await until(lambda: not stage.supervisor.waits(row), "the start")

    assert stage.slept == [1, 2, 4, 8, 16]
    assert stage.supervisor.reason(row) == "gave up after 5 restarts within 60 s: no space"


async def test_a_start_that_works_the_second_time(stage: Stage) -> None:
    """After one refusal the next try may work, and then nothing is left to say."""
    stage.failures = [WorldError("no space")]
    row = await stage.crash()
    await stage.waited()
    await stage.waited()
    await until(lambda: not stage.supervisor.waits(row), "the start")

    assert len(stage.started) == 2
    assert stage.supervisor.reason(row) == ""


async def test_what_a_person_must_decide_is_not_tried_again(stage: Stage) -> None:
    """A conflict does not go away by itself: one try, and the reason."""
    stage.failures = [ConflictError("docs has a live session already")]
    row = await stage.crash()
    await stage.waited()
    await until(lambda: not stage.supervisor.waits(row), "the start")

    assert len(stage.started) == 1
    assert stage.supervisor.reason(row) == "could not be started again: docs has a live session already"
