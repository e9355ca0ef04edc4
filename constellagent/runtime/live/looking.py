"""How often the world is looked at for those who watch: at once after a change, never more than it may cost.

What memory alone can tell (states, unread messages) is brought up to date at once. A whole look asks git and
the database; the next one begins no sooner than a multiple of what the last one took, so that watching stays
a small part of the machine, however many changes come.
"""

import asyncio
import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from constellagent.errors import ConstellagentError
from constellagent.runtime.clock import Clock
from constellagent.runtime.control import AgentView, ConstellationView

SOONEST = 0.1
"""Seconds between two updates, at least."""
SHARE = 20
"""How many times as long as the last whole look took the next one waits."""
LATEST = 5.0
"""Seconds after which there is a whole look although nothing was said to have changed."""

_log = logging.getLogger(__name__)


class Looker(Protocol):
    """Gives the views."""

    async def status(self, file: str | None) -> list[ConstellationView]:
        """Look at all of one file, or of all where it is None."""
        ...

    def touch(self, views: Sequence[ConstellationView]) -> None:
        """Bring up to date, in place, what needs no look at git or the database."""
        ...


class Looks:
    """The newest views of one watched file (or of all), looked at once for all who watch it."""

    def __init__(self, file: str | None, looker: Looker, clock: Clock) -> None:
        """Nothing is looked at before `run`."""
        self._file = file
        self._looker = looker
        self._clock = clock
        self._stirred = asyncio.Event()
        self._whole = True
        self._not_before = clock.monotonic()
        self._not_after = clock.monotonic()
        self.views: list[ConstellationView] | None = None
        """The newest, None before the first."""
        self.failure: ConstellagentError | None = None
        """Why the last whole look failed, None where it did not."""

    def stale(self, *, whole: bool) -> None:
        """Say that something has changed: only what memory can tell, or anything."""
        self._whole = self._whole or whole
        self._stirred.set()

    async def run(self, changed: Callable[[], None]) -> None:
        """Look again and again, and call `changed` after each look; ends by being cancelled."""
        while True:
            await self._look()
            changed()
            await asyncio.sleep(SOONEST)
            due = self._not_before if self._whole else self._not_after
            try:
                async with asyncio.timeout(max(0.0, due - self._clock.monotonic())):
                    await self._stirred.wait()
            except TimeoutError:
                self._whole = True
            self._stirred.clear()

    async def _look(self) -> None:
        begin = self._clock.monotonic()
        if self._whole and begin >= self._not_before:
            self._whole = False
            await self._look_at_all()
            took = self._clock.monotonic() - begin
            self._not_before = begin + min(took * SHARE, LATEST)
            self._not_after = begin + LATEST
        elif self.views is not None:
            views = copy.deepcopy(self.views)
            self._looker.touch(views)
            self.views = views

    async def _look_at_all(self) -> None:
        try:
            self.views = await self._looker.status(self._file)
            self.failure = None
        except ConstellagentError as error:
            if self.failure is None or self.failure.message != error.message:
                _log.info("watching: %s", error.message)
            self.failure = error


def shape(views: Sequence[ConstellationView]) -> tuple[object, ...]:
    """Return what makes all of the views worth sending again: everything but the agents' own rows."""
    return tuple(
        (
            view["name"],
            view["file"],
            view.get("problem", ""),
            view.get("provider_problem", ""),
            tuple(agent["name"] for agent in view["agents"]),
            repr(view["services"]),
        )
        for view in views
    )


def changed_agents(
    before: Sequence[ConstellationView], after: Sequence[ConstellationView]
) -> Mapping[str, list[AgentView]]:
    """Return the agents whose rows differ, by file; both have the same shape."""
    found = {}
    for old, new in zip(before, after, strict=True):
        rows = [row for was, row in zip(old["agents"], new["agents"], strict=True) if was != row]
        if rows:
            found[new["file"]] = rows
    return found
