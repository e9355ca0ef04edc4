"""Copy mode of one terminal: where one looks, the cursor, the selection and the search.

It reads a screen that stands still (`still`), so new output does not move what is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from constellagent.errors import UsageError
from constellagent.faces.tui.copying import drawing
from constellagent.faces.tui.copying.matches import Match, Matches
from constellagent.term.cells import Row
from constellagent.term.selection import Position, Selection, Shape, pieces, text_of, word_at

Direction = Literal["forwards", "backwards"]


class Pages(Protocol):
    """A screen with its scrollback, of which copy mode shows a part at a time."""

    @property
    def rows(self) -> int:
        """Its height."""
        ...

    @property
    def columns(self) -> int:
        """Its width."""
        ...

    @property
    def history_length(self) -> int:
        """How many rows of scrollback there are."""
        ...

    def history(self, start: int, stop: int) -> list[Row]:
        """Return rows, 0 the oldest of the scrollback; those of the screen come after it."""
        ...

    def wraps(self, start: int, stop: int) -> list[bool]:
        """Return of each of these rows whether it goes on in the next one."""
        ...

    def search(self, needle: str, *, regex: bool = False, case: bool | None = None) -> Sequence[Match]:
        """Return where `needle` is, the oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What copy mode wants of the multiplexer after a key or click.

    Attributes:
        copy: text for the clipboard; None for nothing.
        close: copy mode is over.
        ask: what to search for is to be asked, and given to `CopyMode.find` with this direction.
    """

    copy: str | None = None
    close: bool = False
    ask: Direction | None = None


class CopyMode:
    """The scrollback of one terminal.

    Attributes:
        cursor: where the next movement begins; rows count from the oldest.
        top: the row that is shown first.
        selection: what would be copied.
        matches: the last search.
    """

    def __init__(self, pages: Pages, cursor: tuple[int, int] | None = None) -> None:
        """`cursor` is row and column on the live screen; without it the cursor begins at the last row."""
        self._pages = pages
        self.top = pages.history_length
        row, column = cursor or (pages.rows - 1, 0)
        self.cursor = Position(self.top + row, column)
        self.selection: Selection | None = None
        self.matches: Matches | None = None
        self._forwards = False
        self._problem = ""
        self._words: tuple[Position, Position] | None = None

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._pages.history_length + self._pages.rows

    @property
    def height(self) -> int:
        """How many rows are shown at once."""
        return self._pages.rows

    @property
    def at_end(self) -> bool:
        """The newest rows are shown."""
        return self.top == self._pages.history_length

    def visible_rows(self) -> list[Row]:
        """Return the rows to draw, with what was found and what is selected."""
        shown = self._pages.history(self.top, self.top + self._pages.rows)
        columns, matches = self._pages.columns, self.matches
        return [
            drawing.marked(row, number, columns, matches.on(number) if matches else (), self.selection)
            for number, row in enumerate(shown, self.top)
        ]

    def cursor_in(self) -> tuple[int, int]:
        """Return row and column of the cursor among the visible rows."""
        return self.cursor.row - self.top, self.cursor.column

    def status(self) -> str:
        """Return how far back one looks, and what was found: `[120/4031] 3 of 17 found`."""
        length = self._pages.history_length
        said = self._problem or (self.matches.words() if self.matches is not None else "")
        return f"[{length - self.top}/{length}] {said}".rstrip()

    def scroll(self, rows: int) -> None:
        """Show what is so many rows further down, less than 0 for up; the cursor stays in sight."""
        self.top = min(max(self.top + rows, 0), self._pages.history_length)
        row = min(max(self.cursor.row, self.top), self.top + self.height - 1)
        self._go(Position(row, self.cursor.column))

    def page(self, rows: int) -> None:
        """Scroll, and take the cursor along; at the ends it goes to the first or last row."""
        self.top = min(max(self.top + rows, 0), self._pages.history_length)
        self.move(rows, 0)

    def move(self, rows: int, columns: int) -> None:
        """Move the cursor."""
        self.go(self.cursor.row + rows, self.cursor.column + columns)

    def go(self, row: int, column: int) -> None:
        """Put the cursor there, or as near as can be, and into sight."""
        row = min(max(row, 0), self.total - 1)
        self._go(Position(row, min(max(column, 0), self._pages.columns - 1)))
        self.top = min(max(self.top, row - self.height + 1), row)

    def _go(self, place: Position) -> None:
        self.cursor = place
        if self.selection is not None and self._words is None:
            self.selection = Selection(self.selection.anchor, place, self.selection.shape)

    def row(self, number: int) -> Row:
        """Return one row."""
        rows = self._pages.history(number, number + 1)
        return rows[0] if rows else ()

    def line_ends(self) -> tuple[int, int]:
        """Return the first and the last column of the cursor's row that are not blank."""
        shown = [
            piece for run in self.row(self.cursor.row) for piece in pieces(run) if not piece.text.isspace()
        ]
        return (shown[0].column, shown[-1].column) if shown else (0, 0)

    def select(self, shape: Shape) -> None:
        """Begin a selection here, change its shape, or give it up if it has that shape already."""
        self._words = None
        if self.selection is None:
            self.selection = Selection(self.cursor, self.cursor, shape)
        elif self.selection.shape == shape:
            self.selection = None
        else:
            self.selection = Selection(self.selection.anchor, self.cursor, shape)

    def swap(self) -> None:
        """Go to the other end of the selection."""
        if self.selection is not None:
            self.selection = Selection(self.cursor, self.selection.anchor, self.selection.shape)
            self.go(*self.selection.head)

    def select_word(self) -> None:
        """Select the word at the cursor; `drag` then adds whole words."""
        start, stop = word_at(self.row(self.cursor.row), self.cursor.column)
        row = self.cursor.row
        self._words = Position(row, start), Position(row, stop - 1)
        self.selection = Selection(*self._words)

    def press(self, row: int, column: int, clicks: int = 1) -> None:
        """A mouse button went down: once to begin a selection, twice for a word, thrice for a line."""
        self.selection, self._words = None, None
        self.go(self.top + row, column)
        if clicks == 2:
            self.select_word()
        elif clicks >= 3:
            self.select("lines")

    def drag(self, row: int, column: int, *, block: bool = False) -> None:
        """Select up to a cell among the visible rows; above and below them it scrolls."""
        if self.selection is None:
            self.selection = Selection(self.cursor, self.cursor, "block" if block else "characters")
        self.go(self.top + row, column)
        if self._words is not None:
            start, stop = word_at(self.row(self.cursor.row), self.cursor.column)
            ends = Position(self.cursor.row, start), Position(self.cursor.row, stop - 1)
            first, last = min(*self._words, *ends), max(*self._words, *ends)
            self.selection = Selection(first, last) if ends[0] >= self._words[0] else Selection(last, first)

    def copied(self) -> str:
        """Return the selected text, empty without a selection."""
        if self.selection is None:
            return ""
        rows = self.selection.rows
        wanted = self._pages.history(rows.start, rows.stop)
        return text_of(wanted, self._pages.wraps(rows.start, rows.stop), self.selection)

    def find(self, needle: str, direction: Direction, *, regex: bool = False) -> None:
        """Search all rows and go to the nearest match in that direction; what is wrong `status` says."""
        self._forwards = direction == "forwards"
        self._problem = ""
        if not needle:
            self.matches = None
            return
        try:
            self.matches = Matches(needle, self._pages.search(needle, regex=regex), self._pages.columns)
        except UsageError as error:
            self.matches, self._problem = None, str(error)
            return
        self.again()

    def again(self, *, back: bool = False) -> None:
        """Go to the next match in the direction of the search, or the other way."""
        if self.matches is not None:
            place = self.matches.near(self.cursor, forwards=self._forwards != back)
            if place is not None:
                self.go(*place)
