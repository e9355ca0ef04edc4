"""Whether and when a session that ended by itself is started again.

Back-off doubles from one second to a minute; five restarts within a minute are the limit, after which the
subject stays ended until a person (or a changed declaration) starts it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from constellagent.errors import ConstellagentError
from constellagent.runtime.clock import Clock
from constellagent.runtime.store.sessions import Role, SessionRow, SessionRows
from constellagent.runtime.tasks import spawn
from constellagent.spec.models import Restart

_log = logging.getLogger(__name__)

START_LIMIT = 5
WINDOW = 60.0
"""Seconds in which `START_LIMIT` restarts are too many."""
FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0

Policy = Callable[[SessionRow], Awaitable[Restart]]
StartAgain = Callable[[SessionRow], Awaitable[None]]
Key = tuple[str, str, str]


def wants_restart(policy: Restart, row: SessionRow) -> bool:
    """Say whether the policy asks for another start after this end."""
    if row.role == "run" or row.ended_by != "itself":
        return False
    return policy == "always" or (policy == "on-failure" and row.exit_status != 0)


def delay_before(restart: int) -> float:
    """Return the seconds to wait before the n-th restart within the window, n from 1."""
    return min(FIRST_DELAY * 2.0 ** (restart - 1), LONGEST_DELAY)


class Supervisor:
    """Restarts what ended, as declared."""

    def __init__(self, rows: SessionRows, clock: Clock, policy: Policy, start_again: StartAgain) -> None:
        """`policy` tells the restart policy of a session's subject; `start_again` starts it anew."""
        self._rows = rows
        self._clock = clock
        self._policy = policy
        self._start_again = start_again
        self._waiting: dict[Key, asyncio.Task[None]] = {}
        self._said: dict[Key, str] = {}

    async def ended(self, row: SessionRow) -> None:
        """Take note of an end, and plan the next start where the policy asks for one."""
        key = (row.constellation, row.role, row.subject)
        self._said.pop(key, None)
        if row.role == "run" or row.ended_by != "itself":
            return
        if not wants_restart(await self._policy(row), row):
            return
        now = self._clock.now()
        recent = await self._rows.restarts(row.constellation, row.role, row.subject, now - WINDOW)
        if recent >= START_LIMIT:
            self._said[key] = f"gave up after {START_LIMIT} restarts within {WINDOW:g} s: {row.outcome}"
            return
        await self._rows.count_restart(row.constellation, row.role, row.subject, now)
        self._wait(row, delay_before(recent + 1))

    async def resume(self) -> None:
        """Take up the restarts that an earlier daemon had counted and did not live to do."""
        for row in await self._rows.interrupted_restarts():
            if not self.waits(row):
                self._wait(row, FIRST_DELAY)

    def reason(self, row: SessionRow) -> str:
        """Return what there is to say about an ended session's next start, or an empty text."""
        return self._said.get((row.constellation, row.role, row.subject), "")

    def waits(self, row: SessionRow) -> bool:
        """Say whether a restart of the session's subject is on its way."""
        return (row.constellation, row.role, row.subject) in self._waiting

    async def count(self, row: SessionRow) -> int:
        """Return how often the subject was restarted since a person started it."""
        return await self._rows.restarts(row.constellation, row.role, row.subject, 0.0)

    async def forget(self, constellation: str, role: Role, subject: str) -> None:
        """A person started or stopped the subject: no restart is waiting any more, and counting begins anew."""
        key = (constellation, role, subject)
        self._said.pop(key, None)
        waiting = self._waiting.pop(key, None)
        if waiting is not None:
            waiting.cancel()
        await self._rows.forget_restarts(constellation, role, subject)

    async def close(self) -> None:
        """Give up all waiting restarts; the next daemon resumes them."""
        for waiting in self._waiting.values():
            waiting.cancel()
        await asyncio.gather(*self._waiting.values(), return_exceptions=True)

    def _wait(self, row: SessionRow, delay: float) -> None:
        key = (row.constellation, row.role, row.subject)
        self._said[key] = f"restarts in {delay:g} s: {row.outcome}"
        self._waiting[key] = spawn(self._later(key, row, delay), name=f"restart {row.subject}")

    async def _later(self, key: Key, row: SessionRow, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            await self._start_again(row)
            self._said.pop(key, None)
        except ConstellagentError as error:
            self._said[key] = f"could not be started again: {error.message}"
            _log.warning("restart failed: %s", row.subject, extra={"agent": row.subject})
        finally:
            self._waiting.pop(key, None)
