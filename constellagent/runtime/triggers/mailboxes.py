"""Which mailboxes are followed: those of agents that a mail or a text wakes, as what is in effect says."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from constellagent.plan.schedules import DesiredSchedule
from constellagent.ravi.client.events import LONGEST_WAIT
from constellagent.runtime.tasks import spawn
from constellagent.runtime.triggers.patience import LONGEST, Sleep

PLACES = 32
"""Requests that wait for news at once. Each holds a connection, of which the client and the machine have few;
with more mailboxes they take turns, so that each is looked at about as often as one wait takes."""

_log = logging.getLogger(__name__)

Follow = Callable[[str, str], Awaitable[None]]
"""Follows the mailbox of an agent of a constellation until cancelled, or until there is nobody to follow."""


def is_woken_by_messages(schedule: DesiredSchedule) -> bool:
    """Say whether mail or texts wake an agent by this schedule."""
    on = schedule.spec.on
    return on is not None and (on.email is not None or on.sms is not None)


class Mailboxes:
    """The tasks that follow, one for each agent."""

    def __init__(self, follow: Follow, sleep: Sleep) -> None:
        """Nothing is followed before `watch`."""
        self._follow = follow
        self._sleep = sleep
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self.places = asyncio.Semaphore(PLACES)

    def wait(self) -> float:
        """Return the seconds that one request may wait for news."""
        return LONGEST_WAIT * min(1.0, PLACES / max(len(self._tasks), 1))

    async def watch(self, constellation: str, agents: set[str]) -> None:
        """Follow exactly these agents of a constellation, each of them anew: its identity may be another."""
        await self._end([key for key in self._tasks if key[0] == constellation])
        for agent in sorted(agents):
            name = f"mail and texts for {agent}"
            self._tasks[constellation, agent] = spawn(self._run(constellation, agent), name=name)

    async def close(self) -> None:
        """Follow nothing any more."""
        await self._end(list(self._tasks))

    async def _run(self, constellation: str, agent: str) -> None:
        while True:
            try:
                return await self._follow(constellation, agent)
            except Exception:  # noqa: BLE001 - whatever failed, what comes later must still wake the agent
                _log.exception("mail and texts for %s cannot be followed", agent)
                await self._sleep(LONGEST)

    async def _end(self, keys: list[tuple[str, str]]) -> None:
        tasks = [self._tasks.pop(key) for key in keys]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
