"""Runs that used as much as one run may: they are stopped where they are, and go on when a person says so.

A run is written down as paused before it is stopped, and as one that goes on before it does. So the next
daemon knows which stand still, and tells those again that should.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from constellagent.agents.kind import Usage
from constellagent.errors import ConflictError, ConstellagentError, UsageError
from constellagent.plan.limits import Spent, over_run
from constellagent.runtime.clock import Clock
from constellagent.runtime.headless.progress import PAUSE, RESUME
from constellagent.runtime.headless.verdicts import used_so_far
from constellagent.runtime.limits.effect import InEffect
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.paused import PausedRow, PausedRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn
from constellagent.runtime.usage_views import ResumeRequest
from constellagent.spec.limits import Budget

_log = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds between two looks at what runs have used so far."""
_SHORTEST_ID = 4
"""A run may be named by so much of its id."""

OnUsed = Callable[[SessionRow, float, Usage], None]
OnChange = Callable[[SessionRow, str], None]
OnResumed = Callable[[str, float], Awaitable[None]]


class Pauses:
    """Pauses runs, and lets them go on.

    Attributes:
        on_change: is told of a run that is paused, and why, or goes on (an empty reason).
        on_resumed: is told of a run that goes on, and for how many seconds it stood still.
    """

    def __init__(
        self,
        rows: PausedRows,
        registry: SessionRegistry,
        effect: InEffect,
        clock: Clock,
        on_used: OnUsed,
    ) -> None:
        """`on_used` is told how much a run has used so far."""
        self._rows = rows
        self._registry = registry
        self._effect = effect
        self._clock = clock
        self._on_used = on_used
        self._known: dict[str, PausedRow] = {}
        self._task: asyncio.Task[None] | None = None
        self.on_change: OnChange = _ignore
        self.on_resumed: OnResumed = _ignored

    async def start(self) -> None:
        """Find out which runs stand still, and begin to look at what runs use.

        Raises:
            WorldError: that cannot be looked up.
        """
        live = {row.id for row in await self._registry.live()}
        for row in await self._rows.all():
            if row.session not in live:
                await self._rows.drop(row.session)
                continue
            self._known[row.session] = row
            await self._signal(row)
        self._task = spawn(self._look_on(), name="look at what runs use")

    async def close(self) -> None:
        """Look no more; what stands still goes on doing so."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def why(self, session: str) -> str:
        """Return why a run is paused, empty for one that is not."""
        known = self._known.get(session)
        return "" if known is None else known.why

    def paused(self, constellation: str) -> list[PausedRow]:
        """Return the runs of a constellation that are paused."""
        return [row for row in self._known.values() if row.why and row.constellation == constellation]

    async def ended(self, row: SessionRow) -> None:
        """Forget a run that has ended."""
        if self._known.pop(row.id, None) is not None:
            await self._rows.drop(row.id)

    async def resume(self, constellation: str, request: ResumeRequest) -> list[str]:
        """Let the paused runs go on that a person means; returns their ids.

        Raises:
            UsageError: a limit makes no sense.
            ConflictError: none is paused.
            UnavailableError: one cannot be reached.
        """
        tokens, cost = request.get("tokens"), request.get("cost")
        if (tokens is not None and tokens < 1) or (cost is not None and not cost > 0):
            raise UsageError("a limit is more than nothing", hint="leave it out for none")
        subject = request["subject"]
        found = [
            (known, row)
            for known in self.paused(constellation)
            if (row := await self._registry.get(known.session)) is not None and _is_meant(row, subject)
        ]
        if not found:
            raise ConflictError(
                f"no run of {subject!r} is paused", hint="`constellagent status` shows those that are"
            )
        for known, row in found:
            going = replace(known, why="", tokens=tokens, cost=cost)
            await self._rows.put(going)
            self._known[row.id] = going
            await self.on_resumed(row.id, max(self._clock.now() - known.at, 0.0))
            await self._registry.signal(row.id, RESUME)
            self.on_change(row, "")
        return [row.id for _, row in found]

    async def look(self) -> None:
        """Pause the runs that have used as much as one may; one that cannot be looked at keeps no other.

        Raises:
            ConstellagentError: nobody can say which runs there are.
        """
        for row in await self._registry.live():
            if row.role == "run" and not self.why(row.id):
                try:
                    await self._look_at(row)
                except ConstellagentError as error:
                    _log.warning("what run %s has used is not known: %s", row.id, error.message)

    async def _look_at(self, row: SessionRow) -> None:
        used = await asyncio.to_thread(used_so_far, self._registry.folder(row.id))
        if used is None:
            return
        self._on_used(row, self._clock.now(), used)
        known = self._known.get(row.id)
        if known is None:
            budget = (await self._effect.of(row.constellation)).of_run(row.subject.partition("/")[0])
        else:
            budget = Budget(tokens_per_run=known.tokens, cost_per_run=known.cost)
        why = over_run(budget, Spent(1, used.input + used.output, used.cost or 0.0))
        if why:
            paused = PausedRow(row.id, row.constellation, row.subject, why, self._clock.now())
            await self._rows.put(paused)
            self._known[row.id] = paused
            await self._signal(paused)
            _log.info("run %s of %s is paused: %s", row.id, row.subject, why)
            self.on_change(row, why)

    async def _signal(self, row: PausedRow) -> None:
        """Tell a run what it should do; one that cannot be reached now is told by the next daemon."""
        try:
            await self._registry.signal(row.session, PAUSE if row.why else RESUME)
        except ConstellagentError as error:
            _log.warning("run %s is not told that it is paused: %s", row.session, error.message)

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except ConstellagentError as error:
                _log.warning("what runs use is not known: %s", error.message)
            await asyncio.sleep(_LOOK)


def _is_meant(row: SessionRow, subject: str) -> bool:
    agent = row.subject.partition("/")[0]
    by_id = len(subject) >= _SHORTEST_ID and row.id.startswith(subject)
    return subject in {row.subject, agent} or by_id


def _ignore(_row: SessionRow, _why: str) -> None:
    """Take a change before anybody wants to know it."""


async def _ignored(_run: str, _seconds: float) -> None:
    """Take a run that goes on before anybody wants to know it."""
