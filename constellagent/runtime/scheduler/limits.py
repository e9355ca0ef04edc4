"""Which runs take too long, by a clock that stands still while the machine sleeps."""

import heapq


class Limits:
    """The times at which runs are to be stopped, on the monotonic clock."""

    def __init__(self) -> None:
        """Begin with none."""
        self._deadlines: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def set(self, run: str, deadline: float) -> None:
        """Let a run be stopped then, and not at any time that was said before."""
        self._deadlines[run] = deadline
        heapq.heappush(self._heap, (deadline, run))

    def forget(self, run: str) -> None:
        """A run has ended; harmless where it has no limit."""
        self._deadlines.pop(run, None)

    def next(self) -> float | None:
        """Return when the first one is to be stopped, None where none is."""
        while self._heap:
            deadline, run = self._heap[0]
            if self._deadlines.get(run) == deadline:
                return deadline
            heapq.heappop(self._heap)
        return None

    def take(self, now: float) -> list[str]:
        """Return the runs whose time is up; they have no limit any more."""
        taken = []
        while (first := self.next()) is not None and first <= now:
            run = heapq.heappop(self._heap)[1]
            del self._deadlines[run]
            taken.append(run)
        return taken
