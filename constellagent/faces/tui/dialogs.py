"""Dialogs over everything: one at a time, in front of the others, never larger than the screen.

A dialog that is asked for while another is open waits for its turn, so that an answer always belongs to the
question that was read.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from prompt_toolkit.application import get_app
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.layout import AnyContainer, Float, Window

from constellagent.faces.tui.box import Hints, boxed
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.words import Fragments

Answer = TypeVar("Answer")


class Dialog(ABC, Generic[Answer]):
    """One question. Its answer is None where it was called off."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[Answer | None] | None = None
        self.keys = KeyBindings()
        for key in ("escape", "c-c", "c-g"):
            self.keys.add(key, eager=True)(lambda _: self.finish(None))

    def compose(self, title: str, body: AnyContainer, focus: Window, symbols: Symbols) -> None:
        """Say what is drawn, and what gets the focus."""
        self.container = boxed(title, body, self.hints, self.keys, symbols)
        self.focus = focus

    @abstractmethod
    def hints(self) -> Hints:
        """Return its keys and what they do."""

    @abstractmethod
    def size(self, columns: int, rows: int) -> tuple[int, int]:
        """Return the columns and rows that it wants of the screen's; what is too large is cut."""

    def finish(self, answer: Answer | None) -> None:
        """Answer, once; later answers are ignored."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    async def answer(self) -> Answer | None:
        """Wait for the answer."""
        self._answer = asyncio.get_running_loop().create_future()
        return await self._answer


class _Curtain(Rows):
    """Draws nothing, and takes the clicks beside a dialog, which would reach what lies behind it."""

    covers = False

    def rows(self, _width: int, _height: int, /) -> Sequence[Fragments]:
        """Return no rows."""
        return []


class Dialogs:
    """The place where dialogs are shown.

    Attributes:
        floats: for the `FloatContainer` that holds everything; it is changed in place.
    """

    def __init__(self) -> None:
        self.floats: list[Float] = []
        self._turn = asyncio.Lock()

    @property
    def open(self) -> bool:
        """Whether a dialog is shown."""
        return bool(self.floats)

    async def show(self, dialog: Dialog[Answer]) -> Answer | None:
        """Show a dialog, wait for its answer, and give the focus back."""
        async with self._turn:
            app = get_app()
            before = app.layout.current_window
            self.floats += [_curtain(), _centred(dialog)]
            app.layout.focus(dialog.focus)
            app.layout.update_parents_relations()
            app.invalidate()
            try:
                return await dialog.answer()
            finally:
                self.floats.clear()
                if before in app.layout.find_all_windows():
                    app.layout.focus(before)
                app.layout.update_parents_relations()
                app.invalidate()


def _curtain() -> Float:
    return Float(Window(_Curtain()), left=0, right=0, top=0, bottom=0, transparent=True)


def _centred(dialog: Dialog[Answer]) -> Float:
    def columns() -> int:
        screen = get_app().output.get_size()
        return max(1, min(screen.columns, dialog.size(screen.columns, screen.rows)[0]))

    def rows() -> int:
        screen = get_app().output.get_size()
        return max(1, min(screen.rows, dialog.size(screen.columns, screen.rows)[1]))

    return Float(dialog.container, width=columns, height=rows)
