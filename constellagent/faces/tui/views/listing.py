"""A list with one chosen row, of any length: only the rows in sight are drawn, and it can be narrowed down.

What is chosen is remembered by key, so that a list which is fetched anew leaves the person where she was.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import Window

from constellagent.faces.tui.deck import Deck
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import of_locale
from constellagent.faces.tui.views.keys_to import give_keys, has_keys
from constellagent.faces.tui.views.wrapping import wrapped
from constellagent.faces.tui.words import Fragments, clean, fit

_WHEEL = 3
_T = TypeVar("_T")

Draw = Callable[[_T, int], Fragments]
"""Draws one row at a width."""


class Listing(Rows, Generic[_T]):
    """The control; `window` is what goes into a layout.

    Attributes:
        words: what rows must contain to be shown, as typed by the person; empty for all.
        heading: drawn above the rows where it is not empty.
    """

    def __init__(
        self,
        deck: Deck,
        draw: Draw[_T],
        *,
        key: Callable[[_T], Hashable],
        text: Callable[[_T], str],
        empty: Callable[[], Sequence[str]],
        chosen: Callable[[_T], None] | None = None,
        moved: Callable[[], None] | None = None,
    ) -> None:
        """Build an empty list.

        Args:
            deck: asked for frames and for the words to look for.
            draw: draws a row.
            key: tells rows apart, also in a list that was fetched anew.
            text: what of a row is looked through.
            empty: what to say where there are no rows, and what to do about it.
            chosen: called when Enter or a second click chooses a row.
            moved: called when another row is the selected one.
        """
        self._deck = deck
        self._draw = draw
        self._key = key
        self._text = text
        self._empty = empty
        self._chosen = chosen
        self._moved = moved
        self._all: Sequence[_T] = ()
        self._seen: Sequence[_T] = ()
        self._at = 0
        self._top = 0
        self._height = 1
        self._follows = True
        self.words = ""
        self.heading: Fragments = []
        self._sign = of_locale().prompt
        self._keys = self._bound()
        self.window = Window(self)

    @property
    def items(self) -> Sequence[_T]:
        """All rows, also those that `words` leave out."""
        return self._all

    @property
    def seen(self) -> Sequence[_T]:
        """The rows that `words` leave."""
        return self._seen

    @property
    def selected(self) -> _T | None:
        """The chosen row, None in an empty list."""
        return self._seen[self._at] if self._at < len(self._seen) else None

    @property
    def at_end(self) -> bool:
        """The last row is the chosen one and in sight, or there is none: what comes then may be followed."""
        return self._follows and self._at >= len(self._seen) - 1

    def put(self, items: Sequence[_T]) -> None:
        """Show these rows; the chosen one stays where it is still there, else its neighbour is.

        `moved` is not called: whoever puts rows knows.
        """
        before = self.selected
        self._all = items
        self._narrow(before)

    def look_for(self, words: str) -> None:
        """Show only the rows that contain all of the words, whatever the case."""
        before = self.selected
        self.words, self._follows = words.strip(), True
        self._narrow(before)
        after = self.selected
        if self._moved is not None and (before and self._key(before)) != (after and self._key(after)):
            self._moved()
        self._deck.redraw()

    async def ask_for_words(self) -> None:
        """Let the person say what to look for; nothing shows all again."""
        words = await self._deck.ask("Show only rows with:", self.words)
        if words is not None:
            self.look_for(words)

    def move(self, step: int) -> None:
        """Choose the row so many further on; stops at both ends."""
        self._follows = True
        self._go(max(0, min(len(self._seen) - 1, self._at + step)))

    def get_key_bindings(self) -> KeyBindingsBase:
        """Return the keys that hold while it has the focus."""
        return self._keys

    def is_focusable(self) -> bool:
        """Take the focus."""
        return True

    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the heading and the rows in sight."""
        above = [fit([("class:heading", " "), *self.heading], width)] if self.heading else []
        if not self._seen:
            return [*above, *self._nothing(width)][:height]
        self._height = max(1, height - len(above))
        if self._follows:
            self._top = min(self._top, self._at)
            self._top = max(self._top, self._at - self._height + 1)
        self._top = self._within(self._top)
        rows = [
            self._line(item, width, chosen=number == self._at)
            for number, item in enumerate(self._seen[self._top : self._top + self._height], self._top)
        ]
        return [*above, *rows]

    def clicked(self, row: int, _column: int, /) -> None:
        """Take the keys and choose the row; a click on the chosen one is Enter where it had them."""
        had = has_keys(self.window)
        give_keys(self.window)
        number = self._top + row - bool(self.heading)
        if row < bool(self.heading) or number >= len(self._seen):
            return
        if had and number == self._at:
            self._choose()
        self._go(number)

    def wheeled(self, step: int) -> None:
        """Scroll; what is chosen stays, also out of sight."""
        self._top = self._within(self._top + step * _WHEEL)
        self._follows = self._top <= self._at < self._top + self._height
        self._deck.redraw()

    def _bound(self) -> KeyBindings:
        keys, far = KeyBindings(), 1 << 40
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "home": -far, "g": -far, "end": far, "G": far}
        for key, step in steps.items():
            keys.add(key)(lambda _, step=step: self.move(step))
        keys.add("pageup")(lambda _: self.move(min(-1, 1 - self._height)))
        keys.add("pagedown")(lambda _: self.move(max(1, self._height - 1)))
        keys.add("enter")(lambda _: self._choose())
        keys.add("/")(lambda _: self._deck.spawn(self.ask_for_words(), "look for rows"))
        return keys

    def _line(self, item: _T, width: int, *, chosen: bool) -> Fragments:
        """Return a row; the chosen one has a sign, and its own colours where the list has the keys."""
        sign = ("class:heading", self._sign) if chosen else ("", " ")
        line = fit([sign, *self._draw(item, width - 2)], width)
        if not (chosen and has_keys(self.window)):
            return line
        return [(f"class:selected {style}" if style else "class:selected", text) for style, text in line]

    def _nothing(self, width: int) -> list[Fragments]:
        lines = (
            [f"Nothing has {clean(self.words)!r}; / looks for something else."]
            if self.words
            else self._empty()
        )
        parts = [part for line in lines for part in wrapped([("class:dim", line)], max(1, width - 4))]
        return [[], *([("", "  "), *part] for part in parts)]

    def _within(self, top: int) -> int:
        return max(0, min(top, len(self._seen) - self._height))

    def _narrow(self, before: _T | None) -> None:
        words = self.words.lower().split()
        self._seen = [item for item in self._all if _has(self._text(item), words)] if words else self._all
        keys = [self._key(item) for item in self._seen]
        wanted = None if before is None else self._key(before)
        self._at = keys.index(wanted) if wanted in keys else max(0, min(self._at, len(keys) - 1))

    def _go(self, number: int) -> None:
        other, self._at = number != self._at, number
        if other and self._moved is not None:
            self._moved()
        self._deck.redraw()

    def _choose(self) -> None:
        item = self.selected
        if item is not None and self._chosen is not None:
            self._chosen(item)


def _has(text: str, words: Sequence[str]) -> bool:
    found = text.lower()
    return all(word in found for word in words)
