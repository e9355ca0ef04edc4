"""Turns of agents' live sessions that end, as the hooks of their programs tell: once for each turn.

How the newest turn of a session stands is written down, so that neither the end of its session nor the next
daemon takes it for another one. Only then the report counts as dealt with, for which `unkept` is asked.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from constellagent.agents.kind import Report
from constellagent.errors import WorldError
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.store.waiting import TurnState, WaitingRows
from constellagent.runtime.tasks import spawn
from constellagent.runtime.triggers.ends import End
from constellagent.runtime.triggers.patience import Patience, Sleep

_log = logging.getLogger(__name__)

Tell = Callable[[End], Awaitable[None]]
OnTurn = Callable[[str], Awaitable[None]]
OnKept = Callable[[str], None]


class Told(Protocol):
    """What a hook has told."""

    @property
    def number(self) -> int:
        """The how-many-th of its session."""
        ...

    @property
    def at(self) -> float:
        """When, epoch seconds."""
        ...

    @property
    def report(self) -> Report:
        """What it says, as its kind reads it."""
        ...


class TurnEnds:
    """Passes on that turns have ended.

    Attributes:
        on_turn: is told of the constellation of an agent whose turn has ended.
        on_kept: is told of a session of which a report was dealt with.
    """

    def __init__(self, rows: WaitingRows, registry: SessionRegistry, tell: Tell, sleep: Sleep) -> None:
        """`tell` passes an end on to schedules; what is told twice it knows."""
        self._rows = rows
        self._registry = registry
        self._tell = tell
        self._sleep = sleep
        self._waiting: asyncio.Queue[tuple[SessionRow, Told, TurnState]] = asyncio.Queue()
        self._unkept: dict[str, list[int]] = {}
        self._task: asyncio.Task[None] | None = None
        self.on_turn: OnTurn = _ignore
        self.on_kept: OnKept = _ignore_kept

    def hear(self, row: SessionRow, told: Told) -> None:
        """Take what a hook has told, which may be that a turn began or ended. Never blocks, never raises."""
        if row.role != "agent":
            return
        match told.report.state:
            case "working" | "done" | "failed" as state:
                self._take(row, told, state)
            case _ if told.report.prompt is not None:
                self._take(row, told, "working")

    def unkept(self, session: str) -> int | None:
        """Return the lowest number of a session's reports that was not dealt with yet."""
        return min(self._unkept.get(session, ()), default=None)

    def start(self) -> None:
        """Begin to pass on."""
        self._task = spawn(self._tell_all(), name="turns that wake others")

    async def close(self) -> None:
        """Pass nothing on any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _take(self, row: SessionRow, told: Told, state: TurnState) -> None:
        self._unkept.setdefault(row.id, []).append(told.number)
        self._waiting.put_nowait((row, told, state))

    def _kept(self, session: str, number: int) -> None:
        """A report was dealt with."""
        numbers = self._unkept[session]
        numbers.remove(number)
        if not numbers:
            del self._unkept[session]
        self.on_kept(session)

    async def _tell_all(self) -> None:
        while True:
            row, told, state = await self._waiting.get()
            patience = Patience(self._sleep)
            while True:
                try:
                    await self._turn(row, told, state)
                except WorldError as error:
                    if not patience.failing:
                        _log.warning("a turn of %s wakes nobody yet: %s", row.subject, error.message)
                    await patience.rest(error.delay or 0.0)
                    continue
                except Exception:  # noqa: BLE001 - whatever failed, later turns must still wake whom they wake
                    _log.exception("a turn of %s wakes nobody", row.subject)
                break
            self._kept(row.id, told.number)

    async def _turn(self, row: SessionRow, told: Told, state: TurnState) -> None:
        number, before = await self._rows.newest(row.id) or (0, None)
        if before == state or told.number <= number:  # else what is told again might wake one declared since
            return
        known = await self._registry.get(row.id)
        if state != "working" and known is not None and known.live:  # else the end of the session tells it
            at = datetime.fromtimestamp(told.at, UTC)
            name = f"{row.id}.{told.number}"
            await self._tell(End(row.constellation, row.subject, state, name, at, kind="turn"))
        await self._rows.turned(row.id, told.number, state)
        if state != "working":
            await self.on_turn(row.constellation)


async def _ignore(_constellation: str) -> None:
    """Take a turn before anybody wants to know of it."""


def _ignore_kept(_session: str) -> None:
    """Take what was dealt with before anybody wants to know of it."""
