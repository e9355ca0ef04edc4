"""States of a terminal that the engine has no question for, read off what it would write to restore them."""

import re
from functools import lru_cache
from typing import NamedTuple

from constellagent.term.screen.terminal import Terminal

_ROWS = re.compile(rb"\x1b\[(\d+);\d+r")
_COLUMNS = re.compile(rb"\x1b\[(\d+);\d+s")


class Extras(NamedTuple):
    """Sequences that restore each of them, empty where nothing is out of the ordinary."""

    tabs: str
    region: str
    charsets: str
    link: str
    protection: str
    keyboard: str
    kitty: str
    top: int
    left: int


def extras(terminal: Terminal) -> Extras:
    """Return them; `top` and `left` are where the scroll region begins."""
    bare = _with(terminal)
    tabs = _with(terminal, "tabstops")
    region = _with(terminal, "scrolling_region")[len(bare) :]
    rows, columns = _ROWS.search(region), _COLUMNS.search(region)
    return Extras(
        tabs=_text(tabs[: len(tabs) - len(bare)]),
        region=_text(region),
        charsets=_text(_with(terminal, "screen.charsets")[len(bare) :]),
        link=_text(_with(terminal, "screen.hyperlink")[len(bare) :]),
        protection=_text(_with(terminal, "screen.protection")[len(bare) :]),
        keyboard=_text(_with(terminal, "keyboard")[len(bare) :]),
        kitty=_text(_with(terminal, "screen.kitty_keyboard")[len(bare) :]),
        top=int(rows[1]) - 1 if rows else 0,
        left=int(columns[1]) - 1 if columns else 0,
    )


def _with(terminal: Terminal, *names: str) -> bytes:
    first = terminal.history_rows
    return terminal.format(first, first + 1, vt=True, extras=names)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


@lru_cache(maxsize=64)
def default_tabs(columns: int) -> str:
    """Return what restores the tab stops of a new terminal of that width."""
    terminal = Terminal.make(1, columns, scrollback=0)
    try:
        return extras(terminal).tabs
    finally:
        terminal.close()
