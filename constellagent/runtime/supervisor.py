"""Whether and when a session that ended by itself, or was lost, is started again.

The wait before a restart doubles from one second on; five restarts within a minute are the limit, after
which the subject stays ended until a person (or a changed declaration) starts it. That a decision is owed is
kept with the end itself, and what was decided with the count, so that the next daemon does the rest.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager

from constellagent.errors import ConstellagentError, WorldError
from constellagent.runtime.clock import Clock
from constellagent.runtime.holds import HoldOnly, Holds
from constellagent.runtime.store.sessions import Owed, Role, SessionRow, SessionRows, may_owe
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


def wants_restart(policy: Restart, row: SessionRow) -> bool:
    """Say whether the policy asks for another start after this end.

    What was lost, with its holder or with the machine, did not end as it should, whatever it was doing.
    """
    if not may_owe(row.role, row.ended_by):
        return False
    if row.ended_by == "lost":
        return policy != "never"
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
        self._holds = Holds()

    def holding(self, constellation: str) -> AbstractAsyncContextManager[HoldOnly]:
        """Let no restart of a constellation begin meanwhile; see `Holds`."""
        return self._holds.holding(constellation)

    async def ended(self, row: SessionRow) -> None:
        """Take note of an end, and plan the next start where the policy asks for one.

        What cannot be decided now is decided as soon as it can be.
        """
        self._said.pop(_key(row), None)
        if not may_owe(row.role, row.ended_by):
            return
        await self._plan(row)

    async def left(self) -> list[Owed]:
        """Return what an earlier daemon left; asked before anything ends under this one."""
        return await self._rows.owed_restarts()

    async def resume(self, left: Iterable[Owed]) -> None:
        """Do what an earlier daemon did not live to do, and decide what it did not live to decide."""
        for owed in left:
            row = owed.after
            if self.waits(row):
                continue
            if owed.newest.live or not may_owe(owed.newest.role, owed.newest.ended_by):
                await self._rows.pay_restart(row.id)
            elif owed.counted:
                self._say_wait(row, FIRST_DELAY, row.outcome)
                self._wait(row, FIRST_DELAY)
            else:
                await self._plan(row)

    def reason(self, row: SessionRow) -> str:
        """Return what there is to say about an ended session's next start, or an empty text."""
        return self._said.get(_key(row), "")

    def waits(self, row: SessionRow) -> bool:
        """Say whether a restart of the session's subject is on its way."""
        return _key(row) in self._waiting

    async def count(self, row: SessionRow) -> int:
        """Return how often the subject was restarted since a person started it."""
        return await self._rows.restarts(row.constellation, row.role, row.subject)

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

    async def _plan(self, row: SessionRow) -> None:
        try:
            delay = await self._decide(row)
        except ConstellagentError as error:
            _log.warning("whether %s is started again is decided later: %s", row.subject, error.message)
            self._wait(row, FIRST_DELAY, decided=False)
        else:
            if delay is not None:
                self._wait(row, delay)

    async def _decide(self, row: SessionRow) -> float | None:
        """Return the seconds before the restart that the policy asks for; None where it asks for none."""
        if wants_restart(await self._policy(row), row):
            return await self._count(row, row.outcome)
        await self._rows.pay_restart(row.id)
        return None

    async def _count(self, row: SessionRow, why: str) -> float | None:
        """Count one more restart and return the seconds to wait before it; None where there were too many."""
        now = self._clock.now()
        recent = await self._rows.restarts(row.constellation, row.role, row.subject, now - WINDOW, now)
        if recent >= START_LIMIT:
            self._said[_key(row)] = f"gave up after {START_LIMIT} restarts within {WINDOW:g} s: {why}"
            await self._rows.pay_restart(row.id)
            return None
        await self._rows.count_restart(row, now)
        delay = delay_before(recent + 1)
        self._say_wait(row, delay, why)
        return delay

    def _say_wait(self, row: SessionRow, delay: float, why: str) -> None:
        self._said[_key(row)] = f"restarts in {delay:g} s: {why}"

    def _wait(self, row: SessionRow, delay: float, *, decided: bool = True) -> None:
        task = spawn(self._later(row, delay, decided=decided), name=f"restart {row.subject}")
        self._waiting[_key(row)] = task

    async def _later(self, row: SessionRow, delay: float, *, decided: bool) -> None:
        key, again = _key(row), delay
        try:
            while True:
                await self._sleep(again)
                try:
                    more = await (self._try(row) if decided else self._decide(row))
                except ConstellagentError as error:  # of the database: what is owed stays so
                    _log.warning("the restart of %s is tried again: %s", row.subject, error.message)
                    continue
                if more is None:
                    return
                again, decided = more, True
        finally:
            if self._waiting.get(key) is asyncio.current_task():
                del self._waiting[key]

    async def _try(self, row: SessionRow) -> float | None:
        """Start the subject; returns the seconds until the next try where one makes sense."""
        try:
            async with self._holds.turn(row):
                await self._start_again(row)
        except WorldError as error:
            _log.warning("restart of %s failed: %s", row.subject, error.message)
            return await self._count(row, error.message)
        except ConstellagentError as error:
            _log.warning("restart of %s failed: %s", row.subject, error.message)
            self._said[_key(row)] = f"could not be started again: {error.message}"
        else:
            self._said.pop(_key(row), None)
        await self._rows.pay_restart(row.id)
        return None


def _key(row: SessionRow) -> Key:
    return row.constellation, row.role, row.subject
