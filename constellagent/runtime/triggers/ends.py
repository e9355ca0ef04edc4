"""Agents that wake others by ending: their own sessions, the turns in them, and their runs.

The ledger remembers until the end of a run was told here, so that one is passed on before it returns. That of
a session is told once and waits here for its turn; the next daemon looks for what a dying one had not passed
on. Whatever is told twice the ledger knows.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from constellagent.errors import WorldError
from constellagent.plan.fires import FAILED, State
from constellagent.plan.wakeups import Cause, has_tries_left
from constellagent.runtime.clock import Clock
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn
from constellagent.runtime.triggers.patience import Patience, Sleep
from constellagent.runtime.triggers.scheduling import Scheduling, Waking

_log = logging.getLogger(__name__)

Turns = Callable[[Collection[str]], Awaitable[Mapping[str, str]]]
_BY_ITSELF: frozenset[State] = FAILED | {"succeeded"}
"""How a run ends that nobody ended."""


@dataclass(frozen=True, slots=True)
class End:
    """An agent that came to an end by itself.

    Attributes:
        constellation: id of its constellation.
        agent: its name.
        state: whether it ended well.
        id: of the session, turn or run.
        at: when.
        depth: that of the run, 0 for a session of the agent's own.
        kind: what it was that ended.
        turn_told: of a session, how its newest turn ended, which was told before; empty where it was not.
    """

    constellation: str
    agent: str
    state: Literal["done", "failed"]
    id: str
    at: datetime
    depth: int = 0
    kind: Literal["session", "turn", "run"] = "session"
    turn_told: str = ""


class Ends:
    """Tells the scheduler of ends."""

    def __init__(
        self,
        scheduling: Scheduling,
        waking: Waking,
        registry: SessionRegistry,
        rows: ScheduleRows,
        clock: Clock,
        sleep: Sleep,
        turns: Turns,
    ) -> None:
        """Ends of sessions are kept until `start`. `turns` knows how the newest turns of sessions stand."""
        self._turns = turns
        self._scheduling = scheduling
        self._waking = waking
        self._registry = registry
        self._rows = rows
        self._clock = clock
        self._sleep = sleep
        self._waiting: asyncio.Queue[tuple[End, Collection[str] | None]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tell."""
        self._task = spawn(self._tell_all(), name="agents that wake others")

    async def close(self) -> None:
        """Tell nothing any more; what waits is found again by the next daemon."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def session_ended(self, row: SessionRow) -> None:
        """Take note of the end of a session; those of runs are told by the ledger."""
        if (end := _of_session(row)) is not None:
            self._waiting.put_nowait((await self._with_turn(end), None))

    async def turn_ended(self, end: End) -> None:
        """Pass the end of a turn on.

        Raises:
            WorldError: it cannot be written down now; tell it again.
        """
        await self._pass_on(end, self._woken(end))

    async def run_ended(self, row: LedgerRow) -> None:
        """Pass the end of a run on.

        Raises:
            WorldError: it cannot be written down now; that is tried again.
        """
        end = self._of_run(row)
        if end is None:
            return
        try:
            await self._pass_on(end, self._woken(end))
        except WorldError:
            self._waiting.put_nowait((end, None))
            raise

    async def recover(self, constellation: str) -> None:
        """Take note again of the newest sessions that ended since a schedule came into effect.

        No further back than the schedule makes up for what it missed.

        Raises:
            WorldError: that cannot be looked up now.
        """
        schedules = self._scheduling.schedules(constellation)
        if not any(schedule.spec.on and schedule.spec.on.agent for schedule in schedules.values()):
            return
        rows = [_of_session(row) for row in await self._registry.newest(constellation)]
        found = [await self._with_turn(end) for end in rows if end is not None]
        upto = {row.key: row.upto for row in await self._rows.all(constellation)}
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        for end in sorted(found, key=lambda end: end.at):
            keys = [
                key
                for key in self._woken(end)
                if key in upto and max(upto[key], now - schedules[key].spec.catch_up_window) < end.at
            ]
            if keys:
                self._waiting.put_nowait((end, keys))

    async def _tell_all(self) -> None:
        while True:
            end, keys = await self._waiting.get()
            patience = Patience(self._sleep)
            while not await self._told(end, self._woken(end) if keys is None else keys, patience):
                pass

    async def _told(self, end: End, keys: Collection[str], patience: Patience) -> bool:
        """Tell schedules of one end; False where it has to be told again."""
        try:
            await self._pass_on(end, keys)
        except WorldError as error:
            if not patience.failing:
                _log.warning("the end of %s wakes nobody yet: %s", end.agent, error.message)
            await patience.rest(error.delay or 0.0)
            return False
        except Exception:  # noqa: BLE001 - whatever failed, later ends must still wake whom they wake
            _log.exception("the end of %s wakes nobody", end.agent)
        return True

    async def _pass_on(self, end: End, keys: Collection[str]) -> None:
        await self._waking.tell(end.constellation, keys, Cause("agent", end.id, end.at, end.depth))

    def _woken(self, end: End) -> list[str]:
        """Return the schedules that wait for such an end."""
        found = []
        for key, schedule in self._scheduling.schedules(end.constellation).items():
            on = schedule.spec.on
            if on is not None and on.agent == end.agent and (on.state or "done") in _states(end):
                found.append(key)
        return found

    async def _with_turn(self, end: End) -> End:
        try:
            told = (await self._turns([end.id])).get(end.id, "")
        except WorldError as error:
            _log.warning("how the last turn of %s ended is not known: %s", end.agent, error.message)
            return end
        return replace(end, turn_told=told)

    def _of_run(self, row: LedgerRow) -> End | None:
        """Return what the end of a run is to others, None where it is none of its own."""
        fire = row.fire
        schedule = self._scheduling.schedules(row.constellation).get(fire.schedule)
        if schedule is not None and schedule.spec.workspace == "resident":
            return None  # its prompt was typed into a session, which goes on
        if fire.state not in _BY_ITSELF or row.ended_at is None:
            return None
        if schedule is not None and has_tries_left(schedule, fire):
            return None  # what is tried again has not failed yet
        agent = fire.schedule.partition("/")[0]
        state: Literal["done", "failed"] = "done" if fire.state == "succeeded" else "failed"
        return End(row.constellation, agent, state, fire.run, row.ended_at, fire.depth, "run")


def _states(end: End) -> set[str]:
    """Return for which states a schedule may wait so that this end wakes it; a turn is told once."""
    if end.kind == "turn":
        return {end.state}
    return {"exited"} if end.turn_told == end.state else {end.state, "exited"}


def _of_session(row: SessionRow) -> End | None:
    """Return what the end of a session is to others, None where somebody ended it, or it is no agent's."""
    # A run of a schedule has the schedule's key as its subject, which no agent's name can be.
    if row.ended_at is None or row.role == "service" or "/" in row.subject:
        return None
    if row.ended_by not in {"itself", "lost"}:
        return None
    state: Literal["done", "failed"] = (
        "done" if row.ended_by == "itself" and row.exit_status == 0 else "failed"
    )
    at = datetime.fromtimestamp(row.ended_at, UTC)
    return End(row.constellation, row.subject, state, row.id, at)
