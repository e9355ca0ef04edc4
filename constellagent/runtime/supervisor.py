"""Whether and when a session that ended by itself, or with the machine, is started again.

The wait before a restart doubles from one second on; five restarts within a minute are the limit, after
which the subject stays ended until a person (or a changed declaration) starts it. A restart is counted
before it is waited for, so that the next daemon knows of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from constellagent.errors import ConstellagentError, WorldError
from constellagent.runtime import processes
from constellagent.runtime.clock import Clock
from constellagent.runtime.store.sessions import Role, SessionRow, SessionRows
from constellagent.runtime.tasks import spawn
from constellagent.spec.models import Restart

_log = logging.getLogger(__name__)

START_LIMIT = 5
WINDOW = 60.0
"""Seconds in which `START_LIMIT` restarts are too many."""
FIRST_DELAY = 1.0
"""Seconds before the first restart."""

Policy = Callable[[SessionRow], Awaitable[Restart]]
StartAgain = Callable[[SessionRow], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]
Key = tuple[str, Role, str]


def wants_restart(policy: Restart, row: SessionRow, *, rebooted: bool = False) -> bool:
    """Say whether the policy asks for another start after this end; `rebooted`: the machine took it along."""
    if row.role == "run":
        return False
    if rebooted:
        return policy != "never"
    if row.ended_by != "itself":
        return False
    return policy == "always" or (policy == "on-failure" and row.exit_status != 0)


def delay_before(restart: int) -> float:
    """Return the seconds to wait before the n-th restart within the window, n from 1."""
    return FIRST_DELAY * 2.0 ** (restart - 1)


class Supervisor:
    """Restarts what ended, as declared."""

    def __init__(
        self,
        rows: SessionRows,
        clock: Clock,
        policy: Policy,
        start_again: StartAgain,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """`policy` tells the restart policy of a session's subject; `start_again` starts it anew."""
        self._rows = rows
        self._clock = clock
        self._policy = policy
        self._start_again = start_again
        self._sleep = sleep
        self._waiting: dict[Key, asyncio.Task[None]] = {}
        self._said: dict[Key, str] = {}

    async def ended(self, row: SessionRow) -> None:
        """Take note of an end, and plan the next start where the policy asks for one."""
        self._said.pop(_key(row), None)
        rebooted = row.ended_by == "lost" and row.boot_id != await asyncio.to_thread(processes.boot_id)
        if row.role == "run" or (row.ended_by != "itself" and not rebooted):
            return
        if wants_restart(await self._policy(row), row, rebooted=rebooted):
            delay = await self._count(row, row.outcome)
            if delay is not None:
                self._wait(row, delay)

    async def resume(self) -> None:
        """Take up the restarts that an earlier daemon had counted and did not live to do."""
        for row in await self._rows.interrupted_restarts():
            if not self.waits(row):
                self._say_wait(row, FIRST_DELAY, row.outcome)
                self._wait(row, FIRST_DELAY)

    def reason(self, row: SessionRow) -> str:
        """Return what there is to say about an ended session's next start, or an empty text."""
        return self._said.get(_key(row), "")

    def waits(self, row: SessionRow) -> bool:
        """Say whether a restart of the session's subject is on its way."""
        return _key(row) in self._waiting

    async def count(self, row: SessionRow) -> int:
        """Return how often the subject was restarted since a person started it."""
        return await self._rows.restarts(row.constellation, row.role, row.subject, 0.0)

    async def forget(self, constellation: str, role: Role, subject: str) -> None:
        """A person started or stopped the subject: no restart waits any more, and counting begins anew."""
        key = constellation, role, subject
        self._said.pop(key, None)
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await self._rows.forget_restarts(constellation, role, subject)

    async def close(self) -> None:
        """Give up all waiting restarts; the next daemon resumes them."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    async def _count(self, row: SessionRow, why: str) -> float | None:
        """Count one more restart and return the seconds to wait before it; None where there were too many."""
        now = self._clock.now()
        recent = await self._rows.restarts(row.constellation, row.role, row.subject, now - WINDOW)
        if recent >= START_LIMIT:
            self._said[_key(row)] = f"gave up after {START_LIMIT} restarts within {WINDOW:g} s: {why}"
            return None
        await self._rows.count_restart(row.constellation, row.role, row.subject, now)
        delay = delay_before(recent + 1)
        self._say_wait(row, delay, why)
        return delay

    def _say_wait(self, row: SessionRow, delay: float, why: str) -> None:
        self._said[_key(row)] = f"restarts in {delay:g} s: {why}"

    def _wait(self, row: SessionRow, delay: float) -> None:
        self._waiting[_key(row)] = spawn(self._later(row, delay), name=f"restart {row.subject}")

    async def _later(self, row: SessionRow, delay: float) -> None:
        key = _key(row)
        again: float | None = delay
        try:
            while again is not None:
                await self._sleep(again)
                again = await self._try(row)
        finally:
            if self._waiting.get(key) is asyncio.current_task():
                del self._waiting[key]

    async def _try(self, row: SessionRow) -> float | None:
        """Start the subject; returns the seconds until the next try where one makes sense."""
        try:
            await self._start_again(row)
        except WorldError as error:
            _log.warning("restart of %s failed: %s", row.subject, error.message)
            return await self._count(row, error.message)
        except ConstellagentError as error:
            _log.warning("restart of %s failed: %s", row.subject, error.message)
            self._said[_key(row)] = f"could not be started again: {error.message}"
        else:
            self._said.pop(_key(row), None)
        return None


def _key(row: SessionRow) -> Key:
    return row.constellation, row.role, row.subject
