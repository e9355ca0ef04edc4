"""The screen of a terminal, fed with what a program writes."""

from collections.abc import Iterator
from typing import Self

from constellagent.errors import WorldError
from constellagent.term.cells import Cell, Cursor, CursorShape, Modes, Row
from constellagent.term.screen import history, library, rows, text
from constellagent.term.screen.asked import modes
from constellagent.term.screen.mending import (
    AFTER_SOFT_RESET,
    ALLOW_132_COLUMNS,
    FORBID_132_COLUMNS,
    SOFT_RESET,
    TO_SCREEN,
    Mender,
)
from constellagent.term.screen.reader import Reader
from constellagent.term.screen.replies import Background, Replies
from constellagent.term.screen.search import Found, find
from constellagent.term.screen.snapshot import snapshot
from constellagent.term.screen.terminal import GRAPHEMES, Terminal, decoded
from constellagent.term.screen.text import read_rows, read_wraps

ENGINE = library.RELEASE
"""Release of the engine: only the same one reads what `Screen.encode` writes."""


LEAST_ROWS = 2
"""With one row the engine of release 0.1.3 reads memory that is not its own, given hyperlinks, and ends
the process with it. Of a terminal with one row, the one that its cursor is in is the one to show."""


class Screen:
    """A screen with its scrollback. Rows and columns count from 0; it is used by one thread at a time.

    Attributes:
        rows: its height.
        columns: its width.
    """

    def __init__(
        self,
        rows: int,
        columns: int,
        *,
        scrollback: int = 10_000,
        graphemes: bool = True,
        background: Background = "dark",
        terminal: Terminal | None = None,
    ) -> None:
        """Make it blank, or of a `terminal` that has its size and its contents already.

        It has two rows at least, whatever is asked for.
        """
        rows = max(rows, LEAST_ROWS)
        if terminal is None:
            terminal = Terminal.make(rows, columns, scrollback=scrollback)
            terminal.set_mode(GRAPHEMES, on=graphemes)
        terminal.set_first_mode(GRAPHEMES, on=graphemes)
        self.rows, self.columns = rows, columns
        self._terminal = terminal
        self._replies = Replies(rows, columns, background)
        self._handle = self._replies.attach(terminal.pointer)
        self._reader = Reader(terminal.pointer)
        self._mender = Mender()
        self._all_changed = True

    @classmethod
    def decode(
        cls,
        data: bytes,
        *,
        scrollback: int = 10_000,
        graphemes: bool = True,
        background: Background = "dark",
    ) -> Self:
        """Return the screen that `encode` gave `data` of.

        Raises:
            WorldError: it is none, or of another release of the engine.
        """
        terminal = decoded(data, scrollback=scrollback)
        if terminal is None:
            raise WorldError(
                "this is no screen of this release of the terminal engine",
                hint="ask for the screen in the form `ansi`, which every release reads",
            )
        return cls(
            terminal.rows,
            terminal.columns,
            scrollback=scrollback,
            graphemes=graphemes,
            background=background,
            terminal=terminal,
        )

    def close(self) -> None:
        """Free what the engine holds; nothing else may be called after this."""
        self._reader.close()
        self._terminal.close()
        self._handle = None

    def feed(self, data: bytes) -> None:
        """Take output of the program, cut anywhere. Any bytes will do."""
        parts = self._mender.split(data)
        for part in parts[:-1]:
            self._terminal.write(part)
            self._mend(part)
        if parts[-1]:
            self._terminal.write(parts[-1])
        if self._terminal.columns != self.columns:
            # It allowed 132 columns and set them in one sequence, which cannot be mended in between.
            self._terminal.resize(self.rows, self.columns)
            self._all_changed = True

    def _mend(self, part: bytes) -> None:
        if part.endswith(ALLOW_132_COLUMNS[-1:]):
            self._terminal.write(FORBID_132_COLUMNS)
            return
        if not part.endswith(SOFT_RESET[-1:]):
            self._terminal.write(TO_SCREEN)
            return
        row = self._terminal.number(library.DATA_CURSOR_Y) + 1
        column = self._terminal.number(library.DATA_CURSOR_X) + 1
        self._terminal.write(AFTER_SOFT_RESET + b"\x1b[%d;%dH" % (row, column))

    def take_replies(self) -> bytes:
        """Return what the program is to read: answers to its queries since the last call."""
        return self._replies.take()

    def resize(self, rows: int, columns: int) -> None:
        """Give it another size, of two rows at least; soft-wrapped lines flow anew."""
        rows = max(rows, LEAST_ROWS)
        if (rows, columns) == (self.rows, self.columns):
            return
        self._replies.size = (rows, columns)
        self._terminal.resize(rows, columns)
        self.rows, self.columns = rows, columns
        self._all_changed = True

    @property
    def title(self) -> str:
        """What the program calls its window, by OSC 0 or 2."""
        return self._terminal.string(library.DATA_TITLE)

    @property
    def folder(self) -> str:
        """Where the program says it is, by OSC 7: the URI as it came."""
        return self._terminal.string(library.DATA_FOLDER)

    def cursor(self) -> Cursor:
        """Return the cursor."""
        self._reader.update()
        shown = self._reader.cursor()
        shapes: dict[int, CursorShape] = {library.SHAPE_BAR: "bar", library.SHAPE_UNDERLINE: "underline"}
        terminal = self._terminal
        return Cursor(
            row=terminal.number(library.DATA_CURSOR_Y),
            column=terminal.number(library.DATA_CURSOR_X),
            visible=terminal.flag(library.DATA_CURSOR_VISIBLE),
            shape=shapes.get(shown.visual_style, "block"),
            blinking=bool(shown.blinking),
            pending_wrap=terminal.flag(library.DATA_PENDING_WRAP),
        )

    def modes(self) -> Modes:
        """Return what the program has asked of its terminal."""
        return modes(self._terminal)

    def changed(self) -> list[tuple[int, Row]]:
        """Return the rows that changed since the last call; all of them at first and after a resize."""
        reader = self._reader
        if not reader.update() and not self._all_changed:
            return []
        everything = self._all_changed or reader.wholly_changed
        reader.first = self._terminal.history_rows
        steps = reader.rows() if everything else reader.changed_rows()
        found = [(row, rows.runs(reader.raw(), reader)) for row in steps]
        reader.clean()
        self._all_changed = False
        return found

    def read(self) -> list[Row]:
        """Return all rows that are shown."""
        return [rows.runs(reader.raw(), reader) for reader in self._shown()]

    def cells(self) -> list[list[Cell]]:
        """Return every cell that is shown, exactly."""
        return [rows.cells(reader.raw(), reader) for reader in self._shown()]

    def _shown(self) -> Iterator[Reader]:
        reader = self._reader
        if reader.update() and reader.wholly_changed:
            self._all_changed = True
        reader.first = self._terminal.history_rows
        for _ in reader.rows():
            yield reader

    def text(self) -> list[str]:
        """Return the lines that are shown, without the blanks at their ends."""
        first = self.history_length
        return [row.rstrip() for row in read_rows(self._terminal, first, first + self.rows)]

    @property
    def history_length(self) -> int:
        """How many rows of scrollback there are; none while the alternate screen is shown."""
        return self._terminal.history_rows

    def history(self, start: int, stop: int) -> list[Row]:
        """Return rows of the scrollback, 0 the oldest; those of the screen come after it."""
        start, stop = max(start, 0), min(stop, self.history_length + self.rows)
        return [
            rows.runs(reader.raw(), reader)
            for reader in history.read(self._terminal, self._reader, start, stop)
        ]

    def wraps(self, start: int, stop: int) -> list[bool]:
        """Return of each of these rows, counted as in `history`, whether it goes on in the next one."""
        start, stop = max(start, 0), min(stop, self.history_length + self.rows)
        return read_wraps(self._terminal, self._reader, start, stop)

    def lines(self, last: int | None = None, *, joined: bool = False) -> list[str]:
        """Return the text of the `last` rows of scrollback, None for all, and of the screen.

        `joined`: soft-wrapped rows make one line.
        """
        start = 0 if last is None else max(0, self.history_length - last)
        stop = self.history_length + self.rows
        rows = read_rows(self._terminal, start, stop)
        if joined:
            wraps = read_wraps(self._terminal, self._reader, start, stop)
            rows = ["".join(parts) for parts in text.joined(rows, wraps)]
        return [row.rstrip() for row in rows]

    def search(self, needle: str, *, regex: bool = False, case: bool | None = None) -> list[Found]:
        """Return where `needle` is in scrollback and screen, from the oldest row on.

        Raises:
            UsageError: it is no regular expression.
        """
        return find(self._terminal, self._reader, needle, regex=regex, case=case)

    def snapshot(self, history: int | None = 0) -> bytes:
        """Return what draws this on any fresh terminal of its size, with rows of scrollback, None for all."""
        return snapshot(self._terminal, self._reader, history)

    def encode(self) -> bytes | None:
        """Return all of it in the engine's own form, None where the engine refuses."""
        return self._terminal.encode()

    def compress(self) -> None:
        """Make the scrollback small, for a screen that is not likely to change soon."""
        self._terminal.compress()
