"""The whole window as one container of prompt_toolkit: list, tiles or a view, status line, and their borders.

It lays out anew in each frame, so that any size of the window, however it came about, is right.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from prompt_toolkit.data_structures import Point
from prompt_toolkit.key_binding import KeyBindingsBase
from prompt_toolkit.layout import (
    AnyContainer,
    Container,
    Dimension,
    FormattedTextControl,
    Window,
    to_container,
)
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Char, Screen, WritePosition
from prompt_toolkit.mouse_events import MouseEvent

from constellagent.faces.tui import arrangement, borders
from constellagent.faces.tui.arrangement import Area, Places
from constellagent.faces.tui.borders import Mark, Pane, Title
from constellagent.faces.tui.frames import Hole
from constellagent.faces.tui.tile import Tile
from constellagent.term.cells import Cursor

Handler = Callable[[MouseEvent], object]

_STYLES: Mapping[Mark, str] = {
    "border": "class:border",
    "border.focused": "class:border.focused",
    "border.broadcast": "class:state.waiting",
}


class Shown(Protocol):
    """What the stage has to show, asked anew for each frame."""

    @property
    def body(self) -> AnyContainer | None:
        """The open view's container; None while the tiles are shown."""
        ...

    @property
    def covered(self) -> bool:
        """Something may lie over the tiles."""
        ...

    def tiles(self, room: int) -> Sequence[Tile]:
        """Return the tiles to show where so many have room, the one in focus among them."""
        ...

    def wanted(self) -> int:
        """Return how many tiles there should be."""
        ...

    def focused(self) -> Tile | None:
        """Return the tile with the focus; None where something else has it."""
        ...

    def title(self, tile: Tile | None) -> tuple[Title, Mark]:
        """Return what the border above a tile says, or above the open view, and how it is drawn."""
        ...

    def list_title(self) -> tuple[Title, Mark]:
        """Return the same of the list."""
        ...

    def left_out(self, count: int) -> None:
        """Take note of how many tiles have no room."""
        ...

    def mouse(self, tile: Tile, column: int, row: int, event: MouseEvent) -> object:
        """Handle a mouse event at a cell of a tile whose program does not want it."""
        ...


class Stage(Container):
    """What the window shows.

    Attributes:
        terminal: gets the focus of prompt_toolkit while a program has the keyboard.
        holes: where the tiles are, since the last frame.
        places: where everything is, since the last frame.
    """

    def __init__(
        self,
        shown: Shown,
        listed: AnyContainer,
        status: AnyContainer,
        list_width: Callable[[int], int],
        *,
        unicode: bool,
    ) -> None:
        """`list_width` gives the columns of the list in a window of that width, 0 to hide it."""
        self.terminal = Window(FormattedTextControl("", focusable=True))
        self.holes: list[Hole] = []
        self.places = Places(None, Area(0, 0, 1, 1), Area(0, 0, 1, 1), (), 0)
        self._shown = shown
        self._listed = to_container(listed)
        self._status = to_container(status)
        self._list_width = list_width
        self._unicode = unicode
        self._of: dict[int, Tile] = {}

    def reset(self) -> None:
        """Reset all parts."""
        for child in self.get_children():
            child.reset()

    def preferred_width(self, max_available_width: int) -> Dimension:  # noqa: ARG002 - as it is overridden
        """Take all there is."""
        return Dimension()

    def preferred_height(self, width: int, max_available_height: int) -> Dimension:  # noqa: ARG002 - the same
        """Take all there is."""
        return Dimension()

    def get_children(self) -> list[Container]:
        """Return all parts that can have the focus or draw themselves."""
        body = self._shown.body
        return [self._listed, self._status, self.terminal if body is None else to_container(body)]

    def get_key_bindings(self) -> KeyBindingsBase | None:
        """Return none: keys belong to the parts, commands to the prefix key."""
        return None

    def cursor(self) -> tuple[int, int, Cursor] | None:
        """Return column, row and cursor of the terminal that has the focus; None where none has."""
        focused = self._shown.focused()
        for hole in self.holes:
            if hole.picture is focused and focused is not None:
                found = focused.cursor_in(hole.area.height, hole.area.width)
                if found is not None:
                    return hole.area.x + found[0], hole.area.y + found[1], found[2]
                return hole.area.x, hole.area.y, Cursor(visible=False)
        return None

    def at(self, x: int, y: int) -> tuple[Tile, Area] | None:
        """Return the tile at a cell of the window, and where it is."""
        for hole in self.holes:
            if hole.area.holds(x, y):
                return self._of[id(hole)], hole.area
        return None

    def write_to_screen(
        self,
        screen: Screen,
        mouse_handlers: MouseHandlers,
        write_position: WritePosition,
        parent_style: str,
        erase_bg: bool,
        z_index: int | None,
    ) -> None:
        """Draw everything but what is in the tiles."""
        columns, rows = write_position.width, write_position.height
        screen.width, screen.height = max(screen.width, columns), max(screen.height, rows)
        body = self._shown.body
        wanted = 0 if body is not None else self._shown.wanted()
        places = arrangement.places(columns, rows, list_width=self._list_width(columns), tiles=wanted)
        self.places = places
        self._shown.left_out(places.left_out)

        def put(container: Container, area: Area) -> None:
            position = WritePosition(area.x, area.y, area.width, area.height)
            container.write_to_screen(screen, mouse_handlers, position, parent_style, erase_bg, z_index)

        panes: list[Pane] = []
        if places.listed is not None:
            put(self._listed, places.listed)
            panes.append(Pane(places.listed, *self._shown.list_title()))
        put(self._status, places.status)
        if body is not None:
            self.holes = []
            put(to_container(body), places.body)
            panes.append(Pane(places.body, *self._shown.title(None)))
        else:
            panes += self._cut(screen, mouse_handlers, places.tiles)
        self._draw_borders(screen, columns, places.status.y, panes)

    def _cut(self, screen: Screen, mouse_handlers: MouseHandlers, areas: Sequence[Area]) -> list[Pane]:
        """Leave a hole for each tile; one that stays where it was keeps what it knows about its drawing."""
        before = {(hole.area, id(hole.picture)): hole for hole in self.holes}
        self.holes, self._of = [], {}
        panes = [Pane(area) for area in areas]
        for number, tile in enumerate(self._shown.tiles(len(areas))):
            area = areas[number]
            hole = before.get((area, id(tile))) or Hole(area, tile)
            self.holes.append(hole)
            self._of[id(hole)] = tile
            tile.place(area.height, area.width)
            hole.cut(screen, covered=self._shown.covered)
            handlers = dict.fromkeys(range(area.x, area.right), self._handler(tile, area))
            for y in range(area.y, area.bottom):
                mouse_handlers.mouse_handlers[y].update(handlers)
            panes[number] = Pane(area, *self._shown.title(tile))
        anchor = areas[0]
        position = WritePosition(anchor.x, anchor.y, anchor.width, anchor.height)
        screen.visible_windows_to_write_positions[self.terminal] = position
        screen.set_cursor_position(self.terminal, Point(anchor.x, anchor.y))
        return panes

    def _handler(self, tile: Tile, area: Area) -> Handler:
        def handle(event: MouseEvent) -> object:
            column, row = event.position.x - area.x, event.position.y - area.y
            return self._shown.mouse(tile, column, row, event)

        return handle

    def _draw_borders(self, screen: Screen, columns: int, rows: int, panes: Sequence[Pane]) -> None:
        for (x, y), (text, mark) in borders.lines(columns, rows, panes, unicode=self._unicode).items():
            screen.data_buffer[y][x] = Char(text, _STYLES[mark])
        for pane in panes:
            y, x = pane.area.y - 1, pane.area.x + 1
            if y < 0:
                continue
            for style, text in borders.title(pane.title, pane.area.width - 2):
                for character in text:
                    cell = Char(character, style)
                    screen.data_buffer[y][x] = cell
                    x += cell.width
