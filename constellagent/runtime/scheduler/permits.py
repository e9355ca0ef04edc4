"""The seam to what agents may use: who asks before a run starts, and is asked again as it is claimed."""

import sqlite3
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from constellagent.plan.fires import Fire
from constellagent.plan.limits import NOTHING_HELD, Held

Permit = Callable[[sqlite3.Connection, Fire], str]
"""Says, as part of the transaction of a claim, why a run may not start; counts it where it may (empty)."""


class Permits(Protocol):
    """Knows the limits in effect and what was used."""

    async def held(self, constellation: str, going: Collection[str], now: datetime) -> Held:
        """Return what may not start now; `going` are the runs that are being started or go on.

        Raises:
            WorldError: that cannot be looked up.
        """
        ...

    async def permit(self, constellation: str, now: datetime) -> Permit:
        """Return what a claim asks for each of its runs.

        Raises:
            WorldError: the limits cannot be looked up.
        """
        ...

    def is_paused(self, run: str) -> bool:
        """Say whether a run stands still, so that its time does not pass."""
        ...


class Unlimited:
    """Lets everything start."""

    async def held(self, _constellation: str, _going: Collection[str], _now: datetime) -> Held:
        """Return that nothing is held."""
        return NOTHING_HELD

    async def permit(self, _constellation: str, _now: datetime) -> Permit:
        """Return what permits all."""
        return lambda _db, _fire: ""

    def is_paused(self, _run: str) -> bool:
        """Return that none stands still."""
        return False
