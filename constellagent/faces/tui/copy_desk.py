"""Copy mode of the tiles: who is in it, what keys and mouse do there, and where copies go."""

import os
from collections.abc import Callable
from typing import Protocol

from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.mouse_events import MouseButton, MouseEvent, MouseEventType

from constellagent.faces.tui.copying import Clipboard, CopyMode, Wish, still
from constellagent.faces.tui.copying import keys as copy_keys
from constellagent.faces.tui.copying.mode import Direction
from constellagent.faces.tui.deck import Deck
from constellagent.faces.tui.tile import Tile
from constellagent.term.keys import paste

_WHEEL = 3
"""Rows for one turn of the wheel."""
_NAMES = {"c-m": "enter", "c-i": "tab", "c-h": "backspace", "c-@": "c-space"}
"""Keys that prompt_toolkit calls otherwise."""


class Host(Deck, Protocol):
    """The deck, as far as copy mode needs more of it."""

    @property
    def tile(self) -> Tile | None:
        """The tile in focus."""
        ...

    def take_focus(self, tile: Tile) -> None:
        """Give the keys to a tile."""
        ...


class CopyDesk:
    """Copy mode of all tiles.

    Attributes:
        write: gives text to the outer terminal as it is; set by the application.
        last: what was copied last; None before anything was.
    """

    def __init__(self, host: Host) -> None:
        self.write: Callable[[str], None] = lambda _: None
        self.last: str | None = None
        self._host = host
        self._drag_from: tuple[Tile, int, int] | None = None

    def begin(self) -> CopyMode | None:
        """Let the tile in focus be scrolled; returns its copy mode, None where it shows nothing."""
        tile = self._host.tile
        return None if tile is None else self._begin(tile)

    def search(self) -> None:
        """Begin copy mode with a search."""
        if self.begin() is not None:
            self._host.spawn(self._find("backwards"), "search")

    def paste_last(self) -> None:
        """Give what was copied last to the program in focus."""
        tile = self._host.tile
        if self.last is None:
            self._host.say("nothing was copied yet")
        elif tile is not None and tile.live:
            tile.type(paste(self.last, bracketed=tile.modes.bracketed_paste))

    def bindings(self) -> KeyBindings:
        """Return the keys of copy mode: all there are."""
        keys = KeyBindings()
        keys.add(Keys.Any)(self._pressed)
        keys.add("escape", eager=True)(self._pressed)
        return keys

    def mouse(self, tile: Tile, column: int, row: int, event: MouseEvent) -> object:
        """Focus by a click, scroll by the wheel, select by a drag."""
        kind = event.event_type
        mode = tile.copying
        if kind in {MouseEventType.SCROLL_UP, MouseEventType.SCROLL_DOWN}:
            up = kind is MouseEventType.SCROLL_UP
            if mode is None and up:
                mode = self._begin(tile)
            if mode is not None:
                mode.scroll(-_WHEEL if up else _WHEEL)
                if not up and mode.at_end and mode.selection is None:
                    tile.end_copying()
        elif kind is MouseEventType.MOUSE_DOWN and event.button is MouseButton.LEFT:
            self._host.take_focus(tile)
            self._drag_from = (tile, row, column)
            if mode is not None:
                mode.press(row, column)
        elif kind is MouseEventType.MOUSE_MOVE and event.button is MouseButton.LEFT:
            self._drag(tile, row, column)
        elif kind is MouseEventType.MOUSE_UP:
            self._drop(tile)
        else:
            return NotImplemented
        self._host.redraw()
        return None

    def _drag(self, tile: Tile, row: int, column: int) -> None:
        if self._drag_from is None or self._drag_from[0] is not tile:
            return
        mode = tile.copying
        if mode is None and (mode := self._begin(tile)) is not None:
            mode.press(self._drag_from[1], self._drag_from[2])
        if mode is not None:
            mode.drag(row, column)

    def _drop(self, tile: Tile) -> None:
        began, self._drag_from = self._drag_from, None
        mode = tile.copying
        if began is not None and mode is not None and mode.selection is not None:
            self._do(tile, mode, Wish(copy=mode.copied() or None, close=True))

    def _begin(self, tile: Tile) -> CopyMode | None:
        if tile.screen is None:
            return None
        if tile.copying is None:
            screen = still(tile.screen, self._host.settings.scrollback)
            cursor = tile.screen.cursor()
            tile.begin_copying(CopyMode(screen, (cursor.row, cursor.column)), screen)
        self._host.redraw()
        return tile.copying

    def _pressed(self, event: KeyPressEvent) -> None:
        tile = self._host.tile
        if tile is None or tile.copying is None:
            return
        press = event.key_sequence[-1]
        name = press.key.value if isinstance(press.key, Keys) else press.key
        wish = copy_keys.press(tile.copying, _NAMES.get(name, name))
        if wish is not None:
            self._do(tile, tile.copying, wish)
        self._host.redraw()

    def _do(self, tile: Tile, _mode: CopyMode, wish: Wish) -> None:
        if wish.copy is not None:
            self.last = wish.copy
            self._host.spawn(self.put(wish.copy), "copy")
        if wish.close:
            tile.end_copying()
        if wish.ask is not None:
            self._host.spawn(self._find(wish.ask), "search")

    async def _find(self, direction: Direction) -> None:
        needle = await self._host.ask("Search forwards" if direction == "forwards" else "Search backwards")
        tile = self._host.tile
        if needle and tile is not None and tile.copying is not None:
            tile.copying.find(needle, direction)
            self._host.redraw()

    async def put(self, text: str) -> None:
        """Copy a text to the clipboard, and say how that went."""
        taken, words = await Clipboard(os.environ, self.write).put(text)
        self._host.say(words, "done" if taken else "warning")
