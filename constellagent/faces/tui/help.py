"""All keys by group, in as many columns as fit, those of the open view first."""

from collections.abc import Sequence
from itertools import groupby

from prompt_toolkit.layout import Window

from constellagent.faces.tui.box import Hints, leaving
from constellagent.faces.tui.deck import Command, Group
from constellagent.faces.tui.dialogs import Dialog
from constellagent.faces.tui.key_names import all_shown, prefix_shown
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import Fragments, clean, fit, width

_GROUPS: dict[Group, str] = {
    "terminals": "Terminals",
    "copy": "Scrolling and copying",
    "agents": "Agents",
    "views": "Views",
    "multiplexer": "The multiplexer",
}
_GAP = 3
_TALLEST = 40
Section = tuple[str, list[tuple[str, str]]]
"""A heading, and below it keys and what they do."""


def sections(
    commands: Sequence[Command], symbols: Symbols, view: tuple[str, Hints] | None = None
) -> list[Section]:
    """Return the keys by group; `view` is the title and the keys of the open view."""
    found: list[Section] = [(clean(view[0]), [*leaving(view[1])])] if view else []
    order = list(_GROUPS)
    ordered = sorted((c for c in commands if c.keys), key=lambda command: order.index(command.group))
    for group, those in groupby(ordered, key=lambda command: command.group):
        found.append(
            (_GROUPS[group], [(all_shown(command.keys, symbols), command.what) for command in those])
        )
    return found


def title(prefix: str) -> str:
    """Return what stands above the keys; `prefix` is the setting."""
    return f"Keys, after {prefix_shown(prefix)}"


def lines(found: Sequence[Section], columns: int, mark: str = "…") -> list[Fragments]:
    """Return all of it in columns of equal width, sections kept in one piece."""
    blocks = [_block(section) for section in found]
    wide = min(columns, max((_width(line) for block in blocks for line in block), default=0))
    number = max(1, min(len(blocks), (columns + _GAP) // (wide + _GAP))) if wide else 1
    stacks = _stacked(blocks, number)
    return [
        [
            piece
            for stack in stacks
            for piece in (*fit(stack[row] if row < len(stack) else [], wide, mark), ("", " " * _GAP))
        ]
        for row in range(max((len(stack) - 1 for stack in stacks), default=0))
    ]


class Help(Dialog[None]):
    """Shows the keys until any of the keys that close it."""

    def __init__(self, title: str, found: Sequence[Section], symbols: Symbols) -> None:
        super().__init__()
        self._keys = _Keys(found, symbols)
        window = Window(self._keys)
        for key in ("q", "?", "enter"):
            self.keys.add(key)(lambda _: self.finish(None))
        for key, step in {"up": -1, "k": -1, "down": 1, "j": 1}.items():
            self.keys.add(key)(lambda _, step=step: self._keys.wheeled(step))
        for key, step in {"pageup": -1, "pagedown": 1, " ": 1}.items():
            self.keys.add(key)(lambda _, step=step: self._keys.wheeled(step * self._keys.page))
        self.compose(title, window, window, symbols)

    def size(self, columns: int, rows: int) -> tuple[int, int]:
        """Return the size in which all is seen, as far as the screen goes."""
        drawn = self._keys.drawn(columns - 6)
        wide = max((_width(line) for line in drawn), default=20)
        return min(wide + 4 - _GAP + 2, columns - 2), min(len(drawn) + 2, _TALLEST, rows)

    def hints(self) -> Hints:
        """Return its keys."""
        return [*([("Space", "more")] if self._keys.hidden else []), ("q", "close")]


class _Keys(Rows):
    """The rows of the help, scrolled."""

    def __init__(self, found: Sequence[Section], symbols: Symbols) -> None:
        self._found = found
        self._symbols = symbols
        self._top = 0
        self._count = 0
        self.page = 1

    def is_focusable(self) -> bool:
        """Take the focus, as the keys that scroll need it."""
        return True

    @property
    def hidden(self) -> int:
        """How many rows are below what is seen."""
        return max(0, self._count - self._top - self.page)

    def drawn(self, columns: int) -> list[Fragments]:
        """Return all rows at that width."""
        return lines(self._found, columns, self._symbols.more)

    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the rows in sight."""
        drawn = self.drawn(width - 2)
        self.page, self._count = max(1, height), len(drawn)
        self._top = max(0, min(self._top, self._count - self.page))
        return [
            fit([("", " "), *line], width, self._symbols.more)
            for line in drawn[self._top : self._top + height]
        ]

    def wheeled(self, step: int) -> None:
        """Scroll."""
        self._top = max(0, self._top + step)


def _block(section: Section) -> list[Fragments]:
    heading, keys = section
    wide = max((width(key) for key, _ in keys), default=0)
    body: list[Fragments] = [
        [("class:dialog.key", key), ("", f"{' ' * (wide - width(key))}  {clean(what)}")] for key, what in keys
    ]
    return [[("class:dialog.title", heading)], *body, []]


def _stacked(blocks: Sequence[list[Fragments]], number: int) -> list[list[Fragments]]:
    """Return the blocks in at most `number` columns, in order, the tallest column as low as can be."""
    lowest = max((len(block) for block in blocks), default=0)
    for height in range(lowest, sum(map(len, blocks)) + 1):
        stacks: list[list[Fragments]] = [[]]
        for block in blocks:
            if len(stacks[-1]) + len(block) > height and stacks[-1]:
                stacks.append([])
            stacks[-1] += block
        if len(stacks) <= number:
            return stacks
    return [[line for block in blocks for line in block]]


def _width(line: Fragments) -> int:
    return sum(width(text) for _, text in line)
