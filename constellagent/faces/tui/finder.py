"""The dialog that finds one of many by a few letters: what the switcher, the palette and `choose` are.

With `several`, rows are marked with Tab and the answer is all that are marked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.key_binding import KeyPressEvent
from prompt_toolkit.layout import BufferControl, HSplit, Window
from prompt_toolkit.layout.processors import BeforeInput

from constellagent.faces.tui import fuzzy
from constellagent.faces.tui.box import Hints
from constellagent.faces.tui.dialogs import Dialog
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import Fragments, clean, shorten, spread, width

_NARROWEST, _WIDEST, _TALLEST = 40, 100, 24


@dataclass(frozen=True, slots=True)
class Item:
    """One of those that can be found.

    Attributes:
        value: what the answer is.
        label: what is searched and shown.
        note: is shown at the end of the row; searched only as far as `also` repeats it.
        sign: is shown before the label, with the class that colours it.
        also: more words by which it is found.
    """

    value: str
    label: str
    note: str = ""
    sign: tuple[str, str] = ("", "")
    also: str = ""


class _Found(Rows):
    """The rows that match, with one of them chosen."""

    def __init__(self, finder: "Finder", items: Sequence[Item], symbols: Symbols, marked: set[str]) -> None:
        self._finder = finder
        self._items = items
        self._symbols = symbols
        self._top = 0
        self._height = 1
        self.marked = marked
        self.chosen = 0
        self.matches: list[fuzzy.Match] = []
        self.search("")

    def search(self, query: str) -> None:
        """Show what matches, best first."""
        self.matches = fuzzy.rank(query, (f"{item.label} {item.also}" for item in self._items))
        self.chosen = self._top = 0

    @property
    def item(self) -> Item | None:
        """The chosen item, None where nothing matches."""
        return self._items[self.matches[self.chosen].number] if self.matches else None

    def move(self, step: int) -> None:
        """Choose another row; it stops at both ends."""
        self.chosen = max(0, min(len(self.matches) - 1, self.chosen + step))

    def page(self) -> int:
        """Return how many rows are seen at once."""
        return self._height

    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the rows around the chosen one."""
        self._height = max(1, height)
        self._top = max(min(self._top, self.chosen), self.chosen - self._height + 1, 0)
        seen = self.matches[self._top : self._top + self._height]
        if not seen:
            return [[("class:dialog.dim", " nothing matches; fewer letters find more")]]
        return [self._row(match, self._top + place, width) for place, match in enumerate(seen)]

    def _row(self, match: fuzzy.Match, place: int, columns: int) -> Fragments:
        item, chosen = self._items[match.number], place == self.chosen
        # A class inside `dialog` would bring the background of the dialog back into the chosen row.
        style, part = ("class:dialog.selected ", "class:") if chosen else ("", "class:dialog.")
        left: Fragments = [(style, f"{self._symbols.prompt} " if chosen else "  ")]
        if self._finder.several:
            left.append((f"{style}{part}key", "[x] " if item.value in self.marked else "[ ] "))
        if item.sign[1]:
            left.append((f"{style}{item.sign[0]}", f"{item.sign[1]} "))
        hits = set(match.places)
        for at, letter in enumerate(item.label):
            left.append((f"{style}{part}match" if at in hits else style, clean(letter)))
        note = shorten(clean(item.note), max(0, columns // 2), self._symbols.more)
        right: Fragments = [(style or "class:dialog.dim", f"  {note} " if note else " ")]
        row = spread(left, right, columns, self._symbols.more)
        return [(given or style, text) for given, text in row]

    def clicked(self, row: int, _column: int, /) -> None:
        """Take the row as the answer, or mark it."""
        if self._top + row < len(self.matches):
            self.chosen = self._top + row
            self._finder.take()

    def wheeled(self, step: int) -> None:
        """Choose another row."""
        self.move(step)


class Finder(Dialog[tuple[str, ...]]):
    """Answers with the values of one item, or with `several` of those that are marked."""

    def __init__(
        self,
        title: str,
        items: Sequence[Item],
        symbols: Symbols,
        *,
        several: bool = False,
        marked: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.several = several
        self._items = items
        self._wide = max((_wide(item) for item in items), default=0) + width("[x] ") * several
        self._found = _Found(self, items, symbols, set(marked))
        self._query = Buffer(multiline=False, on_text_changed=lambda buffer: self._found.search(buffer.text))
        line = Window(
            BufferControl(self._query, input_processors=[BeforeInput("> ", "class:dialog.key")]),
            height=1,
            style="class:dialog.input",
        )
        self._bind()
        self.compose(title, HSplit([line, Window(self._found)]), line, symbols)

    def size(self, columns: int, rows: int) -> tuple[int, int]:
        """Return the size for the longest row and, up to a number, all rows; typing does not change it."""
        wanted = max(_NARROWEST, min(_WIDEST, self._wide + 6))
        return min(wanted, columns - 2), min(len(self._items) + 3, _TALLEST, rows - 2)

    def hints(self) -> Hints:
        """Return its keys."""
        marking = [("Tab", "mark")] if self.several else []
        return [("Enter", "choose"), *marking, ("Esc", "back")]

    def take(self) -> None:
        """Answer with the chosen item; with several, mark or unmark it."""
        item = self._found.item
        if item is None:
            return
        if self.several:
            self._found.marked ^= {item.value}
        else:
            self.finish((item.value,))

    def _bind(self) -> None:
        moves = {"up": -1, "c-p": -1, "down": 1, "c-n": 1}
        for key, step in moves.items():
            self.keys.add(key)(lambda _, step=step: self._found.move(step))
        self.keys.add("pageup")(lambda _: self._found.move(-self._found.page()))
        self.keys.add("pagedown")(lambda _: self._found.move(self._found.page()))
        self.keys.add("tab")(self._tab)
        self.keys.add("enter")(self._enter)

    def _tab(self, _: KeyPressEvent) -> None:
        if self.several:
            self.take()
        self._found.move(1)

    def _enter(self, _: KeyPressEvent) -> None:
        if self.several:
            marked = self._found.marked
            self.finish(tuple(item.value for item in self._items if item.value in marked))
        else:
            self.take()


def _wide(item: Item) -> int:
    return width(clean(item.label)) + width(clean(item.note)) + 6
