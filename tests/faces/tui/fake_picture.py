"""A window of two terminals without processes: real screens, a real renderer, and its output kept."""

import io
from collections.abc import Sequence
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.application.current import set_app
from prompt_toolkit.data_structures import Point, Size
from prompt_toolkit.input import DummyInput
from prompt_toolkit.layout import (
    Container,
    Dimension,
    Float,
    FloatContainer,
    FormattedTextControl,
    Layout,
    Window,
)
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Screen as Drawing
from prompt_toolkit.layout.screen import WritePosition
from prompt_toolkit.output import ColorDepth

from constellagent.faces.tui.arrangement import Area
from constellagent.faces.tui.frames import Hole, HoleRenderer, TerminalOutput
from constellagent.term.cells import Cursor, Row
from constellagent.term.screen import Screen


class Kept(io.StringIO):
    """What was written since the last look."""

    def taken(self) -> bytes:
        """Return it, and forget it."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text.encode()


class LivePicture:
    """A screen as a picture; rows that have not changed stay the same objects."""

    def __init__(self, rows: int, columns: int) -> None:
        self.screen = Screen(rows, columns)
        self._rows: list[Row] = [()] * rows

    def visible(self, rows: int, columns: int) -> Sequence[Row]:
        """Return the rows as they are now."""
        for number, row in self.screen.changed():
            self._rows[number] = row
        return self._rows[:rows]


class Holed(Container):
    """Nothing but holes, and words in the first row."""

    def __init__(self, holes: list[Hole]) -> None:
        self.holes = holes
        self.words = Window(FormattedTextControl(lambda: self.text, focusable=True), height=1)
        self.text = "chrome"
        self.covered = False
        self.words_cursor = Point(3, 0)
        self.cursor_at: tuple[int, int, Cursor] | None = None

    def cursor(self) -> tuple[int, int, Cursor] | None:
        """Return the cursor that the test wants."""
        return self.cursor_at

    def reset(self) -> None:
        """Do nothing."""

    def preferred_width(self, max_available_width: int) -> Dimension:
        """Take all."""
        return Dimension()

    def preferred_height(self, width: int, max_available_height: int) -> Dimension:
        """Take all."""
        return Dimension()

    def get_children(self) -> list[Container]:
        """Return the words."""
        return [self.words]

    def write_to_screen(
        self,
        screen: Drawing,
        mouse_handlers: MouseHandlers,
        write_position: WritePosition,
        parent_style: str,
        erase_bg: bool,
        z_index: int | None,
    ) -> None:
        """Draw the words, and cut the holes."""
        screen.width, screen.height = write_position.width, write_position.height
        first = WritePosition(0, 0, write_position.width, 1)
        self.words.write_to_screen(screen, mouse_handlers, first, parent_style, erase_bg, z_index)
        screen.set_cursor_position(self.words, self.words_cursor)
        for hole in self.holes:
            hole.cut(screen, covered=self.covered)


class Stand:
    """A window with holes at `areas` below one row of words."""

    def __init__(
        self,
        columns: int,
        rows: int,
        *areas: Area,
        depth: ColorDepth = ColorDepth.DEPTH_24_BIT,
        modes: tuple[str, str] = ("", ""),
    ) -> None:
        self.kept = Kept()
        self.size = Size(rows=rows, columns=columns)
        self.output = TerminalOutput(self.kept, lambda: self.size, term="xterm-256color")
        self.pictures = [LivePicture(area.height, area.width) for area in areas]
        self.container = Holed(
            [Hole(area, picture) for area, picture in zip(areas, self.pictures, strict=True)]
        )
        self.floats: list[Float] = []
        self.application: Application[Any] = Application(
            layout=Layout(FloatContainer(self.container, self.floats)),
            full_screen=True,
            color_depth=depth,
            input=DummyInput(),
            output=self.output,
        )
        self.renderer = HoleRenderer(self.application, self.container, modes)
        self.seen = Screen(rows, columns)

    def whole(self) -> None:
        """Draw a whole frame."""
        with set_app(self.application):
            self.renderer.render(self.application, self.application.layout)
        self.seen.feed(self.kept.taken())

    def fill(self) -> None:
        """Draw what has changed of the terminals."""
        self.renderer.fill()
        self.seen.feed(self.kept.taken())

    def close(self) -> None:
        """Free the screens."""
        for picture in self.pictures:
            picture.screen.close()
        self.seen.close()
