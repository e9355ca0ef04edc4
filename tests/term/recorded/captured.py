"""Reads what `tmux capture-pane -e` prints into cells, with a parser that shares nothing with our screens."""

import re
from typing import Literal, NamedTuple

from wcwidth import wcwidth

from constellagent.term.cells import (
    BLINK,
    BOLD,
    DEFAULT,
    DIM,
    HIDDEN,
    INVERSE,
    ITALIC,
    OVERLINE,
    STRIKE,
    TRUECOLOR,
    Cell,
    Style,
)

_PIECE = re.compile("\x1b\\[([0-9;:]*)m|([\x0e\x0f])|(.)", re.DOTALL)
Color = Literal["foreground", "background", "underline_color"]
_ON = {1: BOLD, 2: DIM, 3: ITALIC, 5: BLINK, 7: INVERSE, 8: HIDDEN, 9: STRIKE, 53: OVERLINE}
_OFF = {22: BOLD | DIM, 23: ITALIC, 25: BLINK, 27: INVERSE, 28: HIDDEN, 29: STRIKE, 55: OVERLINE}
_FIELDS: dict[int, Color] = {38: "foreground", 48: "background", 58: "underline_color"}
_PALETTE: tuple[tuple[int, Color, int], ...] = (
    (30, "foreground", 0),
    (40, "background", 0),
    (90, "foreground", 8),
    (100, "background", 8),
)
_DEFAULTS = {value + 1: field for value, field in _FIELDS.items()}
_LINES = str.maketrans(
    "+,-.0`abcdefghijklmnopqrstuvwxyz{|}~",
    "→←↑↓█♦▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·",
)  # fmt: skip
_OVERLINE = [5, 3]
"""How tmux 3.3a spells 53, as if it were a kind of 5."""
_JOINER = "\u200d"
TAIL = Cell("", 0, DEFAULT)


class Pen(NamedTuple):
    """How the next character looks, and whether it is of the set that lines are drawn with."""

    style: Style = DEFAULT
    lines: bool = False


def parse(captured: list[str]) -> list[list[Cell]]:
    """Return the cells of rows, as far as they were printed. The second cell of a wide one has width 0."""
    pen, rows = Pen(), []
    for line in captured:
        cells, pen = _row(line, pen)
        rows.append(cells)
    return rows


def _row(line: str, pen: Pen) -> tuple[list[Cell], Pen]:
    cells: list[Cell] = []
    for match in _PIECE.finditer(line):
        if match[3] is not None:
            _add(cells, match[3], pen)
        elif match[2] is not None:
            pen = pen._replace(lines=match[2] == "\x0e")
        else:
            pen = pen._replace(style=dressed(pen.style, match[1]))
    return cells, pen


def _add(cells: list[Cell], character: str, pen: Pen) -> None:
    text = character.translate(_LINES) if pen.lines else character
    width = wcwidth(text)
    before = next((at for at in reversed(range(len(cells))) if cells[at].width), None)
    if before is not None and (width == 0 or cells[before].text.endswith(_JOINER)):
        cells[before] = cells[before]._replace(text=cells[before].text + text)
        return
    cells.append(Cell(text, width, pen.style))
    if width == 2:
        cells.append(TAIL)


def dressed(style: Style, parameters: str) -> Style:
    """Return a look after an SGR sequence."""
    codes = [[int(part or 0) for part in code.split(":")] for code in parameters.split(";")]
    while codes:
        code = codes.pop(0)
        number = code[0]
        if number in _FIELDS:
            color = _color(code[1:] if len(code) > 1 else _taken(codes))
            style = _colored(style, _FIELDS[number], color)
        else:
            style = _simple(style, number, code)
    return style


def _simple(style: Style, number: int, code: list[int]) -> Style:
    if number == 0:
        return DEFAULT
    if number in {4, 21, 24}:
        underline = {21: 2, 24: 0}.get(number, code[1] if len(code) > 1 else 1)
        return style._replace(underline=underline)
    if code == _OVERLINE:
        number = 53
    if number in _ON:
        return style._replace(attributes=style.attributes | _ON[number])
    if number in _OFF:
        return style._replace(attributes=style.attributes & ~_OFF[number])
    if number in _DEFAULTS:
        return _colored(style, _DEFAULTS[number], None)
    for first, field, base in _PALETTE:
        if first <= number < first + 8:
            return _colored(style, field, number - first + base)
    raise ValueError(f"tmux wrote the SGR parameter {number}, which this parser does not know")


def _colored(style: Style, field: Color, color: int | None) -> Style:
    if field == "foreground":
        return style._replace(foreground=color)
    if field == "background":
        return style._replace(background=color)
    return style._replace(underline_color=color)


def _taken(codes: list[list[int]]) -> list[int]:
    """Return the parameters of a colour that were written with semicolons."""
    count = 2 if codes[0][0] == 5 else 4
    taken = [code[0] for code in codes[:count]]
    del codes[:count]
    return taken


def _color(parts: list[int]) -> int:
    if parts[0] == 5:
        return parts[1]
    red, green, blue = parts[-3:]
    return TRUECOLOR | red << 16 | green << 8 | blue
