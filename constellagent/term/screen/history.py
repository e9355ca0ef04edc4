"""Reads rows of the scrollback, which the picture of the screen does not hold."""

from collections.abc import Iterator

from constellagent.term.screen import library
from constellagent.term.screen.reader import Reader
from constellagent.term.screen.terminal import Terminal

_AT_ONCE = 4096
"""Rows in one picture; the engine allows fewer than 65,536."""


def read(terminal: Terminal, primary: Reader, start: int, stop: int) -> Iterator[Reader]:
    """Step through rows `start` to `stop`, counted from the oldest; each step gives a reader at its row.

    The terminal must not change until the last step. A second picture of a terminal takes away its marks of
    what changed, so the `primary` one is brought up to date first and keeps them.
    """
    primary.update()
    reader = Reader(terminal.pointer)
    try:
        for begin in range(start, stop, _AT_ONCE):
            yield from _picture(terminal, reader, begin, min(begin + _AT_ONCE, stop))
    finally:
        reader.close()


def _picture(terminal: Terminal, reader: Reader, start: int, stop: int) -> Iterator[Reader]:
    """Step through the rows of one picture, taken with the viewport scrolled there and back."""
    reader.first = min(start, terminal.history_rows)
    reader.look_below(max(0, stop - reader.first - terminal.rows))
    _scroll(terminal, library.SCROLL_ROW, reader.first)
    try:
        reader.update()
    finally:
        _scroll(terminal, library.SCROLL_BOTTOM, 0)
    for row in reader.rows():
        number = reader.first + row
        if number >= stop:
            break
        if number >= start:
            yield reader


def _scroll(terminal: Terminal, how: int, row: int) -> None:
    scroll = library.new(library.SCROLL)
    scroll.tag, scroll.value = how, row
    library.scroll_viewport(terminal.pointer, scroll[0])
