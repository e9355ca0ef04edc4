"""How often in a row the mouse was clicked at one place: twice selects a word, three times a line."""

_WITHIN = 0.4
"""Seconds between clicks that belong together."""


class Clicks:
    """Counts clicks."""

    def __init__(self) -> None:
        self._last: tuple[float, int, int] | None = None
        self._count = 0

    def count(self, row: int, column: int, now: float) -> int:
        """Return which click in a row this is, 1 to 3; after three it begins anew. `now` is in seconds."""
        last, self._last = self._last, (now, row, column)
        again = last is not None and now - last[0] <= _WITHIN and last[1:] == (row, column)
        self._count = self._count % 3 + 1 if again else 1
        return self._count
