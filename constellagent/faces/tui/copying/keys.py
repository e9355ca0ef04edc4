"""The keys of copy mode: those of vi and of less, and the arrows."""

from collections.abc import Callable, Mapping

from constellagent.faces.tui.copying.mode import CopyMode, Wish
from constellagent.term.selection import Position, word_at

Action = Callable[[CopyMode], Wish | None]

HINTS = (
    ("q Esc", "leave"),
    ("v V C-v", "select characters, lines, a block"),
    ("y Enter", "copy and leave"),
    ("/ ?", "search forwards, backwards"),
    ("n N", "next match, the one before"),
    ("w b e", "by words"),
    ("0 ^ $", "ends of the line"),
    ("g G", "first row, last row"),
    ("H M L", "top, middle, bottom"),
    ("C-u C-d", "half a page up, down"),
    ("PgUp PgDn", "a page up, down"),
    ("o", "other end of the selection"),
)
"""Keys and what they do, most useful first."""


def press(mode: CopyMode, key: str) -> Wish | None:
    """Do what the key, a `KeyPress.name`, means; None where it means nothing."""
    action = _ACTIONS.get(key)
    return None if action is None else action(mode) or Wish()


def _copy(mode: CopyMode) -> Wish:
    text = mode.copied()
    return Wish(copy=text or None, close=True)


def _leave(mode: CopyMode) -> Wish | None:
    """Give up the selection, or without one leave."""
    if mode.selection is None:
        return Wish(close=True)
    mode.select(mode.selection.shape)
    return None


def _word_forwards(mode: CopyMode) -> None:
    """Go to where the next word begins."""
    stop = word_at(mode.row(mode.cursor.row), mode.cursor.column)[1]
    place = _unblank(mode, Position(mode.cursor.row, stop))
    if place is not None:
        mode.go(*place)


def _word_end(mode: CopyMode) -> None:
    """Go to where this word ends, or from there the next one."""
    place = _unblank(mode, Position(mode.cursor.row, mode.cursor.column + 1))
    if place is not None:
        mode.go(place.row, word_at(mode.row(place.row), place.column)[1] - 1)


def _unblank(mode: CopyMode, place: Position) -> Position | None:
    """Return the first cell from there on that is not blank; None if there is none."""
    row, column = place
    while row < mode.total:
        here = mode.row(row)
        width = here[-1].column + here[-1].cells if here else 0
        if column < width:
            start, stop = word_at(here, column)
            if not _blank(mode, row, start):
                return Position(row, column)
            column = stop
        else:
            row, column = row + 1, 0
    return None


def _word_backwards(mode: CopyMode) -> None:
    """Go to where this word begins, or from there the one before."""
    row, column = mode.cursor.row, mode.cursor.column - 1
    while row >= 0:
        if column >= 0:
            start = word_at(mode.row(row), column)[0]
            if not _blank(mode, row, start):
                mode.go(row, start)
                return
            column = start - 1
        else:
            row -= 1
            here = mode.row(row) if row >= 0 else ()
            column = here[-1].column + here[-1].cells - 1 if here else -1


def _blank(mode: CopyMode, row: int, column: int) -> bool:
    for run in mode.row(row):
        if run.column <= column < run.column + run.cells:
            return not run.mixed and run.text[column - run.column].isspace()
    return True


def _to(row: Callable[[CopyMode], int], column: Callable[[CopyMode], int] | None = None) -> Action:
    def go(mode: CopyMode) -> None:
        mode.go(row(mode), mode.cursor.column if column is None else column(mode))

    return go


def _wish(wish: Wish) -> Action:
    return lambda _: wish


def _zero(_: CopyMode) -> int:
    return 0


def _here(mode: CopyMode) -> int:
    return mode.cursor.row


_ACTIONS: Mapping[str, Action] = {
    **dict.fromkeys(("q", "c-c"), _wish(Wish(close=True))),
    "escape": _leave,
    **dict.fromkeys(("y", "enter", "c-j"), _copy),
    **dict.fromkeys(("k", "up", "c-p"), lambda mode: mode.move(-1, 0)),
    **dict.fromkeys(("j", "down", "c-n"), lambda mode: mode.move(1, 0)),
    **dict.fromkeys(("h", "left", "backspace", "c-h"), lambda mode: mode.move(0, -1)),
    **dict.fromkeys(("l", "right", " "), lambda mode: mode.move(0, 1)),
    **dict.fromkeys(("pageup", "c-b"), lambda mode: mode.page(-mode.height)),
    **dict.fromkeys(("pagedown", "c-f"), lambda mode: mode.page(mode.height)),
    "c-u": lambda mode: mode.page(-(mode.height // 2 or 1)),
    "c-d": lambda mode: mode.page(mode.height // 2 or 1),
    **dict.fromkeys(("c-y", "c-up"), lambda mode: mode.scroll(-1)),
    **dict.fromkeys(("c-e", "c-down"), lambda mode: mode.scroll(1)),
    **dict.fromkeys(("g", "c-home"), _to(_zero, _zero)),
    **dict.fromkeys(("G", "c-end"), _to(lambda mode: mode.total - 1, _zero)),
    "H": _to(lambda mode: mode.top),
    "M": _to(lambda mode: mode.top + mode.height // 2),
    "L": _to(lambda mode: mode.top + mode.height - 1),
    **dict.fromkeys(("0", "home"), _to(_here, _zero)),
    "^": _to(_here, lambda mode: mode.line_ends()[0]),
    **dict.fromkeys(("$", "end"), _to(_here, lambda mode: mode.line_ends()[1])),
    **dict.fromkeys(("w", "c-right"), _word_forwards),
    **dict.fromkeys(("b", "c-left"), _word_backwards),
    "e": _word_end,
    "v": lambda mode: mode.select("characters"),
    "V": lambda mode: mode.select("lines"),
    "c-v": lambda mode: mode.select("block"),
    "o": lambda mode: mode.swap(),
    "/": _wish(Wish(ask="forwards")),
    "?": _wish(Wish(ask="backwards")),
    "n": lambda mode: mode.again(),
    "N": lambda mode: mode.again(back=True),
}
