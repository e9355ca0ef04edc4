"""Looks at one session, as often as a delivery needs to know what its program shows."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from constellagent.agents.kind import Kind
from constellagent.errors import ConstellagentError
from constellagent.runtime.clock import Clock
from constellagent.runtime.delivery import gate
from constellagent.runtime.delivery.ports import Seeing
from constellagent.runtime.delivery.sight import Sight, look
from constellagent.runtime.screen_views import ScreenRequest
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import Activity


class Seen(NamedTuple):
    """One look: the screen, the state (None where nobody knows), and for how many seconds it has lasted."""

    sight: Sight
    activity: Activity | None
    age: float


class Looking:
    """Looks at one session."""

    PACE = 0.15
    """Seconds between two looks."""

    def __init__(self, row: SessionRow, kind: Kind, screens: Seeing, clock: Clock) -> None:
        self.clock = clock
        self._row = row
        self._kind = kind
        self._screens = screens

    @property
    def session(self) -> str:
        """The session's id."""
        return self._row.id

    async def look(self) -> Seen:
        """Look once; a screen that cannot be seen shows nothing."""
        sight = Sight(())
        try:
            request = ScreenRequest(file="", subject=self._row.id, form="ansi")
            view = await self._screens.screen(self._row, request)
            if view["form"] == "ansi":
                sight = await asyncio.to_thread(look, view, self._kind.signs)
        except ConstellagentError:
            pass  # not to see is no sign
        standing = self._screens.standing(self._row.id)
        if standing is None:
            return Seen(sight, None, 0.0)
        return Seen(sight, standing.activity, max(0.0, self.clock.now() - standing.since))

    async def gate(self) -> gate.Gate:
        """Look once, and say whether the program may be written to."""
        seen = await self.look()
        return gate.judge(self._kind, seen.activity, seen.age, seen.sight)

    async def until(self, done: Callable[[Seen], bool], patience: float) -> Seen:
        """Look until `done`, or the time is over; returns the last look."""
        end = self.clock.monotonic() + patience
        while not done(seen := await self.look()) and self.clock.monotonic() < end:  # noqa: ASYNC110 - no event
            await asyncio.sleep(self.PACE)
        return seen
