"""Deciding about the schedules that are due, many in one transaction."""

from datetime import datetime

from constellagent.plan.wakeups import Decision, decide
from constellagent.runtime.clock import Clock
from constellagent.runtime.scheduler.board import Draft, Entry
from constellagent.runtime.scheduler.books import Books
from constellagent.runtime.scheduler.turns import in_turns

TOGETHER = 500
"""Schedules whose decisions are written in one transaction."""


class Deciding:
    """Decides about what is due, and writes it down."""

    def __init__(self, books: Books, clock: Clock) -> None:
        """Nothing is decided yet."""
        self._books = books
        self._clock = clock

    async def due(self) -> list[str]:
        """Decide about every schedule that is due now; return the runs that later fires replace.

        Raises:
            WorldError: it could not be written down; what was not written is due as before.
        """
        stop: list[str] = []
        now = self._clock.now()
        while (first := self._books.dues.next()) is not None and first <= now:
            async with self._books.lock:
                entries = self._books.dues.take(now, TOGETHER)
                if entries:
                    stop += await self._together(entries)
        return stop

    async def _together(self, entries: list[Entry]) -> list[str]:
        """Decide about schedules of one constellation."""
        board = self._books.boards[entries[0].constellation]
        draft = Draft(board)
        decided: list[Entry] = []
        now = self._books.now()

        def follow(entry: Entry) -> None:
            decision = self._decide(entry, draft, now)
            if decision is not None:
                draft.add(entry, decision)
                decided.append(entry)

        await in_turns(follow, entries)
        try:
            written = await self._books.commit(board, draft.decisions)
        except Exception:
            for entry in decided:
                self._books.dues.put(entry, self._clock.now())
            raise

        def arm(entry: Entry) -> None:
            self._books.arm(entry)
            if entry.due is not None and entry.due <= now:
                self._books.hold(entry, None)  # deciding again at once would never end

        await in_turns(arm, decided)
        return written.stop

    def _decide(self, entry: Entry, draft: Draft, now: datetime) -> Decision | None:
        """Return what becomes of a schedule's fires; None where that cannot be said now."""
        if entry.due is None or now < entry.due:
            self._books.arm(entry)  # it failed before, or seconds since the epoch are not exact
            return None
        try:
            return decide(entry.constellation, entry.schedule, draft.standing(entry), now)
        except Exception as error:  # noqa: BLE001 - one schedule must not stop the others
            self._books.hold(entry, error)
            return None
