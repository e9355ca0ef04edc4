"""What a program has asked of its terminal's keyboard, mouse and screen."""

import re

from constellagent.term.cells import Modes, MouseEncoding, MouseTracking
from constellagent.term.screen import library
from constellagent.term.screen.terminal import Terminal

_TRACKING: tuple[tuple[int, MouseTracking], ...] = (
    (1003, "any"),
    (1002, "drag"),
    (1000, "click"),
    (9, "press"),
)
_ENCODING: tuple[tuple[int, MouseEncoding], ...] = (
    (1016, "pixels"),
    (1006, "sgr"),
    (1015, "urxvt"),
    (1005, "utf8"),
)
_OTHER_KEYS = re.compile(rb"\x1b\[>4;(\d)m")


def modes(terminal: Terminal) -> Modes:
    """Return them; of several trackings or encodings that are on, the one that says most."""
    on = terminal.mode
    return Modes(
        application_cursor=on(1),
        application_keypad=on(66),
        bracketed_paste=on(2004),
        focus_events=on(1004),
        mouse=next((name for number, name in _TRACKING if on(number)), "off"),
        mouse_encoding=next((name for number, name in _ENCODING if on(number)), "legacy"),
        alternate_scroll=on(1007),
        alternate_screen=terminal.on_alternate,
        kitty_flags=terminal.number(library.DATA_KITTY_FLAGS),
        modify_other_keys=_modify_other_keys(terminal),
        newline=on(20, ansi=True),
        backarrow=on(67),
        synchronized=on(2026),
    )


def _modify_other_keys(terminal: Terminal) -> int:
    """Read it off what the engine would write to restore it: there is no other way to ask."""
    first = terminal.history_rows
    match = _OTHER_KEYS.search(terminal.format(first, first + 1, vt=True, extras=("keyboard",)))
    return int(match[1]) if match else 0
