"""What a person asks of agents, held against the limits: texts, prompts and runs."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from constellagent.errors import ConflictError
from constellagent.plan.limits import day_of, working
from constellagent.runtime.clock import Clock
from constellagent.runtime.limits.effect import InEffect
from constellagent.runtime.limits.permits import refusal
from constellagent.runtime.limits.workers import Workers
from constellagent.runtime.store import usage
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.usage import Whose

PACE = 0.25
"""Seconds between two looks at whether an agent is done."""


class Gate:
    """Lets through what the limits allow; who says so passes in spite of them, and is counted."""

    def __init__(self, database: Database, effect: InEffect, workers: Workers, clock: Clock) -> None:
        self._database = database
        self._effect = effect
        self._workers = workers
        self._clock = clock

    @asynccontextmanager
    async def run(
        self, constellation: str, agent: str, session: str, *, wait: float = 0.0, over: bool = False
    ) -> AsyncIterator[None]:
        """Let a run be started in the body, and count it, once it may start.

        It waits up to `wait` seconds for one of those to be done that work; `over` lets it pass at once.

        Raises:
            ConflictError: a limit is reached; says which.
            WorldError: that cannot be looked up, or the run cannot be counted.
        """
        rules = await self._effect.of(constellation)
        day = day_of(self._now(), rules.zone)

        def count(db: sqlite3.Connection) -> str:
            why = "" if over else refusal(rules, usage.today(db, constellation, day), agent)
            if not why:
                usage.begin(db, Whose(constellation, agent, session, day))
            return why

        if not over:
            await self._room(constellation, f"run {session}", wait)
        with self._workers.expect(constellation, f"run {session}"):
            if why := await self._database.run(count):
                raise _refused(agent, why)
            yield

    @asynccontextmanager
    async def text(
        self, constellation: str, agent: str, *, wait: float = 0.0, over: bool = False
    ) -> AsyncIterator[None]:
        """Let a text be given to an agent in the body, as `run` does with runs; it counts as none.

        Raises:
            ConflictError: a limit is reached; says which.
            WorldError: that cannot be looked up.
        """
        if not over:
            rules = (await self._effect.of(constellation)).for_texts()
            day = day_of(self._now(), rules.zone)
            spent = await self._database.run(lambda db: usage.today(db, constellation, day))
            if why := refusal(rules, spent, agent):
                raise _refused(agent, why)
            await self._room(constellation, f"agent {agent}", wait)
        with self._workers.expect(constellation, f"agent {agent}"):
            yield

    async def _room(self, constellation: str, worker: str, wait: float) -> None:
        """Return once one more may work, or at once for one that works already. Whoever comes back takes it.

        Raises:
            ConflictError: none is done in time.
        """
        limits = (await self._effect.of(constellation)).limits
        if limits.working is None:
            return
        end = self._clock.monotonic() + wait
        while True:
            now = await self._workers.of(constellation)
            held = working(limits, len(now))
            if held.free or worker in now:
                return
            if self._clock.monotonic() >= end:
                raise _refused(worker, held.full)
            await asyncio.sleep(PACE)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)


def _refused(whom: str, why: str) -> ConflictError:
    return ConflictError(
        f"nothing was begun with {whom}: {why}",
        hint="`--over-limit` does it all the same; `constellagent usage` shows what was used",
    )
