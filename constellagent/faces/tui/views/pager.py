"""Lines to be read: a mail, a run, a plan as it is carried out. Long lines are wrapped at words."""

from collections.abc import Sequence

from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase
from prompt_toolkit.layout import Window

from constellagent.faces.tui.deck import Deck
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.views.keys_to import give_keys
from constellagent.faces.tui.views.wrapping import wrapped
from constellagent.faces.tui.words import Fragments

_WHEEL = 3


class Pager(Rows):
    """The control; `window` is what goes into a layout."""

    def __init__(self, deck: Deck, indent: int = 0) -> None:
        """Build it without lines; `deck` is asked for frames, the rest of a wrapped line is indented."""
        self._deck = deck
        self._indent = indent
        self._lines: list[Fragments] = []
        self._done = 0
        self._wrapped: list[Fragments] = []
        self._columns = 0
        self._top = 0
        self._height = 1
        self._follow = self._wants_end = False
        self._keys = self._bound()
        self.window = Window(self)

    @property
    def at_end(self) -> bool:
        """The last line is in sight."""
        return self._top >= self._last

    def put(self, lines: Sequence[Fragments], *, follow: bool = False, keep: bool = False) -> None:
        """Show other lines, from their beginning, or with `keep` from where the others were scrolled to.

        With `follow` the end stays in sight, also of what is added, until a person scrolls away from it.
        """
        self._lines, self._columns = list(lines), 0
        self._top, self._follow = self._top if keep else 0, follow
        self._wants_end = follow
        self._deck.redraw()

    def add(self, line: Fragments) -> None:
        """Add one line; with `follow` the end stays in sight."""
        self._lines.append(line)
        self._deck.redraw()

    def scroll(self, step: int) -> None:
        """Go so many rows on; where the end is to be in sight, it is followed again once it is reached."""
        self._top = max(0, min(self._top + step, self._last))
        self._follow = self._wants_end and self.at_end
        self._deck.redraw()

    def get_key_bindings(self) -> KeyBindingsBase:
        """Return the keys that hold while it has the focus."""
        return self._keys

    def is_focusable(self) -> bool:
        """Take the focus, as the keys that scroll need it."""
        return True

    def rows(self, width: int, height: int, /) -> Sequence[Fragments]:
        """Return the rows in sight; each line is wrapped once for a width."""
        if width != self._columns:
            self._columns, self._done, self._wrapped = width, 0, []
        for line in self._lines[self._done :]:
            self._wrapped += wrapped(line, max(1, width - 2), self._indent)
        self._done = len(self._lines)
        self._height = max(1, height)
        self._top = self._last if self._follow else min(self._top, self._last)
        return [[("", " "), *line] for line in self._wrapped[self._top : self._top + height]]

    def clicked(self, _row: int, _column: int, /) -> None:
        """Take the keys."""
        give_keys(self.window)

    def wheeled(self, step: int) -> None:
        """Scroll."""
        self.scroll(step * _WHEEL)

    def _bound(self) -> KeyBindings:
        keys, far = KeyBindings(), 1 << 40
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "home": -far, "g": -far, "end": far, "G": far}
        for key, step in steps.items():
            keys.add(key)(lambda _, step=step: self.scroll(step))
        keys.add("pageup")(lambda _: self.scroll(1 - self._height))
        for key in ("pagedown", "space"):
            keys.add(key)(lambda _: self.scroll(max(1, self._height - 1)))
        return keys

    @property
    def _last(self) -> int:
        return max(0, len(self._wrapped) - self._height)
