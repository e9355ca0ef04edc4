"""Where dialogs are shown: one at a time, in front, inside the screen, the focus given back."""

import asyncio

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.layout import HSplit, Window

from constellagent.faces.tui.dialogs import Dialogs
from constellagent.faces.tui.questions import Ask, Confirm
from constellagent.faces.tui.rows import Rows
from constellagent.faces.tui.symbols import UNICODE
from constellagent.faces.tui.words import Fragments
from tests.faces.tui.host import ENTER, ESCAPE, Host, hosted


class Board(Rows):
    """Something behind a dialog that counts clicks."""

    def __init__(self) -> None:
        self.clicks = 0

    def rows(self, width: int, height: int, /) -> list[Fragments]:
        """Draw points everywhere."""
        return [[("", "." * width)]] * height

    def clicked(self, _row: int, _column: int, /) -> None:
        """Count."""
        self.clicks += 1

    def is_focusable(self) -> bool:
        """Take the focus."""
        return True


def asked(
    host: Host, question: str = "Stop docs?", detail: list[str] | None = None
) -> asyncio.Task[bool | None]:
    """Ask for a yes."""
    return host.show(Confirm(question, detail or [], UNICODE))


async def test_focus_comes_back() -> None:
    """The dialog has the focus while it is open, and what had it before has it again afterwards."""
    one, two = Window(Board()), Window(Board())
    async with hosted(HSplit([one, two])) as host:
        host.app.layout.focus(two)
        answer = asked(host)
        await host.drawn()
        assert host.dialogs.open
        assert host.app.layout.current_window is not two
        await host.press("y")
        assert await answer is True
        assert host.app.layout.current_window is two
        assert not host.dialogs.open


async def test_what_had_the_focus_is_gone() -> None:
    """Where what had the focus is gone meanwhile, closing the dialog is no fault."""
    one, two = Window(Board()), Window(Board())
    body = HSplit([one, two])
    async with hosted(body) as host:
        host.app.layout.focus(two)
        answer = asked(host)
        await host.drawn()
        body.children.remove(two)
        await host.press("n")
        assert await answer is False


async def test_clicks_beside_it_go_nowhere() -> None:
    """A click beside a dialog reaches nothing, although what lies there is seen."""
    board = Board()
    async with hosted(Window(board)) as host:
        await host.click(1, 1)
        answer = asked(host)
        await host.drawn()
        assert host.lines()[0] == "." * 80
        await host.click(1, 1)
        await host.click(79, 23)
        assert board.clicks == 1
        await host.press(ESCAPE)
        assert await answer is None


async def test_one_at_a_time() -> None:
    """A second question waits until the first is answered, so an answer belongs to what was read."""
    async with hosted() as host:
        first, second = asked(host, "First?"), asked(host, "Second?")
        await host.drawn()
        assert "First?" in host.text()
        assert "Second?" not in host.text()
        await host.press("y")
        assert await first is True
        await host.drawn()
        assert "Second?" in host.text()
        await host.press("n")
        assert await second is False


async def test_cancelled() -> None:
    """A question whose asker goes away is taken away."""
    async with hosted() as host:
        answer = asked(host)
        await host.drawn()
        answer.cancel()
        await host.drawn()
        assert not host.dialogs.open
        assert "Stop docs?" not in host.text()


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (20, 5), (8, 3), (1, 1), (500, 1)])
async def test_never_larger_than_the_screen(columns: int, rows: int) -> None:
    """Any dialog is drawn in any window, and its keys work there."""
    async with hosted(columns=columns, rows=rows) as host:
        answer = asked(host, "Go on with all of this?", ["line"] * 100)
        await host.drawn()
        await host.press("y")
        assert await answer is True
        text = host.show(Ask("Prompt", "", UNICODE, multiline=True))
        await host.press("hi\x04")
        assert await text == "hi"


async def test_resize() -> None:
    """An open dialog follows the window."""
    async with hosted() as host:
        answer = asked(host, "Go on?", ["a line of detail " * 20])
        await host.drawn()
        host.output.size = Size(rows=10, columns=40)
        host.app.renderer.clear()
        await host.drawn()
        assert all(len(line) <= 40 for line in host.lines())
        assert "Yes" in host.text()
        await host.press(ENTER)
        assert await answer is False


async def test_answered_once() -> None:
    """Only the first answer counts; one that comes before the question is open counts nothing."""
    dialog = Confirm("Go on?", [], UNICODE)
    dialog.finish(answer=True)
    async with hosted() as host:
        answer = host.show(dialog)
        await host.drawn()
        dialog.finish(answer=False)
        dialog.finish(answer=True)
        assert await answer is False


def test_closed_at_first() -> None:
    """Nothing is shown before something is asked."""
    assert not Dialogs().open
