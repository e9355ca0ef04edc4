"""Lines above a view."""

from prompt_toolkit.layout import Window

from constellagent.faces.tui.views.notes import noted
from constellagent.faces.tui.views.pager import Pager
from constellagent.faces.tui.words import Fragments
from tests.faces.tui.fake_deck import FakeDeck
from tests.faces.tui.host import hosted


async def test_take_what_they_need() -> None:
    """Lines take the rows that they need, wrapped, and none while there is none; the focus passes them by."""
    lines: list[Fragments] = []
    pager = Pager(FakeDeck())
    pager.put([[("", "below")]])
    async with hosted(noted(lambda: lines, pager.window), 20, 8) as host:
        await host.drawn()
        assert host.app.layout.current_window is pager.window
        assert host.lines()[0] == " below"
        lines.append([("", "one two three four five six")])
        await host.drawn()
        assert host.lines()[:3] == [" one two three four", " five six", " below"]


async def test_leave_room() -> None:
    """However much there is to say, there is room below."""
    body = noted(lambda: [[("", "word " * 500)]], Window(char="x"))
    async with hosted(body, 20, 10) as host:
        await host.drawn()
        assert host.lines()[5].startswith(" word")
        assert host.lines()[6:] == ["x" * 20] * 4
