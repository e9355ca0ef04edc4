"""Where a person is in a diff: the row with the cursor, and the rows in sight."""

from collections.abc import Iterator
from contextlib import contextmanager

from constellagent.faces.tui.views.diff_document import Document


class Place:
    """Moves in a document.

    Attributes:
        cursor: the row that keys are about.
        top: the first row in sight.
        height: how many rows are in sight.
    """

    def __init__(self, document: Document) -> None:
        self.cursor = 0
        self.top = 0
        self.height = 1
        self._document = document

    @property
    def number(self) -> int:
        """The number of the file with the cursor; there must be files."""
        return self._document.number(self.cursor)

    @property
    def in_sight(self) -> range:
        """The rows that are seen."""
        return range(self.top, min(self.top + self.height, self._document.total))

    def settle(self) -> None:
        """Bring the cursor into the document, and into sight."""
        self.cursor = max(0, min(self.cursor, self._document.total - 1))
        lowest = max(0, self._document.total - self.height)
        self.top = max(self.cursor - self.height + 1, min(self.top, self.cursor, lowest))

    def to(self, row: int) -> None:
        """Go to a row; what is in sight follows."""
        self.cursor = row
        self.settle()

    def to_file(self, number: int) -> None:
        """Go to the heading of a file, and show it at the top."""
        if self._document.entries:
            self.top = self._document.start(number)
            self.to(self.top)

    def jump(self, row: int) -> None:
        """Go to a row, with what stands before it in sight."""
        if row not in self.in_sight:
            self.top = max(0, row - self.height // 4)
        self.to(row)

    def page(self, pages: float) -> None:
        """Go on by so many screens."""
        step = int(pages * self.height)
        self.top = max(0, self.top + step)
        self.to(self.cursor + step)

    def scroll(self, rows: int) -> None:
        """Move what is in sight; the cursor moves only where it would be left behind."""
        self.top = max(0, min(self.top + rows, self._document.total - self.height))
        self.to(max(self.top, min(self.cursor, self.top + self.height - 1)))

    def step_file(self, step: int) -> None:
        """Go to the next file (1) or the one before (-1): first to the heading of the one with the cursor."""
        if self._document.entries:
            inside = step < 0 and self.cursor > self._document.start(self.number)
            self.to_file(self.number if inside else self.number + step)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the cursor on its line, and that line where it stands, while rows come and go."""
        place, distance = self._document.place(self.cursor), self.cursor - self.top
        yield
        self.cursor = self._document.row(place)
        self.top = max(0, self.cursor - distance)
