"""An application around a part of the multiplexer, to press keys, click, and look."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Point, Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.layout import AnyContainer, FloatContainer, Layout, Window
from prompt_toolkit.mouse_events import MouseButton, MouseEvent, MouseEventType
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.styles import Style

from constellagent.faces.tui.dialogs import Answer, Dialog, Dialogs

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
PAGE_UP, PAGE_DOWN, HOME, END = "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"
ENTER, ESCAPE, TAB = "\r", "\x1b", "\t"


class SizedOutput(DummyOutput):
    """An output without a terminal, of a size that a test may change."""

    def __init__(self, columns: int, rows: int) -> None:
        self.size = Size(rows=rows, columns=columns)

    def get_size(self) -> Size:
        """Return the size."""
        return self.size


class Host:
    """A running application.

    Attributes:
        app: the application.
        dialogs: where dialogs are shown.
        output: its size may be changed.
    """

    def __init__(self, body: AnyContainer, keys: PipeInput, columns: int, rows: int) -> None:
        self.dialogs = Dialogs()
        self.output = SizedOutput(columns, rows)
        self._keys = keys
        self.app: Application[None] = Application(
            layout=Layout(FloatContainer(body, self.dialogs.floats)),
            input=keys,
            output=self.output,
            full_screen=True,
            mouse_support=True,
            style=Style([]),
            min_redraw_interval=0,
        )
        self.app.ttimeoutlen = 0.01
        self.app.timeoutlen = 0.01

    def show(self, dialog: Dialog[Answer]) -> asyncio.Task[Answer | None]:
        """Show a dialog; the task ends with its answer."""

        async def answer() -> Answer | None:
            return await self.dialogs.show(dialog)

        return asyncio.ensure_future(answer())

    async def drawn(self) -> None:
        """Wait until a frame was drawn that began after this call."""
        before = self.app.render_counter
        self.app.invalidate()
        while self.app.render_counter == before:
            await asyncio.sleep(0)

    async def press(self, keys: str) -> None:
        """Type, and wait until it was taken and drawn."""
        self._keys.send_text(keys)
        await asyncio.sleep(0.03)  # a lone escape is only known as a key when nothing follows it for a while
        await self.drawn()

    async def click(self, x: int, y: int) -> None:
        """Press and release the left button."""
        await self._mouse(x, y, MouseEventType.MOUSE_DOWN)
        await self._mouse(x, y, MouseEventType.MOUSE_UP)

    async def wheel(self, x: int, y: int, *, down: bool) -> None:
        """Turn the wheel by one step."""
        await self._mouse(x, y, MouseEventType.SCROLL_DOWN if down else MouseEventType.SCROLL_UP)

    async def _mouse(self, x: int, y: int, kind: MouseEventType) -> None:
        handler = self.app.renderer.mouse_handlers.mouse_handlers[y][x]
        handler(MouseEvent(Point(x, y), kind, MouseButton.LEFT, frozenset()))
        await self.drawn()

    def lines(self) -> list[str]:
        """Return what is seen, row by row, without blanks at the ends."""
        screen = self.app.renderer.last_rendered_screen
        assert screen is not None
        size = self.output.size
        return [
            "".join(screen.data_buffer[row][column].char for column in range(size.columns)).rstrip()
            for row in range(size.rows)
        ]

    def text(self) -> str:
        """Return the same as one text."""
        return "\n".join(self.lines()) + "\n"

    def style_at(self, words: str) -> str:
        """Return the style of the first place where `words` are seen."""
        screen = self.app.renderer.last_rendered_screen
        assert screen is not None
        for row, line in enumerate(self.lines()):
            if words in line:
                return str(screen.data_buffer[row][line.index(words)].style)
        raise AssertionError(f"{words!r} is not seen in:\n{self.text()}")


@contextlib.asynccontextmanager
async def hosted(body: AnyContainer | None = None, columns: int = 80, rows: int = 24) -> AsyncIterator[Host]:
    """Run an application with `body`, nothing if there is none, until the block ends."""
    with create_pipe_input() as keys:
        host = Host(body if body is not None else Window(), keys, columns, rows)
        running = asyncio.ensure_future(host.app.run_async())
        try:
            while not host.app.is_running or not host.app.render_counter:
                await asyncio.sleep(0)
            yield host
        finally:
            if not running.done():
                host.app.exit()
            await running
