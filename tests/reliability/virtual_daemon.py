"""The real daemon in this process, on a virtual clock, with runs that need no processes."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from constellagent.faces.server import listening
from constellagent.runtime.daemon import Daemon
from constellagent.runtime.schedule_views import RunView
from constellagent.runtime.scheduler import Runner, Scheduler
from constellagent.runtime.settings import Settings
from tests.reliability.lab import git
from tests.reliability.woken import woken
from tests.runtime.scheduler.virtual import InstantRunner, VirtualAlarm, VirtualClock, alarm_of, quiet
from tests.runtime.working import Working


class VirtualDaemon(Working):
    """A constellation file in a repository, and one daemon after another.

    Attributes:
        clock: the virtual clock; what tests do to it is all that time does.
        runner: what starts and ends runs.
    """

    def __init__(self, home: Settings, repo: Path, clock: VirtualClock, runner: Runner) -> None:
        """Make the repository; there is no daemon before `start`."""
        self.clock = clock
        self.runner = runner
        self._home = home
        self._stack = AsyncExitStack()
        super().__init__(self._new(), repo)
        repo.mkdir()
        for words in ("init -q -b main", "config user.name A", "config user.email a@example.com"):
            git(repo, *words.split())
        git(repo, "commit", "-q", "--allow-empty", "-m", "first")

    @property
    def scheduler(self) -> Scheduler:
        """The present daemon's scheduler."""
        return self.daemon._roster.scheduler

    async def start(self) -> None:
        """Start a daemon that serves its socket."""
        self.daemon = self._new()
        self._stack.push_async_callback(self.daemon.close)
        await self.daemon.start()
        await self._stack.enter_async_context(listening(self.daemon, self._home.paths.control_socket))

    async def close(self) -> None:
        """End the daemon, if there is one."""
        await self._stack.aclose()

    async def put(self, agents: Mapping[str, Mapping[str, str]]) -> None:
        """Put a file into effect: the schedules by the names of agent and schedule."""
        self.declare(woken(agents))
        result = await self.apply()
        assert result["exit_code"] == 0, result
        await quiet(self.scheduler)

    async def look(self) -> None:
        """Let the daemon look at the clock, and wait until it has nothing to do."""
        alarm_of(self.scheduler).ring()
        await quiet(self.scheduler)

    async def history(self, *schedules: str) -> list[RunView]:
        """Return all that the ledger says of schedules, or of everything, oldest first."""
        said = await self.said("schedule", "history", *schedules, "--last", "1000000", "--json")
        found: list[RunView] = json.loads(said)
        return list(reversed(found))

    async def said(self, *words: str) -> bytes:
        """Run a command to its end, which must be a good one, and return what it printed."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "constellagent", *words),
            cwd=self.repo,
            env={**os.environ, "CONSTELLAGENT_HOME": str(self._home.home)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await process.communicate()
        assert process.returncode == 0, error.decode()
        return out

    def _new(self) -> Daemon:
        return Daemon(self._home, self.clock, VirtualAlarm(self.clock), self.runner)


@asynccontextmanager
async def virtual(
    home: Settings, repo: Path, clock: VirtualClock, runner: Runner | None = None
) -> AsyncIterator[VirtualDaemon]:
    """Start the daemon on a virtual clock; runs succeed at once unless there is another `runner`."""
    lab = VirtualDaemon(home, repo, clock, runner or InstantRunner(clock))
    try:
        await lab.start()
        yield lab
    finally:
        await lab.close()
