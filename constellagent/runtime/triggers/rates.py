"""How often something may happen: a bucket for each name, counted in memory, before any work is done."""

from collections.abc import Callable, Hashable

MOST_NAMES = 4096
"""Names that are counted at once: made-up ones count too, so there must be an end."""


class Rates:
    """Lets each name happen `most` times in a `span` of seconds."""

    def __init__(self, most: int, span: float, now: Callable[[], float]) -> None:
        """`now` gives seconds that never go back."""
        self._most = most
        self._span = span
        self._now = now
        self._counted: dict[Hashable, tuple[float, int]] = {}

    def wait(self, name: Hashable) -> float:
        """Count one time; 0.0 where it may happen, else the seconds until it may again."""
        now = self._now()
        began, count = self._counted.pop(name, (now, 0))
        if now >= began + self._span:
            began, count = now, 0
        if len(self._counted) >= MOST_NAMES:
            del self._counted[next(iter(self._counted))]
        self._counted[name] = (began, min(count + 1, self._most))
        return began + self._span - now if count >= self._most else 0.0
