"""The values that a screen is made of: styles, cells, runs of cells, the cursor, and the modes that are on.

Both the engine that fills a screen and everyone who draws one speak in these; none of them knows the other.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

BOLD, DIM, ITALIC, BLINK, INVERSE, HIDDEN, STRIKE, OVERLINE = (1 << bit for bit in range(8))
"""Bits of `Style.attributes`."""

TRUECOLOR = 1 << 24
"""Set in a colour that is 0xRRGGBB; without it a colour is an index into the palette of 256."""


class Style(NamedTuple):
    """How a cell looks.

    Attributes:
        foreground: None for the default, 0 to 255 of the palette, or `TRUECOLOR | 0xRRGGBB`.
        background: the same.
        underline_color: the same.
        attributes: bits `BOLD` to `OVERLINE`.
        underline: 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
        link: the URI of its hyperlink, None without one.
        protected: selective erase spares it.
    """

    foreground: int | None = None
    background: int | None = None
    underline_color: int | None = None
    attributes: int = 0
    underline: int = 0
    link: str | None = None
    protected: bool = False


DEFAULT = Style()


class Cell(NamedTuple):
    """One column of one row.

    Attributes:
        text: what it shows, possibly several code points; empty where nothing was ever written, or erased.
        width: 1, or 2 for a wide character; 0 is the second column of one, -1 the unused last column of a
            row whose wide character went to the next.
        style: how.
    """

    text: str
    width: int
    style: Style


class Run(NamedTuple):
    """Neighbouring cells of one style.

    Attributes:
        column: of its first cell.
        cells: how many columns it takes.
        text: what they show; blanks are spaces. Has as many characters as columns unless it is `mixed`.
        style: how.
        mixed: it holds wide or combined characters, so columns cannot be counted by characters.
    """

    column: int
    cells: int
    text: str
    style: Style
    mixed: bool = False


Row = tuple[Run, ...]
"""One row, its runs from left to right without gaps."""

CursorShape = Literal["block", "underline", "bar"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The cursor. Row and column count from 0; `pending_wrap`: the next character goes to the next row."""

    row: int = 0
    column: int = 0
    visible: bool = True
    shape: CursorShape = "block"
    blinking: bool = True
    pending_wrap: bool = False


MouseTracking = Literal["off", "press", "click", "drag", "any"]
"""What a program wants of the mouse: modes 9, 1000, 1002 and 1003."""
MouseEncoding = Literal["legacy", "utf8", "sgr", "urxvt", "pixels"]
"""How it wants it: none of, or modes 1005, 1006, 1015 and 1016."""


@dataclass(frozen=True, slots=True)
class Modes:
    """What a program has asked of its terminal's keyboard, mouse and screen.

    Attributes:
        application_cursor: DECCKM, arrow keys as SS3.
        application_keypad: DECNKM or DECPAM.
        bracketed_paste: mode 2004.
        focus_events: mode 1004.
        mouse: what it wants reported.
        mouse_encoding: and how.
        alternate_scroll: mode 1007, the wheel as arrow keys on the alternate screen.
        alternate_screen: it draws on the screen without scrollback.
        kitty_flags: progressive enhancements of the kitty keyboard protocol, 0 for none.
        modify_other_keys: xterm's resource of that name, 0 to 2.
        newline: LNM, Enter sends CR LF.
        backarrow: DECBKM, Backspace sends BS instead of DEL.
        synchronized: mode 2026, do not draw yet.
    """

    application_cursor: bool = False
    application_keypad: bool = False
    bracketed_paste: bool = False
    focus_events: bool = False
    mouse: MouseTracking = "off"
    mouse_encoding: MouseEncoding = "legacy"
    alternate_scroll: bool = False
    alternate_screen: bool = False
    kitty_flags: int = 0
    modify_other_keys: int = 0
    newline: bool = False
    backarrow: bool = False
    synchronized: bool = False
