"""Everything that two screens must agree in to be called equal."""

import re
from collections.abc import Iterator

from constellagent.term.cells import Cell
from constellagent.term.screen import Screen, history, rows
from constellagent.term.screen.extras import extras
from constellagent.term.screen.reader import Reader

_ASCII = re.compile("\x1b[()*+]B|\x0f")
AFTERWARDS = "字ON\r\ntext\x1b8Q\tT\x1b[5;5H\x1b[2mz\x1b(0q\x0eq\x1b[?1049lZ".encode()
"""Shows pen, saved cursor, tab stops, character sets and what is under the alternate screen."""


def every_cell(screen: Screen) -> list[list[Cell]]:
    """Return the cells of scrollback and screen."""
    stop = screen.history_length + screen.rows
    return [rows.cells(reader.raw(), reader) for reader in _readers(screen, stop)]


def wraps(screen: Screen) -> list[bool]:
    """Return of each row whether it goes on in the next."""
    return [reader.wraps() for reader in _readers(screen, screen.history_length + screen.rows)]


def _readers(screen: Screen, stop: int) -> Iterator[Reader]:
    return history.read(screen._terminal, screen._reader, 0, stop)


def state(screen: Screen) -> dict[str, object]:
    """Return all of it by name. A character set that was set to ASCII is as good as one never set."""
    others = extras(screen._terminal)
    return {
        "cells": every_cell(screen),
        "wraps": wraps(screen),
        "cursor": screen.cursor(),
        "modes": screen.modes(),
        "pen": screen._terminal.pen(),
        "title": screen.title,
        "folder": screen.folder,
        "extras": others._replace(charsets=_ASCII.sub("", others.charsets)),
    }


def differences(one: Screen, other: Screen) -> list[str]:
    """Return in what two screens differ; in rows, where."""
    mine, theirs = state(one), state(other)
    found = [
        f"{name}: {mine[name]} {theirs[name]}"
        for name in mine
        if name != "cells" and mine[name] != theirs[name]
    ]
    if mine["cells"] != theirs["cells"]:
        found.append(_first_difference(every_cell(one), every_cell(other)))
    return found


def _first_difference(mine: list[list[Cell]], theirs: list[list[Cell]]) -> str:
    if len(mine) != len(theirs):
        return f"{len(mine)} rows, not {len(theirs)}"
    row = next(row for row, pair in enumerate(zip(mine, theirs, strict=True)) if pair[0] != pair[1])
    column = next(c for c, pair in enumerate(zip(mine[row], theirs[row], strict=True)) if pair[0] != pair[1])
    return f"row {row}, column {column}: {mine[row][column]} {theirs[row][column]}"
