"""Which schedule is to be decided about next: a heap whose entries are dropped when they are out of date."""

import heapq
from itertools import count

from constellagent.runtime.scheduler.board import Entry


class Dues:
    """The times at which schedules are to be decided about."""

    def __init__(self) -> None:
        """Begin with none."""
        self._heap: list[tuple[float, int, Entry]] = []
        self._order = count()

    def put(self, entry: Entry, look_at: float | None) -> None:
        """Let a schedule be looked at then, and not at any time that was said before."""
        entry.look_at = look_at
        if look_at is not None:
            heapq.heappush(self._heap, (look_at, next(self._order), entry))

    def next(self) -> float | None:
        """Return when the first one is to be looked at, epoch seconds; None where none is."""
        while self._heap:
            look_at, _, entry = self._heap[0]
            if entry.look_at == look_at:
                return look_at
            heapq.heappop(self._heap)
        return None

    def take(self, now: float, most: int) -> list[Entry]:
        """Return those whose time has come, the first ones first; they are not looked at again by themselves.

        They are of one constellation, so that what is decided about them can be written together.
        """
        taken: list[Entry] = []
        others: list[tuple[float, int, Entry]] = []
        while len(taken) < most and (first := self.next()) is not None and first <= now:
            item = heapq.heappop(self._heap)
            entry = item[2]
            if taken and entry.constellation != taken[0].constellation:
                others.append(item)
                continue
            entry.look_at = None
            taken.append(entry)
        for item in others:
            heapq.heappush(self._heap, item)
        return taken
