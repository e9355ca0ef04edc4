"""The dialog that finds one of many, or marks several."""

import asyncio

import pytest

from constellagent.faces.tui.finder import Finder, Item
from constellagent.faces.tui.symbols import UNICODE
from tests.faces.tui.conftest import Screens
from tests.faces.tui.host import DOWN, ENTER, ESCAPE, PAGE_DOWN, PAGE_UP, TAB, UP, Host, hosted

FRUIT = [
    Item("1", "apple", "red", ("class:state.failed", "●")),
    Item("2", "banana", "yellow", also="long"),
    Item("3", "cherry"),
]
MANY = [Item(str(number), f"item number {number}") for number in range(100)]
Found = asyncio.Task[tuple[str, ...] | None]


def show(host: Host, finder: Finder) -> Found:
    """Show a finder."""
    return host.show(finder)


async def answered(keys: str, items: list[Item] = FRUIT) -> tuple[str, ...] | None:
    """Return the answer to keys, pressed one after another."""
    async with hosted() as host:
        found = show(host, Finder("Which", items, UNICODE))
        await host.drawn()
        await host.press(keys)
        if not found.done():
            await host.press(ESCAPE)
        return await found


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (ENTER, ("1",)),
        ("ch" + ENTER, ("3",)),
        ("long" + ENTER, ("2",)),
        (DOWN + ENTER, ("2",)),
        (DOWN + DOWN + DOWN + UP + ENTER, ("2",)),
        ("\x0e\x0e\x10" + ENTER, ("2",)),
        (TAB + ENTER, ("2",)),
        ("zebra" + ENTER, None),
        (ESCAPE, None),
    ],
)
async def test_finds(keys: str, answer: tuple[str, ...] | None) -> None:
    """Letters narrow, arrows choose, Enter takes; where nothing matches there is nothing to take."""
    assert await answered(keys) == answer


async def test_nothing_to_find() -> None:
    """An empty list says so and takes no answer."""
    assert await answered(DOWN + UP + ENTER, []) is None


async def test_many() -> None:
    """Of many the chosen one is in sight, page by page."""
    async with hosted() as host:
        found = show(host, Finder("Which", MANY, UNICODE))
        await host.drawn()
        await host.press(PAGE_DOWN + PAGE_DOWN + PAGE_UP + DOWN)
        assert "item number 20" in host.text()
        await host.press(ENTER)
        assert await found == ("20",)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (250, 60)])
async def test_looks(screens: Screens, columns: int, rows: int) -> None:
    """A short and a long list look as agreed, also after some letters."""
    async with hosted(columns=columns, rows=rows) as host:
        found = show(host, Finder("Which", FRUIT, UNICODE))
        await host.drawn()
        screens(f"chrome/finder-{columns}x{rows}.txt", host.text())
        await host.press("xyz")
        assert "nothing matches" in host.text()
        await host.press(ESCAPE)
        await found
        found = show(host, Finder("Which", MANY, UNICODE, several=True, marked=["1"]))
        await host.press("1")
        screens(f"chrome/finder-several-{columns}x{rows}.txt", host.text())
        await host.press(ESCAPE)
        await found


async def test_matching_letters_are_marked() -> None:
    """The letters that match have a class of their own, in the chosen row too."""
    async with hosted() as host:
        found = show(host, Finder("Which", FRUIT, UNICODE))
        await host.press("an")
        assert host.style_at("anana").endswith("class:dialog.selected class:match")
        assert host.style_at("yellow").strip().endswith("class:dialog.selected")
        await host.press(ESCAPE)
        await found


async def test_mouse() -> None:
    """A click takes a row, the wheel moves, and a click below the last row does nothing."""
    async with hosted() as host:
        found = show(host, Finder("Which", [*FRUIT, *MANY], UNICODE))
        await host.press("rry")
        row = next(at for at, line in enumerate(host.lines()) if "cherry" in line)
        await host.click(30, row + 3)
        assert not found.done()
        await host.press("\x7f\x7f\x7f")
        await host.wheel(30, row, down=True)
        await host.wheel(30, row, down=True)
        await host.wheel(30, row, down=False)
        await host.press(ENTER)
        assert await found == ("2",)
        found = show(host, Finder("Which", FRUIT, UNICODE))
        await host.drawn()
        row = next(at for at, line in enumerate(host.lines()) if "cherry" in line)
        await host.click(30, row)
        assert await found == ("3",)


async def test_several() -> None:
    """Tab and clicks mark, Enter gives all that are marked in their order, also those out of sight."""
    async with hosted() as host:
        found = show(host, Finder("Type to", FRUIT, UNICODE, several=True, marked=["3"]))
        await host.press(TAB)
        assert "[x] ● apple" in host.text()
        assert "[x] cherry" in host.text()
        row = next(at for at, line in enumerate(host.lines()) if "banana" in line)
        await host.click(30, row)
        await host.click(30, row)
        await host.press("app" + ENTER)
        assert await found == ("1", "3")
