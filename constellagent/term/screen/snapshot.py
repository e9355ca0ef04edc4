"""A screen as bytes that draw it on any fresh terminal of its size.

Beside the rows it restores what the next output depends on: cursor, pen, modes, scroll region, tab stops,
character sets, the saved cursor and, under the alternate screen, the normal one.
"""

import re
from functools import lru_cache

from constellagent.term.cells import DEFAULT
from constellagent.term.screen import history, library, rows
from constellagent.term.screen.body import paint_rows
from constellagent.term.screen.extras import Extras, default_tabs, extras
from constellagent.term.screen.paint import Painter, piece_at
from constellagent.term.screen.reader import Reader
from constellagent.term.screen.sgr import sgr
from constellagent.term.screen.terminal import GRAPHEMES, Terminal, decoded

_ANSI_MODES = (2, 12, 20)
_PRIVATE_MODES = (
    *(1, 4, 5, 6, 8, 9, 12, 25, 45, 66, 67, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 1035),
    *(1036, 1039, 1045, 2004, 2031, 2048),
)
"""Modes that are restored by setting them. Not among them: those that clear or change the screen, those that
have their own place below, and 2026, which says that a program is about to draw."""
_ALTERNATE_MODES = (1049, 1047, 47)
_DEFAULT_CHARSETS = "\x1b(B\x1b)B\x1b*B\x1b+B\x0f"
_PLAIN = '\x1b[m\x1b[0"q\x1b]8;;\x1b\\'
_ENDLESS = b"\x1b]7999;"
"""Begins a sequence without a meaning, for an unfinished one too long to be kept: what ends it ends this."""
_CANCEL = b"\x18"
_RESTORE_CURSOR = b"\x1b8"
_MOST_ROWS = 1_000_000
"""A copy keeps whatever the terminal kept."""
_CONTROLS = re.compile("[\0-\x1f\x7f-\x9f]")


class _View:
    """A terminal with a reader of it: the one that is shown, or a copy that may be changed."""

    def __init__(self, terminal: Terminal, reader: Reader | None = None) -> None:
        self.terminal = terminal
        self.reader = reader or Reader(terminal.pointer)

    def body(self, last: int | None) -> str:
        """Write the screen and the `last` rows of scrollback."""
        before = self.terminal.history_rows
        start = 0 if last is None else max(0, before - last)
        return "".join(paint_rows(self.terminal, self.reader, start, before + self.terminal.rows))

    def place(self, state: Extras, shown: "_View | None" = None) -> str:
        """Put the cursor and the pen in their places; the region and the origin are in force already.

        `shown` is the view whose rows were written, where that is another.
        """
        terminal = self.terminal
        row, column = terminal.number(library.DATA_CURSOR_Y), terminal.number(library.DATA_CURSOR_X)
        top, left = (state.top, state.left) if terminal.mode(6) else (0, 0)
        if not terminal.flag(library.DATA_PENDING_WRAP):
            written = _goto(row - top, column - left)
        else:
            cell, column = (shown or self).last_character(row, column)
            written = _goto(row - top, column - left) + cell
        return f"{written}{sgr(terminal.pen())}{state.charsets}{state.link}{state.protection}"

    def last_character(self, row: int, column: int) -> tuple[str, int]:
        """Return what writes the character under the cursor again, and the column where it begins."""
        number = self.terminal.history_rows + row
        for reader in history.read(self.terminal, self.reader, number, number + 1):
            raw = reader.raw()
            if rows.is_tail(raw, column):
                column -= 1
            painter = Painter(columns=0)
            painter.row(piece_at(raw, reader, column), wrapped=False, goes_on=False)
            painter.pen(DEFAULT)
            written = "".join(painter.written)
        return written, column

    def shape(self) -> str:
        """Choose the cursor's shape; the viewer keeps their own where the program has chosen none."""
        self.reader.update()
        shape = cursor_code(self.reader)
        return "" if shape == _first_shape() else f"\x1b[{shape} q"

    def close(self) -> None:
        """Free the copy."""
        self.reader.close()
        self.terminal.close()


def snapshot(terminal: Terminal, reader: Reader, last: int | None) -> bytes:
    """Return what draws the screen and the `last` rows of scrollback, None for all of it."""
    view = _View(terminal, reader)
    state = extras(terminal)
    written = [f"\x1b[?{GRAPHEMES}l"]
    if terminal.on_alternate:
        written += [_normal_screen(view, last), view.body(0)]
    else:
        written.append(view.body(last))
    if state.tabs != default_tabs(terminal.columns):
        written.append(state.tabs)
    written += [_saved_cursor(view, state), _modes(terminal), state.region, view.place(state), _late(view)]
    written += [state.keyboard, state.kitty]
    for code, text in (
        (2, terminal.string(library.DATA_TITLE)),
        (7, terminal.string(library.DATA_FOLDER)),
    ):
        if text:
            written.append(f"\x1b]{code};{_CONTROLS.sub('', text)}\x1b\\")
    unfinished = terminal.unfinished()
    return "".join(written).encode("utf-8", "surrogateescape") + (
        _ENDLESS if unfinished is None else unfinished
    )


def _copy(view: _View, *, whole: bool, then: bytes) -> _View | None:
    """Return a copy in which `then` was written behind what is unfinished, None where the engine refuses."""
    data = view.terminal.encode()
    terminal = decoded(data, scrollback=_MOST_ROWS, whole=whole) if data is not None else None
    if terminal is None:
        return None
    terminal.write(_CANCEL + then)
    return _View(terminal)


def _normal_screen(view: _View, last: int | None) -> str:
    """Write the screen under the alternate one, and switch to that."""
    mode = next((mode for mode in _ALTERNATE_MODES if view.terminal.mode(mode)), _ALTERNATE_MODES[0])
    switch = f"\x1b[?{mode}h{_PLAIN}\x1b[H"
    copy = _copy(view, whole=last != 0, then=b"\x1b[?%dl" % mode)
    if copy is None:
        return switch
    try:
        state = extras(copy.terminal)
        if copy.terminal.mode(6):
            # The switch saves the cursor together with the origin, which its place is counted from.
            before, after = f"{_margins(copy, state)}\x1b[?6h", "\x1b[?6l\x1b[?69l\x1b[r\x1b[H"
        else:
            before, after = "", ""
        charsets = _DEFAULT_CHARSETS if state.charsets else ""
        place = f"{before}{copy.place(state)}{state.kitty}{copy.shape()}"
        return f"{copy.body(last)}{place}{switch}{after}{charsets}"
    finally:
        copy.close()


def _margins(view: _View, state: Extras) -> str:
    return ("\x1b[?69h" if view.terminal.mode(69) else "") + state.region


def _saved_cursor(view: _View, state: Extras) -> str:
    """Write what makes the cursor that is saved, empty where none is."""
    copy = _copy(view, whole=False, then=_RESTORE_CURSOR)
    if copy is None:
        return ""
    try:
        saved = extras(copy.terminal)
        origin = copy.terminal.mode(6)
        place = copy.place(saved, view)
        if place == _AT_HOME and not origin:
            return ""
        charsets = _DEFAULT_CHARSETS if saved.charsets else ""
        before, after = ("\x1b[?6h", "\x1b[?6l") if origin else ("", "")
        return f"{_margins(view, state)}{before}{place}\x1b7{after}{_PLAIN}{charsets}"
    finally:
        copy.close()


def _modes(terminal: Terminal) -> str:
    """Write the modes that are not as at first. Region and cursor are set after them: some move it."""
    return "".join(
        f"\x1b[{'' if ansi else '?'}{number}{'h' if on else 'l'}"
        for (number, ansi), on in _mode_values(terminal).items()
        if on != _first_modes()[number, ansi]
    )


def _late(view: _View) -> str:
    """Write what would be in the way of placing the cursor, and its shape."""
    terminal = view.terminal
    wrapping = "" if terminal.mode(7) else "\x1b[?7l"
    clusters = f"\x1b[?{GRAPHEMES}h" if terminal.mode(GRAPHEMES) else ""
    inserting = "\x1b[4h" if terminal.mode(4, ansi=True) else ""
    return f"{wrapping}{inserting}{clusters}{view.shape()}"


def cursor_code(reader: Reader) -> int:
    """Return the parameter of DECSCUSR for the cursor as it is."""
    cursor = reader.cursor()
    steady = {library.SHAPE_BAR: 6, library.SHAPE_UNDERLINE: 4}.get(cursor.visual_style, 2)
    return steady - bool(cursor.blinking)


def _goto(row: int, column: int) -> str:
    return f"\x1b[{row + 1};{column + 1}H"


_AT_HOME = _goto(0, 0) + sgr(DEFAULT)


def _mode_values(terminal: Terminal) -> dict[tuple[int, bool], bool]:
    values = {(number, True): terminal.mode(number, ansi=True) for number in _ANSI_MODES}
    return values | {(number, False): terminal.mode(number) for number in _PRIVATE_MODES}


@lru_cache(maxsize=1)
def _first() -> tuple[dict[tuple[int, bool], bool], int]:
    """Return the modes and the cursor's shape of a new terminal."""
    terminal = Terminal.make(1, 1, scrollback=0)
    reader = Reader(terminal.pointer)
    try:
        reader.update()
        return _mode_values(terminal), cursor_code(reader)
    finally:
        reader.close()
        terminal.close()


def _first_modes() -> dict[tuple[int, bool], bool]:
    return _first()[0]


def _first_shape() -> int:
    return _first()[1]
