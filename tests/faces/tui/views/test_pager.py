"""Lines to be read."""

import pytest

from constellagent.faces.tui.views import pager as module
from constellagent.faces.tui.views import wrapping
from constellagent.faces.tui.views.pager import Pager
from constellagent.faces.tui.words import Fragments
from tests.faces.tui.fake_deck import FakeDeck
from tests.faces.tui.host import DOWN, END, HOME, PAGE_DOWN, PAGE_UP, UP, hosted


def lines(count: int) -> list[Fragments]:
    """Return numbered lines."""
    return [[("", f"line {number}")] for number in range(count)]


async def test_keys() -> None:
    """Arrows, letters, pages, Space and ends scroll, and stop at both ends."""
    pager = Pager(FakeDeck())
    pager.put(lines(50))
    async with hosted(pager.window, 20, 10) as host:
        for keys, first in (
            (DOWN, 1),
            ("j", 2),
            ("k", 1),
            (UP, 0),
            (UP, 0),
            (" ", 9),
            (PAGE_DOWN, 18),
            (PAGE_UP, 9),
            (END, 40),
            ("j", 40),
            (HOME, 0),
            ("G", 40),
            ("g", 0),
        ):
            await host.press(keys)
            assert host.lines()[0] == f" line {first}"


async def test_wheel_and_click() -> None:
    """The wheel scrolls; a click takes the keys."""
    pager = Pager(FakeDeck())
    pager.put(lines(50))
    async with hosted(pager.window, 20, 10) as host:
        await host.wheel(1, 1, down=True)
        assert host.lines()[0] == " line 3"
        await host.click(1, 1)
        assert host.app.layout.current_window is pager.window


async def test_follows_the_end() -> None:
    """The end stays in sight while lines are added, not while one reads above, and again at the end."""
    pager = Pager(FakeDeck())
    pager.put([], follow=True)
    async with hosted(pager.window, 20, 5) as host:
        for line in lines(20):
            pager.add(line)
        await host.drawn()
        assert host.lines()[-1] == " line 19"
        await host.press(UP)
        pager.add([("", "line 20")])
        await host.drawn()
        assert host.lines()[-1] == " line 18"
        await host.press(END)
        assert pager.at_end
        pager.add([("", "line 21")])
        await host.drawn()
        assert host.lines()[-1] == " line 21"


async def test_other_lines() -> None:
    """Other lines begin at their beginning, or with `keep` where the old ones were scrolled to."""
    pager = Pager(FakeDeck())
    pager.put(lines(50))
    async with hosted(pager.window, 20, 10) as host:
        await host.press("G")
        pager.put(lines(48), keep=True)
        await host.drawn()
        assert host.lines()[0] == " line 38"
        pager.put(lines(48))
        await host.drawn()
        assert host.lines()[0] == " line 0"


async def test_wrapped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is added costs the wrapping of that line; a new width that of all."""
    pager = Pager(FakeDeck())
    count = 0
    wrapped = wrapping.wrapped

    def counted(line: Fragments, columns: int, indent: int) -> list[Fragments]:
        nonlocal count
        count += 1
        return wrapped(line, columns, indent)

    monkeypatch.setattr(module, "wrapped", counted)
    pager.put(lines(1000))
    pager.rows(40, 10)
    for line in lines(10):
        pager.add(line)
        pager.rows(40, 10)
    assert count == 1010
    pager.rows(30, 10)
    assert count == 2020
