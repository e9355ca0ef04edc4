"""A scrollback of plain lines: what copy mode reads, without an engine behind it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from constellagent.errors import UsageError
from constellagent.term.cells import DEFAULT, Row, Run


@dataclass(frozen=True)
class Hit:
    """One match."""

    row: int
    column: int
    cells: int


@dataclass
class FakePages:
    """Lines of text as rows of two runs; those that end in a backslash go on in the next row."""

    lines: Sequence[str]
    rows: int = 4
    columns: int = 20
    asked: list[tuple[int, int]] = field(default_factory=list)

    @property
    def history_length(self) -> int:
        """All but one screen of them."""
        return max(0, len(self.lines) - self.rows)

    def history(self, start: int, stop: int) -> list[Row]:
        """Return rows without blanks at their ends being cut off."""
        self.asked.append((start, stop))
        texts = [line.rstrip("\\").ljust(self.columns) for line in self.lines[max(0, start) : stop]]
        return [
            (Run(0, 5, text[:5], DEFAULT), Run(5, self.columns - 5, text[5:], DEFAULT))
            if text.strip()
            else ()
            for text in texts
        ]

    def wraps(self, start: int, stop: int) -> list[bool]:
        """Return which lines end in a backslash."""
        return [line.endswith("\\") for line in self.lines[start:stop]]

    def search(self, needle: str, *, regex: bool = False, case: bool | None = None) -> list[Hit]:
        """Return matches within lines."""
        try:
            pattern = re.compile(needle if regex else re.escape(needle))
        except re.error as error:
            raise UsageError(f"{needle!r} is no regular expression", hint="mind the brackets") from error
        return [
            Hit(row, match.start(), match.end() - match.start())
            for row, line in enumerate(self.lines)
            for match in pattern.finditer(line)
        ]
