"""The seam to the scheduler: what a trigger may ask of it, and how an event wakes schedules."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from constellagent.errors import UsageError
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import Cause
from constellagent.runtime.scheduler.runner import Ended
from constellagent.runtime.store.ledger import Ledger

_MOMENT = timedelta(microseconds=1)
"""A schedule has one run for each of them."""


class Scheduling(Protocol):
    """The part of the scheduler that triggers know."""

    @property
    def on_end(self) -> list[Ended]:
        """Who is told of every run that ended; told again by the next daemon where telling fails."""
        ...

    def schedules(self, constellation: str) -> Mapping[str, DesiredSchedule]:
        """Return the schedules of a constellation (its id) that are in effect, by key."""
        ...

    async def cause(self, constellation: str, key: str, cause: Cause) -> list[Fire]:
        """Decide on an event; durable when it returns, and nothing the second time.

        Raises:
            UsageError: there is no such schedule.
            WorldError: nothing was written.
        """
        ...


class Waking:
    """Tells schedules of events."""

    def __init__(self, scheduling: Scheduling, ledger: Ledger) -> None:
        """`ledger` knows whether a moment is taken."""
        self._scheduling = scheduling
        self._ledger = ledger

    async def tell(self, constellation: str, keys: Iterable[str], cause: Cause) -> list[Fire]:
        """Tell schedules of an event, and return the fires that are new.

        A schedule that has gone meanwhile is left out.

        Raises:
            WorldError: some of them do not know of it yet; telling all of them again is safe.
        """
        fires: list[Fire] = []
        for key in keys:
            with contextlib.suppress(UsageError):
                fires += await self._tell(constellation, key, cause)
        return fires

    async def _tell(self, constellation: str, key: str, cause: Cause) -> list[Fire]:
        """Tell one schedule; a moment later where it was woken by something else at the very same time."""
        while True:
            fires = await self._scheduling.cause(constellation, key, cause)
            if fires or not await self._is_taken(constellation, key, cause):
                return fires
            cause = replace(cause, at=cause.at + _MOMENT)

    async def _is_taken(self, constellation: str, key: str, cause: Cause) -> bool:
        rows = await self._ledger.history(
            constellation, schedules=[key], since=cause.at - _MOMENT, until=cause.at
        )
        return any(row.fire.event not in {"", cause.id} for row in rows)
