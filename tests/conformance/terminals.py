"""What the suite is run against: our screen, and a pane of tmux."""

import re
from abc import ABC, abstractmethod
from typing import Self

from constellagent.term.screen import Screen
from tests.term.recorded.pane import Pane

ROWS, COLUMNS = 25, 80
_UNFINISHED = re.compile(rb"\x1b(\[[0-9;]*[*]?)?\Z")
_SPECIAL = re.compile(rb"\x1b\[([0-9;]*)(\*y|t)")
_RESIZE = 8
_MOST = 500
"""Rows or columns that a resize may ask for."""


class Terminal(ABC):
    """A terminal that can also tell the checksum of a rectangle, and change its size when a program asks."""

    def __init__(self) -> None:
        self.size = (ROWS, COLUMNS)
        self._held = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def take(self, data: bytes) -> bytes:
        """Read output of the suite, cut anywhere; return what is to be answered."""
        data, self._held = self._held + data, b""
        unfinished = _UNFINISHED.search(data)
        if unfinished:
            data, self._held = data[: unfinished.start()], unfinished[0]
        answers, at = b"", 0
        for match in _SPECIAL.finditer(data):
            numbers = [int(number or 0) for number in match[1].split(b";")]
            if match[2] == b"*y":
                answers += self.feed(data[at : match.start()]) + self._checksum(numbers)
            elif numbers[0] == _RESIZE and len(numbers) == 3:
                answers += self.feed(data[at : match.start()])
                self._resize(numbers[1], numbers[2])
            else:
                continue
            at = match.end()
        return answers + self.feed(data[at:])

    def _checksum(self, numbers: list[int]) -> bytes:
        """Answer DECRQCRA as xterm does, for the characters alone: a blank is a space."""
        name, _, top, left, bottom, right = (numbers + [0] * 6)[:6]
        rows = self.rows()[max(top - 1, 0) : bottom or None]
        total = sum(ord(cell[0]) for row in rows for cell in row[max(left - 1, 0) : right or None])
        return b"\x1bP%d!~%04X\x1b\\" % (name, (0x10000 - total) & 0xFFFF)

    def _resize(self, rows: int, columns: int) -> None:
        """Take a size that was asked for, 0 for one that stays."""
        self.size = (min(rows or self.size[0], _MOST), min(columns or self.size[1], _MOST))
        self.resized()

    @abstractmethod
    def close(self) -> None:
        """End it."""

    @abstractmethod
    def feed(self, data: bytes) -> bytes:
        """Read output; return what is answered to it."""

    @abstractmethod
    def rows(self) -> list[list[str]]:
        """Return the text of every cell that is shown, a space for a blank."""

    @abstractmethod
    def resized(self) -> None:
        """Take over `size`."""


class Ours(Terminal):
    """Our screen."""

    def __init__(self) -> None:
        super().__init__()
        self._screen = Screen(ROWS, COLUMNS)

    def close(self) -> None:
        """End it."""
        self._screen.close()

    def feed(self, data: bytes) -> bytes:
        """Read output; return what is answered to it."""
        self._screen.feed(data)
        return self._screen.take_replies()

    def rows(self) -> list[list[str]]:
        """Return the text of every cell that is shown."""
        return [[cell.text or " " for cell in row] for row in self._screen.cells()]

    def resized(self) -> None:
        """Take over the size."""
        self._screen.resize(*self.size)


class Tmux(Terminal):
    """A pane of tmux. A character of the suite is one column wide, so a column is a character."""

    def __init__(self) -> None:
        super().__init__()
        self._pane = Pane(ROWS, COLUMNS)
        self._seen: list[list[str]] | None = None

    def close(self) -> None:
        """End it."""
        self._pane.__exit__()

    def feed(self, data: bytes) -> bytes:
        """Read output; return what is answered to it."""
        if not data:
            return b""
        self._seen = None
        return self._pane.feed(data)

    def rows(self) -> list[list[str]]:
        """Return the text of every cell that is shown."""
        if self._seen is None:
            columns = self.size[1]
            self._seen = [list(row.ljust(columns)) for row in self._pane.capture(looks=False)]
        return self._seen

    def resized(self) -> None:
        """Take over the size."""
        self._seen = None
        self._pane.resize(*self.size)
