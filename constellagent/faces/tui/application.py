"""prompt_toolkit's application around the deck: its frames, its keys, its signals."""

import asyncio
import errno
import os
import signal

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition, buffer_has_focus
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import (
    ConditionalKeyBindings,
    DynamicKeyBindings,
    KeyBindings,
    KeyBindingsBase,
    merge_key_bindings,
)
from prompt_toolkit.output import Output

from constellagent.faces.tui.frames import HoleRenderer
from constellagent.faces.tui.inputs import Inputs
from constellagent.faces.tui.keyboard import Keyboard, outer_modes
from constellagent.faces.tui.multiplexer import Multiplexer
from constellagent.faces.tui.pacing import FRAME, Pacer
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.themes import Theme
from constellagent.runtime.control import SessionView

_ENDING = (signal.SIGTERM, signal.SIGHUP)


class Window(Application[SessionView | int]):
    """The application. Its result is a session to zoom into, or the exit status to leave with."""

    renderer: HoleRenderer

    def __init__(
        self,
        deck: Multiplexer,
        outer: Vt100Input,
        output: Output,
        theme: Theme,
        symbols: Symbols,
        *,
        prefix: bytes,
    ) -> None:
        self._deck = deck
        self.pacer = Pacer(self._draw)
        super().__init__(
            layout=deck.layout,
            style=theme.style,
            include_default_pygments_style=False,
            key_bindings=_bindings(deck),
            full_screen=True,
            mouse_support=True,
            enable_page_navigation_bindings=False,
            color_depth=theme.depth,
            min_redraw_interval=FRAME,
            input=Keyboard(outer, Inputs(deck, symbols), prefix),
            output=output,
        )
        self.ttimeoutlen = 0.025
        self.timeoutlen = 0.2
        self.renderer = HoleRenderer(self, deck.stage, outer_modes(os.environ.get("TERM", "")))
        deck.end = self._end
        deck.repaint = self.repaint
        deck.typed = self.pacer.typed
        deck.copying.write = self.write

    async def show(self) -> SessionView | int:
        """Run until the person leaves or zooms, or a signal asks for the end."""
        loop = asyncio.get_running_loop()
        for number in _ENDING:
            loop.add_signal_handler(number, self._end_by, number)
        loop.add_signal_handler(signal.SIGCONT, self._continued)
        try:
            return await self.run_async(set_exception_handler=False)
        except EOFError:
            return 128 + signal.SIGHUP  # the terminal has gone
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return 128 + signal.SIGHUP  # it has gone while it was written to
        finally:
            self.pacer.close()
            for number in (*_ENDING, signal.SIGCONT):
                loop.remove_signal_handler(number)

    def write(self, text: str) -> None:
        """Give something to the terminal around that is not drawn."""
        self.output.write_raw(text)
        self.output.flush()

    def repaint(self) -> None:
        """Draw everything anew, as when something else has written to the terminal."""
        self.renderer.erase(leave_alternate_screen=False)
        self.pacer.changed(whole=True)

    def _draw(self, whole: bool) -> None:
        if not self.is_running:
            return
        if whole:
            self.invalidate()
        else:
            self.renderer.fill()

    def _on_resize(self) -> None:
        """Begin anew at the next frame: of a thousand resizes in a second, thirty are drawn."""
        self.renderer.forget()
        self.pacer.changed(whole=True)

    def _continued(self) -> None:
        """Take the terminal back after a stop: the shell that had it has set it to its own taste."""
        self.input.raw_mode().__enter__()  # what was there before is for the one around it to restore
        self.renderer.retake()
        self.pacer.changed(whole=True)

    def _end(self, session: SessionView | None) -> None:
        if self.is_running and self.future is not None and not self.future.done():
            self.exit(result=0 if session is None else session)

    def _end_by(self, number: int) -> None:
        if self.is_running and self.future is not None and not self.future.done():
            self.exit(result=128 + number)


def _bindings(deck: Multiplexer) -> KeyBindingsBase:
    """Return the keys that are the deck's own: those of copy mode, of the open view, and what closes it."""
    in_copy = Condition(lambda: (tile := deck.focused()) is not None and tile.copying is not None)
    in_view = Condition(
        lambda: deck.body is not None and not deck.dialogs.open and deck.layout.has_focus(deck.body)
    )
    in_list = Condition(lambda: deck.layout.has_focus(deck.listed.window))
    own = KeyBindings()
    for key in ("q", "escape"):
        own.add(key, filter=(in_view | in_list) & ~buffer_has_focus)(lambda _: deck.close_view())
    own.add("r", filter=in_view & ~buffer_has_focus)(lambda _: deck.refresh_view())
    of_view = DynamicKeyBindings(lambda: None if deck.view is None else deck.view.bindings())
    return merge_key_bindings(
        [
            own,
            ConditionalKeyBindings(of_view, in_view),
            ConditionalKeyBindings(deck.copying.bindings(), in_copy),
        ]
    )
