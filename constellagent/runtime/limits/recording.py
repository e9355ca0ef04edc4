"""Writes down what agents use, as their programs tell it: live ones by their hooks, runs when they end.

Reports must not wait for a disk, so the newest word of each conversation waits here until it is written.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from constellagent.agents.kind import Report, Usage
from constellagent.errors import ConstellagentError
from constellagent.plan.limits import day_of
from constellagent.runtime.headless.verdicts import usage_of, used_so_far
from constellagent.runtime.limits.effect import InEffect
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.store.usage import UsageRows, Whose
from constellagent.runtime.tasks import spawn

_log = logging.getLogger(__name__)

_AGAIN = 2.0
"""Seconds between tries to write down what was told, as where the disk is full."""
_LOOKED_BACK = timedelta(days=1)
"""How long ago a run may have ended of which an earlier daemon did not write down what it used."""


class Told(Protocol):
    """What a hook has told."""

    @property
    def event(self) -> str:
        """The name of a kind of agent."""
        ...

    @property
    def at(self) -> float:
        """When, epoch seconds."""
        ...

    @property
    def report(self) -> Report:
        """What it says, as its kind reads it."""
        ...


OnUsed = Callable[[SessionRow], Awaitable[None]]


class Recorder:
    """Charges what is used to agents and days."""

    def __init__(
        self,
        rows: UsageRows,
        sessions: SessionRows,
        effect: InEffect,
        folder: Callable[[str], Path],
        on_used: OnUsed,
    ) -> None:
        """`folder` is that of a session; `on_used` is told of a session that has used more."""
        self._rows = rows
        self._sessions = sessions
        self._effect = effect
        self._folder = folder
        self._on_used = on_used
        self._due: dict[str, tuple[SessionRow, float, Usage]] = {}
        self._stirred = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write down what is told."""
        self._writer = spawn(self._write_on(), name="write down what agents use")

    async def close(self) -> None:
        """Write down the rest, if that can be done at once."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._write_all()

    def hear(self, row: SessionRow, told: Told) -> None:
        """Take what the hooks of a session's program have told. Never blocks, never raises."""
        if told.report.usage is None:
            return
        conversation = told.report.conversation
        key = f"{told.event} {conversation}" if conversation else f"session {row.id}"
        # All that a run uses is its own, whoever tells it; and what it says at its end counts the same.
        self._put(f"session {row.id}" if row.role == "run" else key, row, told.at, told.report.usage)

    def used(self, row: SessionRow, at: float, usage: Usage) -> None:
        """Take how much a run has used so far. Never blocks, never raises."""
        self._put(f"session {row.id}", row, at, usage)

    async def ended(self, row: SessionRow) -> None:
        """Write down what a run used in all, before anybody asks what is left."""
        if row.role != "run":
            return
        folder = self._folder(row.id)
        try:
            # One that was killed with all that judged it has said only how much it was so far.
            used = await asyncio.to_thread(usage_of, folder) or await asyncio.to_thread(used_so_far, folder)
        except ConstellagentError as error:
            _log.warning("what %s used is not known: %s", row.subject, error.message)
            return
        if used is not None:
            self.used(row, row.ended_at or row.started_at, used)
        await self._write_all()

    async def catch_up(self, now: float) -> None:
        """Write down what runs used that ended as a daemon died.

        Raises:
            WorldError: they cannot be looked up.
        """
        since = now - _LOOKED_BACK.total_seconds()
        for row in await self._sessions.ended():
            if row.role == "run" and (row.ended_at or 0.0) >= since:
                await self.ended(row)

    def _put(self, conversation: str, row: SessionRow, at: float, usage: Usage) -> None:
        before = self._due.get(conversation)
        if before is not None:
            usage = _most(before[2], usage)
        self._due[conversation] = row, at, usage
        self._stirred.set()

    async def _write_on(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            if not await self._write_all():
                await asyncio.sleep(_AGAIN)
                self._stirred.set()

    async def _write_all(self) -> bool:
        """Write down all that was told; says whether that could be done."""
        for conversation, told in list(self._due.items()):
            row, at, usage = told
            try:
                more = await self._write(conversation, row, at, usage)
            except ConstellagentError as error:
                _log.warning("what %s used is not written down: %s", row.subject, error.message)
                return False
            if self._due.get(conversation) is told:
                del self._due[conversation]
            if more:
                await self._on_used(row)
        return True

    async def _write(self, conversation: str, row: SessionRow, at: float, usage: Usage) -> bool:
        rules = await self._effect.of(row.constellation)
        day = day_of(datetime.fromtimestamp(at, UTC), rules.zone)
        agent = row.subject.partition("/")[0]
        return await self._rows.add(Whose(row.constellation, agent, row.id, day), conversation, usage)


def _most(one: Usage, other: Usage) -> Usage:
    costs = [cost for cost in (one.cost, other.cost) if cost is not None]
    return Usage(max(one.input, other.input), max(one.output, other.output), max(costs, default=None))
