"""The view of an agent's changes: files with counts, hunks in colour, on one side or two."""

import os
from collections.abc import Callable, Sequence

from prompt_toolkit.key_binding import KeyBindings, KeyBindingsBase, KeyPressEvent
from prompt_toolkit.layout import AnyContainer, Window

from constellagent.faces.tui.deck import AgentId, Deck
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import Symbols, of_locale
from constellagent.faces.tui.themes import choose
from constellagent.faces.tui.views.diff_colours import PALETTES
from constellagent.faces.tui.views.diff_document import Document, Heading
from constellagent.faces.tui.views.diff_picture import LIST_FROM, SPLIT_FROM, Picture
from constellagent.faces.tui.views.diff_place import Place
from constellagent.faces.tui.views.diff_source import Source
from constellagent.faces.tui.words import Fragments, clean

_SHIFT = 8
_WHEEL = 3


class DiffPane(Rows):
    """Meets `View`. Only rows in sight are drawn, and only files in sight are fetched."""

    name = "diff"

    def __init__(self, deck: Deck, agent: AgentId | None = None, symbols: Symbols | None = None) -> None:
        """Show the changes of `agent`, of the current one if none is named; `refresh` fetches them."""
        self._deck = deck
        self._symbols = symbols or of_locale()
        self._document = Document()
        self._place = Place(self._document)
        self._source = Source(deck, agent or deck.current, self._document, self._place.kept)
        settings = deck.settings
        theme = choose(settings.theme, os.environ, settings.screen_background)
        self._picture = Picture(self._source, self._place, PALETTES[theme.name], self._symbols)
        self._window = Window(self, always_hide_cursor=True)

    @property
    def title(self) -> str:
        """What its border says."""
        source, dot = self._source, f" {self._symbols.dot} "
        whose = "" if source.agent is None else f"{dot}{source.agent.name} against {clean(source.against)}"
        return f"diff{whose}{f'{dot}without white space' if source.ignore_space else ''}"

    def container(self) -> AnyContainer:
        """Return what is drawn."""
        return self._window

    def is_focusable(self) -> bool:
        """It takes keys."""
        return True

    def bindings(self) -> KeyBindingsBase:
        """Return its keys."""
        bindings = KeyBindings()
        for keys, act in self._keys():
            for key in keys.split():
                bindings.add(key)(_calling(act))
        return bindings

    def hints(self) -> Sequence[tuple[str, str]]:
        """Return its keys and what they do."""
        files, words = ("J/K", "file"), self._picture.words
        return [
            ("j/k", "line"),
            *([files, ("n/N", "match")] if words else [("n/p", "file")]),
            ("]/[", "hunk"),
            ("Enter", "fold"),
            ("/", "search"),
            ("a", "against HEAD" if self._source.against == "base" else "against base"),
            ("s", "one side" if self._picture.splitting else "side by side"),
            ("w", "white space"),
            ("r", "refresh"),
            ("z", "fold all"),
            ("f", "list of files"),
            ("c", "against a commit"),
            ("h/l", "left/right"),
            ("g/G", "begin/end"),
            ("Space/b", "page"),
        ]

    async def refresh(self) -> None:
        """Fetch the list anew; the patches in sight follow.

        Raises:
            ConstellagentError: it cannot be had; what is shown is kept.
        """
        await self._source.fetch(again=False)

    def rows(self, width: int, height: int) -> Sequence[Fragments]:
        """Draw what is in sight."""
        return self._picture.rows(width, height)

    def clicked(self, row: int, column: int) -> None:
        """Go to a row or a file; a click on a file's heading folds it."""
        if row == 0 or not self._document.entries:
            return
        if column < self._picture.beside:
            number = self._picture.first_listed + row - 1
            if number < len(self._document.entries):
                self._place.to_file(number)
        elif (at := self._place.top + row - 1) < self._document.total:
            self._place.to(at)
            if isinstance(self._document.at(at)[1], Heading):
                self._fold()
        self._deck.redraw()

    def wheeled(self, step: int) -> None:
        """Scroll; the cursor stays in sight."""
        self._place.scroll(step * _WHEEL)
        self._deck.redraw()

    def _keys(self) -> Sequence[tuple[str, Callable[[], None]]]:
        place, picture, source, spawn = self._place, self._picture, self._source, self._deck.spawn
        return [
            ("j down", lambda: place.to(place.cursor + 1)),
            ("k up", lambda: place.to(place.cursor - 1)),
            ("space pagedown c-f", lambda: place.page(1.0)),
            ("b pageup c-b", lambda: place.page(-1.0)),
            ("c-d", lambda: place.page(0.5)),
            ("c-u", lambda: place.page(-0.5)),
            ("g home", lambda: place.to(0)),
            ("G end", lambda: place.to(self._document.total - 1)),
            ("J", lambda: place.step_file(1)),
            ("K p", lambda: place.step_file(-1)),
            ("n", lambda: self._match(1) if picture.words else place.step_file(1)),
            ("N", lambda: self._match(-1)),
            ("]", lambda: self._hunk(1)),
            ("[", lambda: self._hunk(-1)),
            ("enter", self._fold),
            ("z", self._fold_all),
            ("l right", lambda: self._shift(_SHIFT)),
            ("h left", lambda: self._shift(-_SHIFT)),
            ("f", self._toggle_list),
            ("s", self._toggle_sides),
            ("a", self._toggle_against),
            ("w", lambda: spawn(source.compare(ignore_space=not source.ignore_space), "diff")),
            ("c", lambda: spawn(self._ask_commit(), "diff against a commit")),
            ("/", lambda: spawn(self._search(), "search in a diff")),
            ("r", lambda: spawn(source.fetch(again=True), "diff")),
        ]

    def _match(self, step: int) -> None:
        words = self._picture.words
        if not words:
            return
        found = self._document.find(words, self._place.cursor, step)
        if found is None:
            self._deck.say(f"{clean(words)!r} is not in the open files", "warning")
        else:
            self._place.jump(found)

    def _hunk(self, step: int) -> None:
        found = self._document.hunk(self._place.cursor, step)
        if found is not None:
            self._place.jump(found)

    def _fold(self) -> None:
        """Fold or open the file with the cursor."""
        if self._document.entries:
            number = self._place.number
            entry = self._document.entries[number]
            entry.open = not entry.open
            self._document.changed()
            self._place.to(self._document.start(number))

    def _fold_all(self) -> None:
        if self._document.entries:
            number = self._place.number
            unfold = not any(entry.open for entry in self._document.entries)
            for entry in self._document.entries:
                entry.open = unfold
            self._document.changed()
            self._place.to_file(number)

    def _shift(self, columns: int) -> None:
        self._picture.shift = max(0, self._picture.shift + columns)

    def _toggle_list(self) -> None:
        self._picture.listing = not self._picture.listing
        if self._picture.columns < LIST_FROM:
            self._deck.say(f"the list needs {LIST_FROM} columns; z folds all files instead")

    def _toggle_sides(self) -> None:
        self._picture.splitting = not self._picture.splitting
        if self._picture.splitting and not self._picture.fits_split:
            self._deck.say(f"side by side needs {SPLIT_FROM} columns")

    def _toggle_against(self) -> None:
        against = "HEAD" if self._source.against == "base" else "base"
        self._deck.spawn(self._source.compare(against=against), "diff")

    async def _ask_commit(self) -> None:
        said = await self._deck.ask("Compare with which commit? base, HEAD, a branch, a tag or an id")
        if said and said.strip():
            await self._source.compare(against=said.strip())

    async def _search(self) -> None:
        said = await self._deck.ask("Search in the open files for", self._picture.words)
        if said is not None:
            self._picture.words = said
            self._match(1)
            self._deck.redraw()


def _calling(act: Callable[[], None]) -> Callable[[KeyPressEvent], None]:
    """Return a handler; the application draws a frame after each key."""

    def pressed(_event: KeyPressEvent) -> None:
        act()

    return pressed
