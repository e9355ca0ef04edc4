"""Finding a command."""

import asyncio

import pytest

from constellagent.faces.tui import palette
from constellagent.faces.tui.symbols import UNICODE
from tests.faces.tui.conftest import Screens
from tests.faces.tui.crews import four
from tests.faces.tui.fake_deck import FakeDeck
from tests.faces.tui.fake_terminals import every_command
from tests.faces.tui.host import ENTER, ESCAPE, hosted


def deck() -> FakeDeck:
    """Return a deck with all commands."""
    made = FakeDeck(four())
    made.commands = every_command()
    return made


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ("whole window" + ENTER, "zoom"),
        ("zoom" + ENTER, "zoom"),
        ("restart" + ENTER, "restart"),
        (ESCAPE, None),
    ],
)
async def test_pick(keys: str, name: str | None) -> None:
    """A command is found by what it does and by its name."""
    async with hosted() as host:
        picked = asyncio.ensure_future(palette.pick(deck(), host.dialogs, UNICODE))
        await host.drawn()
        await host.press(keys)
        command = await picked
    assert (command.name if command else None) == name


def test_keys_are_shown() -> None:
    """Beside each command stand the keys that do it."""
    notes = {item.value: item.note for item in palette.items(deck(), UNICODE)}
    assert notes["switch"] == "C-] g Tab"
    assert notes["focus-left"] == "C-] ←"


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (250, 60)])
async def test_looks(screens: Screens, columns: int, rows: int) -> None:
    """The palette looks as agreed at both sizes."""
    async with hosted(columns=columns, rows=rows) as host:
        picked = asyncio.ensure_future(palette.pick(deck(), host.dialogs, UNICODE))
        await host.drawn()
        screens(f"chrome/palette-{columns}x{rows}.txt", host.text())
        await host.press(ESCAPE)
        await picked
