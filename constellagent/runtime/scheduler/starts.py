"""From a queued fire to a start: who may start now, the claim in the ledger, and the start itself."""

import logging
from collections import defaultdict
from collections.abc import Sequence

from constellagent.errors import ConstellagentError
from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import Change, Decision, admit
from constellagent.runtime.clock import Clock
from constellagent.runtime.scheduler.alarm import Alarm
from constellagent.runtime.scheduler.board import Board
from constellagent.runtime.scheduler.books import Books
from constellagent.runtime.scheduler.ends import End, end_of
from constellagent.runtime.scheduler.going import Going
from constellagent.runtime.scheduler.pace import Pace
from constellagent.runtime.scheduler.permits import Permits
from constellagent.runtime.scheduler.runner import Runner
from constellagent.runtime.store.sessions import SessionRow

_log = logging.getLogger(__name__)


class Starts:
    """Starts runs, as many at once as may be."""

    def __init__(
        self,
        books: Books,
        going: Going,
        runner: Runner,
        clock: Clock,
        alarm: Alarm,
        pace: Pace,
        permits: Permits,
        *,
        parallel: int,
    ) -> None:
        """`parallel` bounds the runs that are being started or go on, of all constellations together."""
        self._permits = permits
        self.again: float | None = None
        """When to look again though nothing ends before, epoch seconds."""
        self._books = books
        self._going = going
        self._runner = runner
        self._clock = clock
        self._alarm = alarm
        self._pace = pace
        self._parallel = parallel
        self._turn = 0
        self._resumed: dict[str, Fire] = {}
        self._starting: dict[str, SessionRow | None] = {}

    def is_at(self, run: str) -> bool:
        """Whether a run is being started, or is about to be."""
        return run in self._starting or run in self._resumed

    def resume(self, fire: Fire) -> None:
        """Let a claimed run be started that an earlier daemon did not begin."""
        self._resumed[fire.run] = fire

    def replace(self, run: str) -> None:
        """Stop a run that a later fire replaces; one that is being started is stopped once it is live."""
        if not self.is_at(run):
            self._going.stop(run)

    def give_back(self, board: Board) -> list[str]:
        """Return the claimed runs of a board that nobody starts any more, so that they are looked at anew."""
        claimed = [fire.run for fire in board.open.values() if fire.state == "claimed"]
        for run in claimed:
            self._resumed.pop(run, None)
        return [run for run in claimed if run not in self._starting]

    def ends_early(self, session: SessionRow) -> bool:
        """Take note that a session ended before its start had returned; False where none is under way."""
        if session.id not in self._starting:
            return False
        self._starting[session.id] = session
        return True

    async def admit(self) -> None:
        """Start what may start now.

        Raises:
            WorldError: a claim could not be written down; nothing of it was started.
        """
        async with self._books.lock:
            self.again = None
            self._begin(list(self._resumed.values()))
            boards = list(self._books.boards.values())
            slots = self._parallel - sum(len(board.busy()) for board in boards)
            self._turn += 1  # no constellation is always the first
            for number in range(len(boards)):
                board = boards[(number + self._turn) % len(boards)]
                if board.queued():
                    slots -= await self._admit(board, max(slots, 0))

    async def _admit(self, board: Board, slots: int) -> int:
        """Start what may start of one constellation; return how many runs that are."""
        now = self._books.now()
        held = await self._permits.held(board.constellation, board.busy(), now)
        admission = admit(board.schedules, list(board.open.values()), now, slots, held)
        if admission.again is not None:
            self._look_again(admission.again.timestamp())
        if admission.changes:
            await self._books.commit(board, _by_schedule(board, admission.changes))
        chosen = self._choose(admission.start)
        permit = await self._permits.permit(board.constellation, now)
        claimed = await self._books.claim(board, chosen, permit) if chosen else []
        if len(claimed) < len(chosen):
            self._alarm.ring()  # others may start in their place
        for fire in claimed:
            self._start(board, fire)
        return len(claimed)

    def _begin(self, fires: Sequence[Fire]) -> None:
        """Start what was claimed before."""
        for fire in self._choose(fires):
            del self._resumed[fire.run]
            board = self._books.find(fire.run)
            if board is not None:
                self._start(board, fire)

    def _choose(self, fires: Sequence[Fire]) -> list[Fire]:
        chosen = self._pace.choose(fires)
        if len(chosen) < len(fires):
            self._look_again(self._clock.now() + self._pace.next() - self._clock.monotonic())
        return chosen

    def _look_again(self, epoch: float) -> None:
        self.again = epoch if self.again is None else min(self.again, epoch)

    def _start(self, board: Board, fire: Fire) -> None:
        self._starting[fire.run] = None
        work = self._until_live(board, board.schedules[fire.schedule], board.open[fire.run])
        self._going.chores.add(work, name=f"start run {fire.run}")

    async def _until_live(self, board: Board, schedule: DesiredSchedule, fire: Fire) -> None:
        """Start a run; where this is cut short it stays claimed, and recovery starts it or finds it begun."""
        try:
            end = await self._try(board.constellation, schedule, fire)
            if end is None:
                async with self._books.lock:
                    await self._going.live(board, fire, self._books.now(), self._clock.monotonic())
        finally:
            session = self._starting.pop(fire.run)
        if session is not None:
            end = end_of(session, board.endings.get(fire.run))
        if end is not None:
            await self._going.ended(fire.run, end)

    async def _try(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> End | None:
        """Start a run; return its end where it has no session to wait for."""
        try:
            started = await self._runner.start(constellation, schedule, fire)
        except ConstellagentError as error:
            _log.warning("run %s of %s could not be started: %s", fire.run, schedule.key, error.message)
            return End("failed", f"it could not be started: {error.message}")
        except Exception:  # noqa: BLE001 - whatever it was, the schedules go on
            _log.exception("run %s of %s could not be started", fire.run, schedule.key)
            return End("failed", "it could not be started: see the daemon's log")
        return None if started.state == "running" else End(started.state, started.why)


def _by_schedule(board: Board, changes: Sequence[Change]) -> dict[str, Decision]:
    found: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        found[board.open[change.run].schedule].append(change)
    return {key: Decision(changes=tuple(of_key)) for key, of_key in found.items()}
