"""The mouse and the focus, as the bytes that a program asked for.

The source is "Mouse Tracking" in xterm's "Control Sequences".
"""

from dataclasses import dataclass
from typing import Literal

from constellagent.term.cells import Modes

MouseKind = Literal["press", "release", "move"]

NONE, LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN, WHEEL_LEFT, WHEEL_RIGHT = range(8)
"""Buttons; those after them, 8 to 11, are the further ones of some mice."""

CELL_WIDTH, CELL_HEIGHT = 8, 16
"""Pixels of a cell, as programs are told that ask in pixels."""

_LINES = 3
"""Arrow keys that one step of the wheel is on the alternate screen."""
_FURTHEST = {"legacy": 222, "utf8": 2014}
"""The last column and row that an encoding can say, from 0."""


@dataclass(frozen=True, slots=True)
class MouseEvent:
    """What the mouse did, and in which cell.

    Attributes:
        kind: a wheel only ever presses.
        button: `NONE` to 11; of a move, the one that is held.
        column: from 0, as is `row`.
        shift: held with it, as are `alt` and `ctrl`.
    """

    kind: MouseKind
    button: int
    column: int
    row: int
    shift: bool = False
    alt: bool = False
    ctrl: bool = False

    @property
    def wheel(self) -> bool:
        """It is a step of a wheel."""
        return WHEEL_UP <= self.button <= WHEEL_RIGHT


def encode_mouse(event: MouseEvent, modes: Modes) -> bytes:
    """Return what the mouse sends to a program with these modes; nothing where it did not ask for that."""
    if modes.mouse == "off":
        return _scrolled(event, modes)
    if not _wanted(event, modes):
        return b""
    code = _code(event, modifiers=modes.mouse != "press")
    column, row = event.column, event.row
    if modes.mouse_encoding in {"sgr", "pixels"}:
        if modes.mouse_encoding == "pixels":
            column = column * CELL_WIDTH + CELL_WIDTH // 2
            row = row * CELL_HEIGHT + CELL_HEIGHT // 2
        return b"\x1b[<%d;%d;%d%c" % (code, column + 1, row + 1, b"m" if event.kind == "release" else b"M")
    if event.kind == "release":
        code |= 3  # these do not say which button
    if modes.mouse_encoding == "urxvt":
        return b"\x1b[%d;%d;%dM" % (code + 32, column + 1, row + 1)
    furthest = _FURTHEST[modes.mouse_encoding]
    if column > furthest or row > furthest:
        return b""
    encoding = "utf-8" if modes.mouse_encoding == "utf8" else "latin-1"
    return b"\x1b[M" + "".join(chr(32 + value) for value in (code, column + 1, row + 1)).encode(encoding)


def encode_focus(gained: bool, modes: Modes) -> bytes:
    """Return what a program is told when its terminal gains or loses the focus."""
    if not modes.focus_events:
        return b""
    return b"\x1b[I" if gained else b"\x1b[O"


def _wanted(event: MouseEvent, modes: Modes) -> bool:
    if modes.mouse == "press":
        return event.kind == "press" and LEFT <= event.button <= RIGHT
    if event.kind == "release":
        return not event.wheel
    if event.kind == "move":
        return modes.mouse == "any" or (modes.mouse == "drag" and event.button != NONE)
    return event.button != NONE


def _code(event: MouseEvent, *, modifiers: bool) -> int:
    if event.button == NONE:
        code = 3
    elif event.button <= RIGHT:
        code = event.button - LEFT
    else:
        code = (64 + event.button - WHEEL_UP) if event.button <= WHEEL_RIGHT else (128 + event.button - 8)
    if event.kind == "move":
        code += 32
    return code + (4 * event.shift + 8 * event.alt + 16 * event.ctrl if modifiers else 0)


def _scrolled(event: MouseEvent, modes: Modes) -> bytes:
    """Return arrow keys for the wheel, where a program without the mouse has no scrollback to show."""
    if not (modes.alternate_screen and modes.alternate_scroll and event.kind == "press"):
        return b""
    letter = {WHEEL_UP: b"A", WHEEL_DOWN: b"B"}.get(event.button)
    if letter is None:
        return b""
    return ((b"\x1bO" if modes.application_cursor else b"\x1b[") + letter) * _LINES
