"""The frame of a dialog: a border with a title above and its keys below."""

from collections.abc import Callable, Sequence

from prompt_toolkit.key_binding import KeyBindingsBase
from prompt_toolkit.layout import AnyContainer, HSplit, VSplit, Window

from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import Fragments, clean, fit, width

_BORDER = "class:dialog.border"
Hints = Sequence[tuple[str, str]]
"""Keys and what they do."""
LEAVE = "q Esc"
"""The keys that lead back from what is open."""


class _Edge(Rows):
    """The upper or lower border, with words in it."""

    def __init__(self, symbols: Symbols, corners: str, words: Callable[[], Fragments]) -> None:
        self._symbols = symbols
        self._left, self._right = corners[0], corners[1]
        self._words = words

    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the line."""
        return [self._line(width)][:height]

    def _line(self, columns: int) -> Fragments:
        words, room = self._words(), columns - 6
        wide = min(room, sum(width(text) for _, text in words))
        if wide < 1:
            return [(_BORDER, self._left + self._symbols.line * max(0, columns - 2) + self._right)]
        rest = self._symbols.line * (columns - 5 - wide)
        return [
            (_BORDER, f"{self._left}{self._symbols.line} "),
            *fit(words, wide, self._symbols.more),
            (_BORDER, f" {rest}{self._right}"),
        ]


def boxed(
    title: str, body: AnyContainer, hints: Callable[[], Hints], keys: KeyBindingsBase, symbols: Symbols
) -> HSplit:
    """Return `body` in a border with `title` above it and `hints` below."""
    above: Fragments = [("class:dialog.title", clean(title))]
    corners = symbols.corners
    return HSplit(
        [
            Window(_Edge(symbols, corners[:2], lambda: above), height=1),
            VSplit([_side(symbols), body, _side(symbols)]),
            Window(_Edge(symbols, corners[2:], lambda: hinted(hints(), "dialog.")), height=1),
        ],
        modal=True,
        key_bindings=keys,
        style="class:dialog",
    )


def hinted(hints: Hints, part: str = "") -> Fragments:
    """Return keys and what they do as one line; `part` begins the names of the classes."""
    line: Fragments = []
    for key, what in hints:
        line += [(f"class:{part}dim", "  " if line else ""), (f"class:{part}key", key)]
        line.append((f"class:{part}dim", f" {what}"))
    return line


def leaving(hints: Hints) -> Hints:
    """Return the keys of an open view, those that leave it first."""
    return hints if any(key == LEAVE for key, _ in hints) else [(LEAVE, "close"), *hints]


def _side(symbols: Symbols) -> Window:
    return Window(width=1, char=symbols.bar, style=_BORDER)
