"""The runs that go on and end: time limits, stops, and the end in the ledger.

An end that cannot be written down (a full disk) is kept and written later; until then its workspace stays
taken, so that nothing is started of which the ledger would know too little.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime

from constellagent.errors import ConstellagentError
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import Decision, decide_end
from constellagent.runtime.clock import Clock
from constellagent.runtime.scheduler.alarm import Alarm
from constellagent.runtime.scheduler.board import Board, Entry
from constellagent.runtime.scheduler.books import Books
from constellagent.runtime.scheduler.chores import Chores
from constellagent.runtime.scheduler.ends import End
from constellagent.runtime.scheduler.limits import Limits
from constellagent.runtime.scheduler.permits import Permits
from constellagent.runtime.scheduler.runner import Ended, Runner
from constellagent.runtime.store.ledger import LedgerRow

_log = logging.getLogger(__name__)

STOP_AGAIN = 60.0
"""Seconds after which a run is stopped again that did not end."""


class Going:
    """The runs that go on, and what is done about them."""

    def __init__(
        self, books: Books, runner: Runner, clock: Clock, alarm: Alarm, permits: Permits, *, parallel: int
    ) -> None:
        """`parallel` bounds the ends that are worked off at once."""
        self._permits = permits
        self.on_end: list[Ended] = []
        self.chores = Chores()
        self.limits = Limits()
        self.boot_id = ""
        """Of this boot; time limits are measured by its clock."""
        self._books = books
        self._runner = runner
        self._clock = clock
        self._alarm = alarm
        self._unwritten: dict[str, End] = {}
        self._concluding = asyncio.Semaphore(parallel)

    async def live(self, board: Board, fire: Fire, at: datetime, since: float) -> None:
        """Take note of a run whose session is live; `since` is on the monotonic clock. The lock is held."""
        try:
            await self._books.ledger.started(fire.run, at, live_since=since, boot_id=self.boot_id)
        except ConstellagentError as error:
            _log.warning("the start of run %s is not written down: %s", fire.run, error.message)
        board.turn(fire.run, "running")
        schedule = board.schedules.get(fire.schedule)
        if fire.run in board.endings:
            self.stop(fire.run)
        elif schedule is not None and schedule.spec.timeout is not None:
            self.limits.set(fire.run, since + schedule.spec.timeout.total_seconds())
            self._alarm.ring()

    async def expire(self) -> None:
        """Stop the runs that take too long."""
        for run in self.limits.take(self._clock.monotonic()):
            board = self._books.find(run)
            if board is None:
                continue
            if self._permits.is_paused(run):
                self.limits.set(run, self._clock.monotonic() + STOP_AGAIN)
                continue
            if board.endings.setdefault(run, "timeout") == "timeout":
                try:
                    await self._books.ledger.stopping(run, "timeout")
                except ConstellagentError as error:
                    _log.warning("run %s takes too long; that is not written down: %s", run, error.message)
            self.stop(run)

    def stop(self, run: str) -> None:
        """Stop a run in the background, and again as long as it does not end."""
        self.chores.add(self._stop(run), name=f"stop run {run}")

    async def ended(self, run: str, end: End) -> None:
        """Write down how a run ended, as soon as that can be written."""
        self._unwritten[run] = end
        try:
            await self.settle()
        except ConstellagentError as error:
            _log.warning("the end of run %s is not written down: %s", run, error.message)
            self._alarm.ring()

    async def settle(self) -> None:
        """Write down the ends that could not be written before.

        Raises:
            WorldError: they still cannot.
        """
        for run in list(self._unwritten):
            async with self._books.lock:
                end = self._unwritten.get(run)
                if end is not None:
                    await self._write(run, end)
                    del self._unwritten[run]

    async def announce(self, row: LedgerRow) -> None:
        """Tell everybody who wants to know of the end of a run."""
        for listener in self.on_end:
            await listener(row)
        await self._books.ledger.announced(row.fire.run)

    async def _write(self, run: str, end: End) -> None:
        board = self._books.find(run)
        if board is None:
            return
        fire = replace(board.open[run], state=end.state)
        entry = board.entries.get(fire.schedule)
        then = None if entry is None else self._follow_up(board, entry, fire)
        row = await self._books.end(board, run, end, then, heard=not self.on_end)
        self.limits.forget(run)
        if row is not None:
            self.chores.add(self._after(row, entry.schedule if entry else None), name=f"after run {run}")
        self._alarm.ring()

    def _follow_up(self, board: Board, entry: Entry, ended: Fire) -> Decision | None:
        """Return what follows from an end; where that cannot be said, the end is written all the same."""
        standing = board.standing(entry, without=ended.run)
        try:
            return decide_end(board.constellation, entry.schedule, standing, ended, self._books.now())
        except Exception:  # noqa: BLE001 - a run must not go on for ever because of it
            _log.exception("nothing follows the end of run %s", ended.run)
            return None

    async def _after(self, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        if self.on_end:
            try:
                await self.announce(row)
            except Exception:  # noqa: BLE001 - what follows must not depend on who listens
                _log.exception("not everybody was told of the end of run %s", row.fire.run)
        async with self._concluding:
            await self._runner.conclude(row, schedule)

    async def _stop(self, run: str) -> None:
        try:
            await self._runner.stop(run)
        except Exception as error:  # noqa: BLE001 - whatever it was, a run beyond its time is stopped again
            _log.warning("run %s does not end: %s", run, error)
            self.limits.set(run, self._clock.monotonic() + STOP_AGAIN)
            self._alarm.ring()
