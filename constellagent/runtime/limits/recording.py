"""Writes down what agents use, as their programs tell it: live ones by their hooks, runs when they end.

Reports must not wait for a disk, so the newest word of each conversation waits here until it is written. Who
takes the reports asks for that, and has the next daemon hear again what was not.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from constellagent.agents.kind import Report, Usage
from constellagent.errors import ConstellagentError, WorldError
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
    def number(self) -> int:
        """The how-many-th of its session."""
        ...

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
OnKept = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Due:
    """The newest word of a conversation.

    Attributes:
        row: the session that it is in.
        at: when that was said, epoch seconds.
        usage: what it has used.
        first: the lowest number of the reports that said so, by session: a conversation may go on in another.
    """

    row: SessionRow
    at: float
    usage: Usage
    first: Mapping[str, int]


class Recorder:
    """Charges what is used to agents and days.

    Attributes:
        on_kept: is told of a session of which something was written down.
    """

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
        self._due: dict[str, _Due] = {}
        self._odd: set[str] = set()
        self._stirred = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self.on_kept: OnKept = _ignore

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
        key = f"session {row.id}" if row.role == "run" else key
        self._put(key, _Due(row, told.at, told.report.usage, {row.id: told.number}))

    def unkept(self, session: str) -> int | None:
        """Return the lowest number of a session's reports that is not written down yet."""
        return min((due.first[session] for due in self._due.values() if session in due.first), default=None)

    def used(self, row: SessionRow, at: float, usage: Usage) -> None:
        """Take how much a run has used so far. Never blocks, never raises."""
        self._put(f"session {row.id}", _Due(row, at, usage, {}))

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

    def _put(self, conversation: str, due: _Due) -> None:
        before = self._due.get(conversation)
        if before is not None:
            due = _Due(due.row, due.at, _most(before.usage, due.usage), {**due.first, **before.first})
        self._due[conversation] = due
        self._stirred.set()

    async def _write_on(self) -> None:
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            if not await self._write_all():
                await asyncio.sleep(_AGAIN)
                self._stirred.set()

    async def _write_all(self) -> bool:
        """Write down all that was told; says whether that could be done.

        What goes wrong with one is said once, and keeps no other; what fails for all is not tried for each.
        """
        odd: set[str] = set()
        for conversation, due in list(self._due.items()):
            try:
                more = await self._write(conversation, due.row, due.at, due.usage)
            except ConstellagentError as error:
                odd.add(conversation)
                if conversation not in self._odd:
                    _log.warning("what %s used is not written down: %s", due.row.subject, error.message)
                if isinstance(error, WorldError):
                    break
                continue
            if self._due.get(conversation) is due:
                del self._due[conversation]
                for session in due.first:
                    self.on_kept(session)
            if more:
                await self._on_used(due.row)
        self._odd = odd
        return not odd

    async def _write(self, conversation: str, row: SessionRow, at: float, usage: Usage) -> bool:
        rules = await self._effect.of(row.constellation)
        day = day_of(datetime.fromtimestamp(at, UTC), rules.zone)
        agent = row.subject.partition("/")[0]
        return await self._rows.add(Whose(row.constellation, agent, row.id, day), conversation, usage)


def _most(one: Usage, other: Usage) -> Usage:
    costs = [cost for cost in (one.cost, other.cost) if cost is not None]
    return Usage(max(one.input, other.input), max(one.output, other.output), max(costs, default=None))


def _ignore(_session: str) -> None:
    """Take what was written down before anybody wants to know it."""
