"""The scheduler of the daemon: what others ask of it, and what it is made of."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from constellagent.errors import UsageError
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import Cause, Decision, decide_backfill, decide_cause, decide_manual
from constellagent.runtime import processes
from constellagent.runtime.clock import Clock
from constellagent.runtime.scheduler.alarm import Alarm, SystemAlarm
from constellagent.runtime.scheduler.board import Board, Entry
from constellagent.runtime.scheduler.books import Books
from constellagent.runtime.scheduler.ends import end_of
from constellagent.runtime.scheduler.going import Going
from constellagent.runtime.scheduler.loop import Loop
from constellagent.runtime.scheduler.outlook import Outlook, outlook_of
from constellagent.runtime.scheduler.pace import Pace
from constellagent.runtime.scheduler.permits import Permits, Unlimited
from constellagent.runtime.scheduler.recovery import KnownSessions, Recovery
from constellagent.runtime.scheduler.runner import Ended, Runner
from constellagent.runtime.scheduler.starts import Starts
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn, uncut
from constellagent.spec.suggest import did_you_mean

_log = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)
_MOST_ROWS = 100_000
"""Rows of a window that a backfill looks at: as many as its times may have, all tries of each included."""


class Scheduler:
    """Starts runs when they are due, at most once each, and writes down what became of every fire.

    What changes the books is done to its end, whoever asked for it and does not wait any more.
    """

    def __init__(
        self,
        ledger: Ledger,
        rows: ScheduleRows,
        sessions: KnownSessions,
        runner: Runner,
        clock: Clock,
        *,
        parallel: int,
        spacing: float = 1.0,
        wake_grace: float = 10.0,
        alarm: Alarm | None = None,
        permits: Permits | None = None,
    ) -> None:
        """Nothing happens before `start`.

        Args:
            ledger: where every fire is written down.
            rows: the schedules in effect.
            sessions: what is known of sessions.
            runner: what starts and ends runs.
            clock: decides what is due.
            parallel: how many runs are started or go on at once, of all constellations together.
            spacing: seconds between starts after a wake or a downtime.
            wake_grace: seconds after a wake before anything starts.
            alarm: what the loop waits for; that of the machine's own clock where there is none.
            permits: what agents may use; anything where there is none.
        """
        self._alarm = alarm or SystemAlarm(clock)
        self._books = Books(ledger, rows, clock)
        permits = permits or Unlimited()
        self._going = Going(self._books, runner, clock, self._alarm, permits, parallel=parallel)
        pace = Pace(clock, spacing, wake_grace)
        self._starts = Starts(
            self._books,
            self._going,
            runner,
            clock,
            self._alarm,
            pace,
            permits,
            parallel=parallel,
        )
        self._recovery = Recovery(self._books, sessions, self._going, self._starts, clock)
        self._loop = Loop(self._books, self._starts, self._going, self._recovery, pace, clock, self._alarm)
        self._task: asyncio.Task[None] | None = None

    @property
    def on_end(self) -> list[Ended]:
        """Who is told of every run that ended; whoever is there before `start` misses none, whatever dies."""
        return self._going.on_end

    async def start(self) -> None:
        """Read the schedules, find out about the runs of earlier daemons, and begin.

        Sessions must have been adopted before.

        Raises:
            WorldError: the schedules or the ledger cannot be read.
        """
        self._going.boot_id = await asyncio.to_thread(processes.boot_id)
        async with self._books.lock:
            await self._books.load()
        for known in (self._books.newest, await self._books.ledger.newest()):
            if known is not None:
                self._loop.doubt.knows(known)
        self._recovery.doubt_all()
        if self.on_end:
            for row in await self._books.ledger.unannounced():
                self._going.chores.add(self._going.announce(row), name=f"tell of run {row.fire.run}")
        self._task = spawn(self._loop.run(), name="scheduler")

    async def close(self) -> None:
        """Decide and start nothing more. Sessions go on; a start that is cut short is taken up later."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._going.chores.close()
        self._alarm.close()

    @uncut
    async def refresh(self, constellation: str) -> None:
        """Read the schedules of a constellation anew, as after an apply.

        Raises:
            WorldError: they cannot be read.
        """
        async with self._books.lock:
            await self._books.load(constellation)
            for run in self._starts.give_back(self._books.boards[constellation]):
                self._recovery.doubt(run)
        self._alarm.ring()

    def look(self) -> None:
        """Look soon at what waits: something may start now that could not before."""
        self._alarm.ring()

    @uncut
    async def resumed(self, run: str, paused_for: float) -> None:
        """Take note that a run goes on that stood still for so many seconds, which are none of its time."""
        async with self._books.lock:
            board, row = self._books.find(run), await self._books.ledger.get(run)
            if board is None or row is None or row.live_since is None or row.boot_id != self._going.boot_id:
                return
            at = row.started_at or self._books.now()
            await self._going.live(board, board.open[run], at, row.live_since + paused_for)

    async def session_ended(self, row: SessionRow) -> None:
        """Take note that a session ended; one that is no run of the ledger is ignored."""
        board = self._books.find(row.id)
        if board is None or self._starts.ends_early(row):
            return
        if board.open[row.id].state == "claimed":
            self._recovery.doubt(row.id)  # an earlier daemon started it, or was about to
            self._alarm.ring()
        else:
            await self._going.ended(row.id, end_of(row, board.endings.get(row.id)))

    @uncut
    async def cause(self, constellation: str, key: str, cause: Cause) -> list[Fire]:
        """Let an event wake a schedule; durable when it returns. One that was told before changes nothing.

        Returns the new fires: none where the event was known, or wakes nobody (see `decide_cause`).

        Raises:
            UsageError: there is no such schedule.
            WorldError: nothing was written (a full disk); tell it again later.
        """
        self._entry(constellation, key)
        await self._loop.admit()
        async with self._books.lock:
            board, entry = self._entry(constellation, key)
            now = self._books.now()
            last_hour = await self._books.ledger.events_since(constellation, key, now - _HOUR)
            standing = board.standing(entry, last_hour=last_hour)
            return await self._commit(
                board, key, decide_cause(constellation, entry.schedule, standing, cause, now)
            )

    @uncut
    async def run_now(self, constellation: str, key: str) -> Fire:
        """Let a schedule run now, or as soon as its workspace is free, also where it is paused.

        Raises:
            UsageError: there is no such schedule.
            WorldError: it could not be written down; nothing is started.
        """
        async with self._books.lock:
            board, entry = self._entry(constellation, key)
            standing = board.standing(entry)
            decision = decide_manual(constellation, entry.schedule, standing, self._books.now())
            await self._commit(board, key, decision)
            return decision.fires[0]

    @uncut
    async def backfill(
        self,
        constellation: str,
        key: str,
        window: tuple[datetime, datetime],
        rerun: str,
        *,
        dry_run: bool,
    ) -> list[Fire]:
        """Run the nominal times of a window, one after another; return them, oldest first.

        With `dry_run` nothing is written and nothing runs. See `decide_backfill` for the window and `rerun`.

        Raises:
            UsageError: there is no such schedule, or such a backfill makes no sense.
            WorldError: it could not be written down; nothing is started.
        """
        async with self._books.lock:
            board, entry = self._entry(constellation, key)
            after, until = window
            rows = await self._books.ledger.history(
                constellation, schedules=[key], since=after, until=until, limit=_MOST_ROWS
            )
            known = [row.fire for row in rows if row.fire.origin == "clock"]
            decision = decide_backfill(constellation, entry.schedule, known, window, rerun, self._books.now())
            return list(decision.fires) if dry_run else await self._commit(board, key, decision)

    @uncut
    async def pause(self, constellation: str, key: str, why: str) -> None:
        """Let a schedule not fire until it is resumed; what it has queued is cancelled. What runs goes on.

        Raises:
            UsageError: there is no such schedule.
            WorldError: it could not be written down.
        """
        async with self._books.lock:
            _, entry = self._entry(constellation, key)
            agent, name = entry.schedule.agent, entry.schedule.name
            await self._books.rows.pause(constellation, agent, name, why, self._books.now())
            await self._books.load(constellation)

    @uncut
    async def resume(self, constellation: str, key: str, *, catch_up: bool) -> None:
        """Let a paused schedule fire again; `catch_up` makes up for the pause as `missed` declares.

        Raises:
            UsageError: there is no such schedule.
            WorldError: it could not be written down.
        """
        async with self._books.lock:
            _, entry = self._entry(constellation, key)
            agent, name = entry.schedule.agent, entry.schedule.name
            await self._books.rows.resume(constellation, agent, name, self._books.now(), catch_up=catch_up)
            await self._books.load(constellation)
        self._alarm.ring()

    @uncut
    async def reset(self, constellation: str, key: str) -> None:
        """Let a schedule begin anew from now, also where more than that is decided already.

        Raises:
            UsageError: there is no such schedule.
            WorldError: it could not be written down.
        """
        async with self._books.lock:
            _, entry = self._entry(constellation, key)
            agent, name = entry.schedule.agent, entry.schedule.name
            await self._books.rows.reset(constellation, agent, name, self._books.now())
            await self._books.load(constellation)
        self._alarm.ring()

    def schedules(self, constellation: str) -> Mapping[str, DesiredSchedule]:
        """Return the schedules in effect by key, in the order of their coming."""
        board = self._books.boards.get(constellation)
        return {} if board is None else board.schedules

    def outlook(self, constellation: str, key: str) -> Outlook:
        """Return how a schedule stands, and when it fires next.

        Raises:
            UsageError: there is no such schedule.
        """
        board = self._books.boards.get(constellation)
        if board is not None and key in board.odd:
            return Outlook("never", f"{board.odd[key]}; `constellagent apply` writes it anew")
        return outlook_of(self._entry(constellation, key)[1], self._books.now())

    def _entry(self, constellation: str, key: str) -> tuple[Board, Entry]:
        board = self._books.boards.get(constellation, Board(constellation))
        entry = board.entries.get(key)
        if entry is not None:
            return board, entry
        if key in board.odd:
            raise UsageError(
                f"{key} is not run: {board.odd[key]}", hint="`constellagent apply` writes it anew"
            )
        raise UsageError(
            f"there is no schedule {key!r} in effect{did_you_mean(key, board.entries)}",
            hint="`constellagent apply` puts what is declared into effect",
        )

    async def _commit(self, board: Board, key: str, decision: Decision) -> list[Fire]:
        """Write down what was asked for; the lock is held."""
        if decision.empty:
            return []
        written = await self._books.commit(board, {key: decision})
        for run in written.stop:
            self._starts.replace(run)
        self._alarm.ring()
        return written.new
