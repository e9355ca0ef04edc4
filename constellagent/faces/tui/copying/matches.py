"""What a search in the scrollback has found, and which of it is looked at."""

import bisect
from collections.abc import Sequence
from typing import Protocol

from constellagent.term.selection import Position


class Match(Protocol):
    """A match as the engine tells it; it goes on in the next rows if it has more cells than its row."""

    @property
    def row(self) -> int:
        """Its first row, counted from the oldest."""
        ...

    @property
    def column(self) -> int:
        """Its first column."""
        ...

    @property
    def cells(self) -> int:
        """How many columns it takes."""
        ...


class Matches:
    """The matches of one search, oldest first.

    Attributes:
        needle: what was searched for.
        at: which one is looked at; None before any was gone to.
    """

    def __init__(self, needle: str, found: Sequence[Match], columns: int) -> None:
        self.needle = needle
        self.at: int | None = None
        self._places = sorted(Position(match.row, match.column) for match in found)
        self._rows: dict[int, list[tuple[int, int, Position]]] = {}
        for match in found:
            place = Position(match.row, match.column)
            row, column, left = match.row, match.column, max(1, match.cells)
            while left > 0:
                here = min(left, max(1, columns - column))
                self._rows.setdefault(row, []).append((column, column + here, place))
                row, column, left = row + 1, 0, left - here

    def __len__(self) -> int:
        return len(self._places)

    def near(self, cursor: Position, *, forwards: bool) -> Position | None:
        """Go to the next match before or after the cursor, around the ends; returns where it is."""
        if not self._places:
            return None
        if forwards:
            at = bisect.bisect_right(self._places, cursor)
        else:
            at = bisect.bisect_left(self._places, cursor) - 1
        self.at = at % len(self._places)
        return self._places[self.at]

    def on(self, row: int) -> list[tuple[int, int, bool]]:
        """Return the columns of a row that matches take, and whether that is the one looked at."""
        current = None if self.at is None else self._places[self.at]
        return [(start, stop, place == current) for start, stop, place in self._rows.get(row, ())]

    def words(self) -> str:
        """Return what to say of it, such as `3 of 17 found`."""
        if not self._places:
            return f"{self.needle!r} not found"
        return f"{len(self)} found" if self.at is None else f"{self.at + 1} of {len(self)} found"
