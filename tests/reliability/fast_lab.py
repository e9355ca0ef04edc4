"""A laboratory whose daemon runs on a fast clock, and what its runs and its ledger say."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self

from constellagent.errors import ConstellagentError
from constellagent.faces.blocking import BlockingClient
from constellagent.plan.declared import resolve
from constellagent.plan.fires import EPOCH, OPEN, microseconds, moment
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.holder import __main__ as program
from constellagent.runtime.paths import Paths
from tests.reliability.fast_clock import FastClock
from tests.reliability.lab import Lab, state_of, wait_for
from tests.reliability.woken import TELL, woken

ROOT = Path(__file__).parents[2]
HOLDER = str(program.__file__)


class Line(NamedTuple):
    """What a run wrote when it ran."""

    fire_at: datetime
    schedule: str
    attempt: int
    run: str


@dataclass(frozen=True, slots=True)
class Known:
    """A row of the ledger."""

    run: str
    schedule: str
    fire_at: datetime
    first: datetime | None
    count: int
    attempt: int
    state: str
    reason: str
    why: str


class InEffect(NamedTuple):
    """A schedule in effect: since when, and up to when it is decided."""

    schedule: DesiredSchedule
    created_at: datetime
    upto: datetime


@dataclass
class FastLab(Lab):
    """A `Lab` whose daemon is `fast_daemon`; it is up while a test says so.

    Attributes:
        speed: virtual seconds in one second.
        took: how long the last apply took, by the virtual clock.
    """

    speed: float = 60.0
    clock: FastClock = field(init=False)
    process: subprocess.Popen[bytes] | None = field(init=False, default=None)
    took: timedelta = field(init=False, default=timedelta(0))

    def __enter__(self) -> Self:
        """Create the laboratory, and let its time begin."""
        super().__enter__()
        self.clock = FastClock.begin(self.speed, self.folder / "clock-was-set")
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self.kill()
        super().__exit__(*_)

    @property
    def told(self) -> Path:
        """The file that runs write to, outside of every worktree."""
        return self.folder / "told.txt"

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the lab's commands and daemons; markers of all runs are kept."""
        kept = {"CONSTELLAGENT_KEEP_SESSIONS": "1000000", **self.clock.environment()}
        return super().environment(**kept | more)

    def spawn(self, **env: str) -> subprocess.Popen[bytes]:
        """Start a daemon, whether or not there is one."""
        paths = Paths(self.home)
        paths.create()
        with paths.daemon_log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.reliability.fast_daemon"],
                cwd=ROOT,
                env=self.environment(**env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def up(self, **env: str) -> None:
        """Start the daemon, and return when it answers."""
        self.process = self.spawn(**env)
        wait_for(self.answers, f"the daemon to answer: {self.daemon_log()}")

    def answers(self) -> bool:
        """Say whether a daemon answers."""
        assert self.process is not None
        assert self.process.poll() is None, self.daemon_log()
        with contextlib.suppress(ConstellagentError), BlockingClient.connect(Paths(self.home).control_socket):
            return True
        return False

    def kill(self) -> None:
        """Kill the daemon, if there is one."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def down(self) -> None:
        """End the daemon in order."""
        assert self.process is not None
        self.process.terminate()
        assert self.process.wait(30) == 0, self.daemon_log()
        self.process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the daemon stand still, as the process of a machine that sleeps."""
        assert self.process is not None
        pid = self.process.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            wait_for(lambda: state_of(pid) == "T", "the daemon to stand still")
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def apply(self, agents: Mapping[str, Mapping[str, str]], *, identities: bool = False) -> None:
        """Put a file into effect: the schedules by the names of agent and schedule."""
        head = "version: 1\nname: lab\nidentities: {phone: false}\nagents:\n"
        self.file.write_text(head + woken(agents, identities=identities))
        begin = self.clock.moment()
        self.run("apply", "--yes")
        self.took = self.clock.moment() - begin

    def soon(self, minutes: int) -> datetime:
        """Return a minute of the near future; it is further off where the last apply took long."""
        wait = max(timedelta(minutes=minutes), 3 * self.took)
        return (self.clock.moment() + wait).replace(second=0, microsecond=0)

    def wait_until(self, when: datetime, *, seconds: float = 60.0) -> None:
        """Return once the virtual wall clock says so."""
        wait_for(lambda: self.clock.moment() >= when, f"it to be {when:%H:%M:%S}", seconds)

    def telling(self, before: str = "", after: str = "") -> str:
        """Return a command, as the file has it, that leaves a line when it is run."""
        return f"command: [sh, -c, '{before}{TELL}{self.told}{after}']"

    def lines(self) -> list[Line]:
        """Return what the runs wrote, each exactly one line."""
        found = []
        for text in self.told.read_text().splitlines() if self.told.exists() else ():
            fire_at, schedule, attempt, run = text.split(" ")
            found.append(Line(datetime.fromisoformat(fire_at), schedule, int(attempt), run))
        return found

    def known(self) -> list[Known]:
        """Return the ledger, oldest first."""
        rows = self.asked(
            f"SELECT {', '.join(field.name for field in fields(Known))} FROM fires ORDER BY rowid"
        )
        return [
            Known(run, schedule, moment(fire_at), None if first is None else moment(first), *others)
            for run, schedule, fire_at, first, *others in rows
        ]

    def states(self) -> Counter[str]:
        """Return how many rows of the ledger are in each state."""
        return Counter(dict(self.asked("SELECT state, count(*) FROM fires GROUP BY state")))

    def in_effect(self) -> list[InEffect]:
        """Return the schedules in effect."""
        rows = self.asked("SELECT agent, name, declared, created_at, upto FROM schedules ORDER BY rowid")
        return [
            InEffect(resolve(agent, name, declared), moment(created), moment(upto))
            for agent, name, declared, created, upto in rows
        ]

    def settle(self, seconds: float = 60.0) -> datetime:
        """Wait until all that is due now is decided and has ended; return until when that is."""
        now = self.clock.moment()
        last = {each.schedule.key: _last(each.schedule, now) for each in self.in_effect()}
        wait_for(lambda: self._settled(now, last), f"everything up to {now:%H:%M} to be over", seconds)
        return now

    def asked(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the daemon's database, beside the daemon."""
        uri = f"file:{Paths(self.home).database}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=10)) as connection:
            return list(connection.execute(query, values))

    def change(self, statement: str) -> None:
        """Change the daemon's database while there is none, as another release would."""
        assert self.process is None
        with contextlib.closing(sqlite3.connect(Paths(self.home).database)) as connection, connection:
            connection.execute(statement)

    def holders(self) -> dict[str, int]:
        """Return the pids of live holders by session."""
        lines = {pid: line.split() for pid, line in self.tree().items()}
        return {words[-1]: pid for pid, words in lines.items() if words[-2:-1] == [HOLDER]}

    def _settled(self, until: datetime, last: Mapping[str, datetime]) -> bool:
        for agent, name, upto in self.asked("SELECT agent, name, upto FROM schedules"):
            if moment(upto) < last[f"{agent}/{name}"]:
                return False
        marks = ", ".join(f"'{state}'" for state in OPEN)
        query = f"SELECT count(*) FROM fires WHERE fire_at <= ? AND state IN ({marks})"
        return self.asked(query, microseconds(until)) == [(0,)]


def _last(schedule: DesiredSchedule, now: datetime) -> datetime:
    """Return the newest nominal time up to now, or before all times where there is none."""
    assert schedule.cron is not None
    return schedule.cron.previous(now, schedule.zone) or EPOCH
