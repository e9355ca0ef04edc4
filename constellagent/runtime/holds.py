"""Restarts by policy that wait while somebody takes agents away.

Whoever looks what lives and then takes it away would not see what is started in between, and leave it behind.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

from constellagent.runtime.store.sessions import SessionRow

HoldOnly = Callable[[Collection[str]], Awaitable[None]]
"""Narrows a hold to some subjects: the restarts of all others go on."""


class _Hold:
    """Subjects of one constellation whose restarts wait; all of them, until it is told which."""

    def __init__(self, constellation: str) -> None:
        self._constellation = constellation
        self.subjects: frozenset[str] | None = None

    def covers(self, row: SessionRow) -> bool:
        """Say whether a restart of this session's subject has to wait."""
        return row.constellation == self._constellation and (
            self.subjects is None or row.subject in self.subjects
        )


class Holds:
    """Who holds restarts, and which have begun."""

    def __init__(self) -> None:
        """Nobody holds any."""
        self._holds: list[_Hold] = []
        self._starting: list[SessionRow] = []
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def holding(self, constellation: str) -> AsyncIterator[HoldOnly]:
        """Let no restart of a constellation begin meanwhile; those that have begun are over first."""
        hold = _Hold(constellation)

        async def only(subjects: Collection[str]) -> None:
            hold.subjects = frozenset(subjects)
            await self._tell()

        self._holds.append(hold)
        try:
            async with self._changed:
                await self._changed.wait_for(lambda: not any(map(hold.covers, self._starting)))
            yield only
        finally:
            self._holds.remove(hold)
            await self._tell()

    @asynccontextmanager
    async def turn(self, row: SessionRow) -> AsyncIterator[None]:
        """Wait until nobody holds restarts of the session's subject; nobody takes hold of them meanwhile."""
        async with self._changed:
            await self._changed.wait_for(lambda: not any(hold.covers(row) for hold in self._holds))
            self._starting.append(row)
        try:
            yield
        finally:
            self._starting.remove(row)
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
