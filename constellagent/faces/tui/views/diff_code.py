"""How lines of code look in a diff: numbers, sign, colours of the language, and what was searched for."""

from collections.abc import Mapping
from dataclasses import dataclass

from prompt_toolkit.utils import get_cwidth

from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.views.diff_colours import Palette
from constellagent.faces.tui.views.diff_patch import Line
from constellagent.faces.tui.views.diff_syntax import Pieces
from constellagent.faces.tui.words import Fragments, fit, width

_SIGNS = {"added": "+", "removed": "-", "kept": " ", "note": " "}


@dataclass(frozen=True, slots=True)
class Look:
    """How a frame is drawn.

    Attributes:
        palette: colours of code, and of the ground of lines.
        symbols: the signs that this terminal can show.
        shift: columns of code that are out of sight on the left.
        words: what was searched for, to be marked; empty for nothing.
    """

    palette: Palette
    symbols: Symbols
    shift: int = 0
    words: str = ""


def whole(
    line: Line, digits: int, columns: int, look: Look, syntax: Mapping[Line, Pieces] | None, *, chosen: bool
) -> Fragments:
    """Draw a line under the other, with its number on both sides."""
    old, new = (f"{number or '':>{digits}}" for number in (line.old, line.new))
    gutter = (style("class:dim", chosen=chosen), f"{old} {new} ")
    return [gutter, *_code(line, columns - 2 * digits - 2, look, syntax)]


def sides(
    left: Line | None,
    right: Line | None,
    digits: int,
    columns: int,
    look: Look,
    syntax: Mapping[Line, Pieces] | None,
    *,
    chosen: bool,
) -> Fragments:
    """Draw two lines side by side, with the number that each has on its side."""
    half = (columns - 1) // 2
    return [
        *_side(left, left.old if left else None, digits, half, look, syntax, chosen=chosen),
        ("class:border", look.symbols.bar),
        *_side(right, right.new if right else None, digits, columns - 1 - half, look, syntax, chosen=chosen),
    ]


def _side(
    line: Line | None,
    number: int | None,
    digits: int,
    columns: int,
    look: Look,
    syntax: Mapping[Line, Pieces] | None,
    *,
    chosen: bool,
) -> Fragments:
    gutter = (style("class:dim", chosen=chosen), f"{number or '':>{digits}} ")
    room = columns - digits - 1
    gap = [(look.palette["gap"], " " * room)]
    return [gutter, *(gap if line is None else _code(line, room, look, syntax))]


def style(named: str, *, chosen: bool) -> str:
    """Return a style, as it is in the row with the cursor where `chosen`."""
    return f"{named} class:selected" if chosen else named


def _code(line: Line, columns: int, look: Look, syntax: Mapping[Line, Pieces] | None) -> Fragments:
    """Draw sign and text of a line, exactly so wide."""
    if columns < 1:
        return []
    sign = f"class:{line.kind}" if line.kind in {"added", "removed"} else "class:dim"
    ground = look.palette.get(line.kind, "")
    if line.kind == "note":
        pieces = [("class:dim", line.text)]
    elif ground or line.kind == "kept":
        read = (syntax or {}).get(line) or [("", line.text)]
        pieces = [(f"{ground} {look.palette.get(part, '')}".strip(), text) for part, text in read]
    else:
        pieces = [(sign, line.text)]
    if look.words:
        pieces = marked(pieces, look.words)
    shown = [(f"{ground} {sign}".strip(), _SIGNS[line.kind]), *shifted(pieces, look.shift)]
    long = sum(width(text) for _, text in shown) > columns
    drawn = [*fit(shown, columns - 1, ""), (sign, look.symbols.more)] if long else fit(shown, columns)
    return [(part or ground, text) for part, text in drawn]


def shifted(pieces: Fragments, columns: int) -> Fragments:
    """Return the pieces without their first columns; half of a wide character is left as a space."""
    if columns <= 0:
        return pieces
    kept: Fragments = []
    left = columns
    for part, text in pieces:
        if left > 0 and (wide := width(text)) <= left:
            left -= wide
            continue
        rest = text
        while left > 0 and rest:
            left -= get_cwidth(rest[0])
            rest = rest[1:]
        kept.append((part, " " * -left + rest))
        left = 0
    return kept


def marked(pieces: Fragments, words: str) -> Fragments:
    """Return the pieces with every place marked that has `words`; without capitals in them, in any case."""
    text = "".join(text for _, text in pieces)
    searched = text.lower() if words == words.lower() else text
    if len(searched) != len(text) or words not in searched:
        return pieces
    spots: set[int] = set()
    at = searched.find(words)
    while at >= 0:
        spots.update(range(at, at + len(words)))
        at = searched.find(words, at + len(words))
    drawn: Fragments = []
    position = 0
    for part, piece in pieces:
        for character in piece:
            now = f"{part} class:match".strip() if position in spots else part
            if drawn and drawn[-1][0] == now:
                drawn[-1] = (now, drawn[-1][1] + character)
            else:
                drawn.append((now, character))
            position += 1
    return drawn
