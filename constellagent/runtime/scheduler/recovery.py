"""Runs of which an earlier daemon knew more than this one: adopted, ended, started again, or lost.

Whether a session ever began is written beside it before its program runs. That, and not what the ledger had
time to say, decides whether a run may be started. Runs whose end this daemon was never told of are found too.
"""

import logging
from datetime import UTC, datetime
from typing import Protocol

from constellagent.errors import WorldError
from constellagent.plan.fires import Fire
from constellagent.runtime.clock import Clock
from constellagent.runtime.scheduler.alarm import LONGEST
from constellagent.runtime.scheduler.board import Board
from constellagent.runtime.scheduler.books import Books
from constellagent.runtime.scheduler.ends import LOST, End, end_of
from constellagent.runtime.scheduler.going import Going
from constellagent.runtime.scheduler.starts import Starts
from constellagent.runtime.store.sessions import SessionRow

OVER = 60.0
"""Seconds between looks for runs that have ended untold; whoever tells of an end has as long to do so."""

_log = logging.getLogger(__name__)


class KnownSessions(Protocol):
    """What must be known of sessions; `SessionRegistry` knows it."""

    async def get(self, session: str) -> SessionRow | None:
        """Return what is known of a session."""
        ...

    async def begun(self, session: str) -> bool:
        """Say whether the program of a session was ever about to run.

        Raises:
            WorldError: that cannot be looked at.
        """
        ...


class Recovery:
    """Finds out about runs of which it is not certain how they stand.

        ledger            session                     then
        claimed, running  live, begun                 it goes on, and its end is waited for
        claimed           live, not begun yet         looked at again
        claimed           none or ended, not begun    started, with the same id
        claimed, running  ended                       its end is written down
        claimed, running  none                        lost

    A look that fails is no answer: it is tried again later.
    """

    def __init__(
        self, books: Books, sessions: KnownSessions, going: Going, starts: Starts, clock: Clock
    ) -> None:
        """Nothing is in doubt yet."""
        self.again: float | None = None
        """When to look again, on the monotonic clock; None where nothing is doubtful."""
        self._doubtful: dict[str, None] = {}
        self._looks = 0
        self._over: set[str] = set()
        self._over_at = clock.monotonic() + OVER
        self._books = books
        self._sessions = sessions
        self._going = going
        self._starts = starts
        self._clock = clock

    def doubt_all(self) -> None:
        """Take every claimed and running row of the ledger for doubtful, as a new daemon must."""
        for board in self._books.boards.values():
            for fire in board.open.values():
                if fire.state != "queued":
                    self.doubt(fire.run)

    def doubt(self, run: str) -> None:
        """Take a run for doubtful."""
        self._doubtful[run] = None
        self.again, self._looks = self._clock.monotonic(), 0

    async def look(self) -> None:
        """Find out about the doubtful runs; where nothing is certain yet they are looked at again later."""
        if self._clock.monotonic() >= self._over_at:
            await self._look_for_ended()
            self._over_at = self._clock.monotonic() + OVER
        if self.again is None or self._clock.monotonic() < self.again:
            return
        for run in list(self._doubtful):
            try:
                settled = await self._find_out(run)
            except WorldError as error:
                settled = False
                if not self._looks:
                    _log.warning("it is not known yet how run %s stands: %s", run, error.message)
            if settled:
                del self._doubtful[run]
        self._looks += 1
        wait = min(2.0 ** min(self._looks - 1, 5), LONGEST)
        self.again = self._clock.monotonic() + wait if self._doubtful else None

    async def _look_for_ended(self) -> None:
        """Doubt the running runs whose sessions had ended at the last look already, and nobody told us."""
        over = set()
        for board in list(self._books.boards.values()):
            for run in [fire.run for fire in board.open.values() if fire.state == "running"]:
                try:
                    session = await self._sessions.get(run)
                except WorldError as error:
                    _log.debug("it is not known whether run %s goes on: %s", run, error.message)
                    continue
                if session is not None and not session.live:
                    over.add(run)
        for run in over & self._over:
            _log.warning("run %s has ended, and nobody told of it", run)
            self.doubt(run)
        self._over = over

    async def _find_out(self, run: str) -> bool:
        """Look at one run and act on what is there; says whether that is settled."""
        async with self._books.lock:
            board = self._books.find(run)
            if board is None or self._starts.is_at(run):
                return True
            fire = board.open[run]
            session = await self._sessions.get(run)
            begun = fire.state == "running" or await self._sessions.begun(run)
            if session is not None and session.live:
                if begun:
                    await self._adopt(board, fire, session)
                return begun
            if not begun and fire.schedule in board.odd:
                return False
            if not begun and fire.schedule in board.schedules:
                _log.info("run %s of %s was claimed and not begun: it is started", run, fire.schedule)
                self._starts.resume(fire)
                return True
        await self._going.ended(run, _end(board, run, session, begun=begun))
        return True

    async def _adopt(self, board: Board, fire: Fire, session: SessionRow) -> None:
        """Wait for the end of a run that goes on. Its time limit counts on where the boot is the same."""
        row = await self._books.ledger.get(fire.run)
        since = row.live_since if row is not None and row.boot_id == self._going.boot_id else None
        at = datetime.fromtimestamp(session.started_at, UTC)
        await self._going.live(board, fire, at, self._clock.monotonic() if since is None else since)


def _end(board: Board, run: str, session: SessionRow | None, *, begun: bool) -> End:
    if not begun:
        return End("cancelled", "its schedule was removed")
    return LOST if session is None else end_of(session, board.endings.get(run))
