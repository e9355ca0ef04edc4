"""Schedules, cursors and open fires: the database's, and beside them what is kept of them in memory.

Everything that changes them goes through here, one change at a time (`lock`), and is written down before it
is believed. Whoever calls this from outside the scheduler must not be cut short in between (`tasks.uncut`).
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from constellagent.plan.declared import resolve
from constellagent.plan.fires import Fire, State
from constellagent.plan.wakeups import Decision, Standing, due_at
from constellagent.runtime.clock import Clock
from constellagent.runtime.scheduler.board import Board, Entry
from constellagent.runtime.scheduler.dues import Dues
from constellagent.runtime.scheduler.ends import End
from constellagent.runtime.scheduler.permits import Permit
from constellagent.runtime.scheduler.turns import in_turns
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRow, ScheduleRows

_log = logging.getLogger(__name__)


def _permitted(_db: object, _fire: Fire) -> str:
    """Let any run start."""
    return ""


AGAIN = 60.0
"""Seconds after which a schedule is looked at again about which nothing could be decided."""


@dataclass(slots=True)
class Written:
    """What came of writing decisions.

    Attributes:
        new: the fires that had no row before.
        stop: runs that are to be stopped because a later fire replaces them.
    """

    new: list[Fire] = field(default_factory=list)
    stop: list[str] = field(default_factory=list)


class Books:
    """The ledger, the schedules, and the boards that follow them."""

    def __init__(self, ledger: Ledger, rows: ScheduleRows, clock: Clock) -> None:
        """Nothing is known before `load`."""
        self.ledger = ledger
        self.rows = rows
        self.lock = asyncio.Lock()
        """Held by whoever decides or writes, from looking at a board to changing it."""
        self.boards: dict[str, Board] = {}
        self.dues = Dues()
        self.newest: datetime | None = None
        """The newest cursor."""
        self._clock = clock

    def now(self) -> datetime:
        """Return the wall time."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    async def load(self, constellation: str | None = None) -> None:
        """Read the schedules and open fires of one constellation anew, or of all.

        A schedule whose declaration this release does not understand is shown and not run.

        Raises:
            WorldError: they cannot be read; what was known stays.
        """
        rows: dict[str, list[ScheduleRow]] = defaultdict(list)
        for row in await self.rows.all(constellation):
            rows[row.constellation].append(row)
        fires: dict[str, list[LedgerRow]] = defaultdict(list)
        for fire in await self.ledger.open(constellation):
            fires[fire.constellation].append(fire)
        for key in sorted(rows.keys() | fires.keys() | ({constellation} if constellation else set())):
            board = self.boards.setdefault(key, Board(key))
            await self._set_schedules(board, rows[key])
            board.fill(row.fire for row in fires[key])
            board.endings |= {row.fire.run: row.ending for row in fires[key] if row.ending is not None}
        self.newest = max((entry.upto for entry in self._entries()), default=None)

    async def commit(self, board: Board, decisions: Mapping[str, Decision]) -> Written:
        """Write decisions down, then follow them on the board.

        Raises:
            WorldError: nothing was written.
        """
        new = await self.ledger.commit(board.constellation, decisions, self.now())
        runs = {fire.run for fire in new}
        stop: list[str] = []
        for key, decision in decisions.items():
            if not decision.fires or any(fire.run in runs for fire in decision.fires):
                stop += self.follow(board, key, decision, runs)
            elif decision.upto is not None and key in board.entries:
                board.entries[key].apply(Decision(upto=decision.upto))
        return Written(new, stop)

    def follow(self, board: Board, key: str, decision: Decision, new: Iterable[str]) -> list[str]:
        """Let the board follow a decision that was written down; return the runs that are to be stopped."""
        for fire in decision.fires:
            if fire.run in new:
                board.add(fire)
        for change in decision.changes:
            board.turn(change.run, change.state, change.why)
        for run in decision.stop:
            board.endings.setdefault(run, "replaced")
        entry = board.entries.get(key)
        if entry is not None:
            was_paused = entry.paused
            entry.apply(decision)
            if decision.upto is not None:
                self.newest = max(self.newest or entry.upto, entry.upto)
            if entry.paused != was_paused:
                self.arm(entry)
        return list(decision.stop)

    async def claim(self, board: Board, fires: Iterable[Fire], permit: Permit = _permitted) -> list[Fire]:
        """Turn queued fires into claimed ones; return those that are ours to start. Others may still wait.

        Raises:
            WorldError: nothing was claimed.
        """
        wanted = list(fires)
        claimed = await self.ledger.claim(wanted, self.now(), permit)
        runs = {fire.run for fire in claimed}
        for fire in wanted:
            state: State = "claimed"
            why = None
            if fire.run not in runs:
                row = await self.ledger.get(fire.run)
                state = "cancelled" if row is None else row.fire.state
                why = "" if row is None else row.fire.why
            board.turn(fire.run, state, why)
        return claimed

    async def end(
        self, board: Board, run: str, end: End, then: Decision | None, *, heard: bool
    ) -> LedgerRow | None:
        """Write down how a run ended, and what follows; return its row, None where it had ended before.

        Raises:
            WorldError: nothing was written.
        """
        key = board.open[run].schedule
        row = await self.ledger.end(
            run, end.state, self.now(), why=end.why, exit_status=end.exit_status, then=then, heard=heard
        )
        board.turn(run, end.state)
        if row is not None and then is not None:
            self.follow(board, key, then, {fire.run for fire in then.fires})
        return row

    def arm(self, entry: Entry) -> None:
        """Find out when a schedule is due next, and have it looked at then."""
        entry.due = None
        try:
            entry.due = due_at(entry.schedule, Standing(entry.upto, entry.paused))
        except Exception as error:  # noqa: BLE001 - one schedule must not stop the others
            self.hold(entry, error)
            return
        entry.fault = ""
        self.dues.put(entry, None if entry.due is None else entry.due.timestamp())

    def hold(self, entry: Entry, error: Exception | None) -> None:
        """Look at a schedule later about which nothing could be decided."""
        if not entry.fault:
            _log.error("%s cannot be decided about", entry.schedule.key, exc_info=error)
        entry.fault = f"nothing can be decided about it: {error or 'its times do not advance'}"
        self.dues.put(entry, self._clock.now() + AGAIN)

    def find(self, run: str) -> Board | None:
        """Return the board on which a run is open."""
        return next((board for board in self.boards.values() if run in board.open), None)

    async def _set_schedules(self, board: Board, rows: Sequence[ScheduleRow]) -> None:
        """Let these be the schedules of a board; one that did not change keeps what was worked out for it."""
        entries: dict[str, Entry] = {}
        odd: dict[str, str] = {}

        def follow(row: ScheduleRow) -> None:
            entry = self._entry_of(board, row)
            if entry is not None:
                entries[row.key] = entry
            else:
                odd[row.key] = "its declaration was written by another release of constellagent"

        await in_turns(follow, rows)
        for key in odd.keys() - board.odd.keys():
            _log.warning("%s is not run: %s", key, odd[key])
        for key, known in board.entries.items():
            if entries.get(key) is not known:
                self.dues.put(known, None)
        board.entries, board.odd = entries, odd
        board.schedules = {key: entry.schedule for key, entry in entries.items()}

    def _entry_of(self, board: Board, row: ScheduleRow) -> Entry | None:
        """Return the schedule of a row, armed; None where its declaration is not understood."""
        entry = board.entries.get(row.key)
        if entry is not None and entry.declared == row.declared:
            changed = (entry.upto, entry.paused) != (row.upto, row.paused)
            entry.upto, entry.failures, entry.paused = row.upto, row.failures, row.paused
            if changed:
                self.arm(entry)
            return entry
        try:
            schedule = resolve(row.agent, row.name, row.declared)
        except ValueError:
            return None
        entry = Entry(board.constellation, schedule, row.declared, row.upto, row.failures, row.paused)
        self.arm(entry)
        return entry

    def _entries(self) -> Iterator[Entry]:
        return (entry for board in self.boards.values() for entry in board.entries.values())
