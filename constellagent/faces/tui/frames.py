"""Frames: prompt_toolkit draws the chrome, and we the rows of the terminals in the holes that it leaves.

prompt_toolkit never knows what a program shows: a tile is a hole in its screen, filled by us after each of
its frames, and alone when nothing but terminals has changed. So a program keeps every attribute that it
uses, a keystroke's echo costs one row, and dialogs may lie over terminals that go on.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from prompt_toolkit.application import Application
from prompt_toolkit.cursor_shapes import CursorShape
from prompt_toolkit.data_structures import Point
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.screen import Char, Screen
from prompt_toolkit.output import ColorDepth, Output
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.renderer import Renderer

from constellagent.faces.tui.arrangement import Area
from constellagent.faces.tui.painter import BEGIN, END, Span, goto, line
from constellagent.term.cells import Cursor, Row

HOLE = Char(".", "class:terminal")
"""What prompt_toolkit believes to be in a cell of a tile; a dot, as it drops blanks at the end of a line."""

_SHAPES = {
    ("block", False): CursorShape.BLOCK,
    ("underline", False): CursorShape.UNDERLINE,
    ("underline", True): CursorShape.BLINKING_UNDERLINE,
    ("bar", False): CursorShape.BEAM,
    ("bar", True): CursorShape.BLINKING_BEAM,
}


class Picture(Protocol):
    """What a hole shows."""

    def visible(self, rows: int, columns: int) -> Sequence[Row]:
        """Return at most that many rows; one that has not changed is the same object as before."""
        ...


class Hole:
    """One tile's place on the screen, and what was drawn there.

    Attributes:
        area: where it is.
        picture: what it shows.
    """

    def __init__(self, area: Area, picture: Picture) -> None:
        self.area = area
        self.picture = picture
        self._drawn: list[Row | None] = [None] * area.height
        self._open: list[tuple[Span, ...]] = [()] * area.height
        self._whole = True
        self._blank = Char(" " * area.width, "class:terminal")
        self._filled = [HOLE] * area.width
        self._columns = dict.fromkeys(range(area.x, area.right), HOLE)

    def cut(self, screen: Screen, *, covered: bool = False) -> None:
        """Leave room for it in a frame of prompt_toolkit; `covered` where something may lie over it.

        A row that nothing can cover is one very wide character, over which prompt_toolkit goes in one step.
        """
        area = self.area
        if covered != (not self._whole):
            self._whole = not covered
            self._drawn = [None] * area.height  # what changes from one form to the other is written over
        for y in range(area.y, area.bottom):
            if covered:
                screen.data_buffer[y].update(self._columns)
            else:
                screen.data_buffer[y][area.x] = self._blank

    def look(self, screen: Screen, *, erased: bool) -> None:
        """Find out what of it a frame has left open; where that changed the row has to be drawn anew."""
        area = self.area
        columns = range(area.x, area.right)
        whole: tuple[Span, ...] = ((0, area.width),)
        for number in range(area.height):
            spans = whole
            if not self._whole:
                cells = list(map(screen.data_buffer[area.y + number].__getitem__, columns))
                spans = whole if cells == self._filled else _spans(cells)
            if erased or spans != self._open[number]:
                self._open[number] = spans
                self._drawn[number] = None

    def draw(self, depth: ColorDepth) -> str:
        """Return what draws the rows that are not as they should be."""
        area, out = self.area, []
        rows = self.picture.visible(area.height, area.width)
        for number, drawn in enumerate(self._drawn):
            row = rows[number] if number < len(rows) else ()
            if row is drawn or not (spans := self._open[number]):
                continue
            self._drawn[number] = row
            if drawn is not None:
                spans = _both(spans, _difference(drawn, row, area.width))
            out.append(line(area.x, area.y + number, row, spans, depth))
        return "".join(out)


class Holes(Protocol):
    """Who knows the tiles of the present frame."""

    @property
    def holes(self) -> Sequence[Hole]:
        """Those of the last frame of prompt_toolkit."""
        ...

    def cursor(self) -> tuple[int, int, Cursor] | None:
        """Return column, row and cursor of the terminal that has the focus; None where none has."""
        ...


class TerminalOutput(Vt100_Output):
    """An output that gives out a whole frame at once, and notes when all of the screen was erased."""

    held = False
    erased = True

    def flush(self) -> None:
        """Write what was drawn, unless a frame is being made."""
        if not self.held:
            super().flush()

    def erase_down(self) -> None:
        """Erase the screen: prompt_toolkit does so when it begins from nothing."""
        self.erased = True
        super().erase_down()


class HoleRenderer(Renderer):
    """prompt_toolkit's renderer, and the terminals in its holes."""

    def __init__(
        self, application: Application[Any], holes: Holes, modes: tuple[str, str] = ("", "")
    ) -> None:
        """Be the application's renderer from now on; `modes` switches the terminal's keys on and off."""
        self._holes = holes
        self._modes = modes
        self._switched = self._forgotten = False
        self._application = application
        self._believed: Point | None = None
        self._shape: CursorShape | None = None
        before = application.renderer
        application.renderer = self
        super().__init__(
            before.style, application.output, full_screen=True, mouse_support=before.mouse_support
        )

    def reset(self, _scroll: bool = False, leave_alternate_screen: bool = True) -> None:
        """Forget what was drawn, and give the terminal back its modes."""
        self._believed = self._shape = None
        if self._switched and leave_alternate_screen:
            self._switched = False
            self.output.write_raw(self._modes[1])
        super().reset(_scroll=_scroll, leave_alternate_screen=leave_alternate_screen)

    def erase(self, leave_alternate_screen: bool = True) -> None:
        """Erase all that was drawn."""
        self.output.write_raw(goto(0, 0))  # from here no way up or left leads anywhere else
        super().erase(leave_alternate_screen)

    def retake(self) -> None:
        """Begin anew in a terminal that somebody else has had meanwhile, modes and all."""
        self.reset(leave_alternate_screen=False)
        self._switched = False
        self.output.enter_alternate_screen()
        self.forget()

    def forget(self) -> None:
        """Draw everything anew with the next whole frame, as nobody knows what the terminal shows now."""
        self._forgotten = True

    def render(self, app: Application[Any], layout: Layout, is_done: bool = False) -> None:
        """Draw a whole frame: what changed of the chrome, then of the terminals."""
        output = self.output
        _hold(output, held=True)
        try:
            output.write_raw(BEGIN)
            if self._forgotten:
                self._forgotten = False
                self.erase(leave_alternate_screen=False)
            before = [hole.area for hole in self._holes.holes]
            self._go_back()
            super().render(app, layout, is_done)
            if before and before != [hole.area for hole in self._holes.holes]:
                self.erase(leave_alternate_screen=False)  # prompt_toolkit cannot know what was in them
                super().render(app, layout, is_done)
            screen = self.last_rendered_screen
            if screen is not None:
                if not self._switched:
                    self._switched = True
                    output.write_raw(self._modes[0])
                self._believed = screen.get_cursor_position(layout.current_window)
                erased = getattr(output, "erased", True)
                for hole in self._holes.holes:
                    hole.look(screen, erased=erased)
                self._fill()
                if isinstance(output, TerminalOutput):
                    output.erased = False
            output.write_raw(END)
        finally:
            _hold(output, held=False)
        output.flush()

    def fill(self) -> None:
        """Draw what has changed of the terminals, and nothing else; nothing before the first whole frame."""
        if self._believed is None or self._forgotten:
            return
        self.output.write_raw(BEGIN)
        self._fill()
        self.output.write_raw(END)
        self.output.flush()

    def _fill(self) -> None:
        output, depth = self.output, self._application.color_depth
        drawn = "".join([hole.draw(depth) for hole in self._holes.holes])
        if drawn:
            output.hide_cursor()
            output.write_raw(drawn)
        found = self._holes.cursor()
        if found is None:
            self._go_back()
            screen = self.last_rendered_screen
            if screen is not None and screen.show_cursor:
                output.show_cursor()
            self._shape_of(None)
            return
        x, y, cursor = found
        output.write_raw(goto(x, y))
        if cursor.visible:
            self._shape_of(cursor)
            output.show_cursor()
        else:
            output.hide_cursor()

    def _shape_of(self, cursor: Cursor | None) -> None:
        """Give the cursor its shape; a blinking block, which nobody has to ask for, is the user's own."""
        shape = _SHAPES.get((cursor.shape, cursor.blinking)) if cursor else None
        if shape == self._shape:
            return
        self._shape = shape
        if shape is None:
            self.output.reset_cursor_shape()
        else:
            self.output.set_cursor_shape(shape)

    def _go_back(self) -> None:
        """Put the cursor where prompt_toolkit believes it to be: it moves it from there."""
        if self._believed is not None:
            self.output.write_raw(goto(self._believed.x, self._believed.y))


def _hold(output: Output, *, held: bool) -> None:
    if isinstance(output, TerminalOutput):
        output.held = held


def _spans(cells: Sequence[Char]) -> tuple[Span, ...]:
    """Return the stretches that are still open."""
    spans: list[Span] = []
    begin: int | None = None
    for column, cell in enumerate((*cells, None)):
        if cell is HOLE:
            begin = column if begin is None else begin
        elif begin is not None:
            spans.append((begin, column))
            begin = None
    return tuple(spans)


def _difference(before: Row, after: Row, width: int) -> Span:
    """Return the columns within which two rows differ."""
    begin, end = 0, width
    for old, new in zip(before, after, strict=False):
        if old != new:
            begin = min(old.column, new.column)
            break
        begin = new.column + new.cells
    for old, new in zip(reversed(before), reversed(after), strict=False):
        if old != new or old.column < begin:
            break
        end = new.column
    return begin, max(begin, min(end, width))


def _both(spans: Sequence[Span], wanted: Span) -> tuple[Span, ...]:
    """Return what of the spans lies in `wanted`."""
    cut = [(max(begin, wanted[0]), min(end, wanted[1])) for begin, end in spans]
    return tuple((begin, end) for begin, end in cut if begin < end)
