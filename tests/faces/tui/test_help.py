"""All keys, in columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.help import Help, lines, sections, title
from constellagent.faces.tui.symbols import UNICODE
from constellagent.faces.tui.words import width
from tests.faces.tui.conftest import Screens
from tests.faces.tui.fake_terminals import every_command
from tests.faces.tui.host import DOWN, ENTER, ESCAPE, PAGE_DOWN, PAGE_UP, UP, hosted

VIEW = ("Schedules", [("n", "run now"), ("p", "pause or resume")])


def test_every_key_is_there() -> None:
    """Each command with keys stands under the heading of its group, those of the open view first."""
    commands = every_command()
    found = sections(commands, UNICODE, VIEW)
    assert [heading for heading, _ in found] == [
        "Schedules",
        "Terminals",
        "Scrolling and copying",
        "Agents",
        "Views",
        "The multiplexer",
    ]
    assert {what for _, keys in found for _, what in keys} >= {
        command.what for command in commands if command.keys
    }
    assert ("q Esc", "close") in found[0][1]


def test_without_a_view() -> None:
    """While the tiles are shown there is no section of a view."""
    assert sections(every_command(), UNICODE)[0][0] == "Terminals"
    assert title("ctrl-b") == "Keys, after C-b"


@given(st.integers(10, 300))
def test_columns_fit(columns: int) -> None:
    """At any width nothing is wider, and no key is left out where one column has room."""
    drawn = lines(sections(every_command(), UNICODE), columns)
    assert all(width("".join(text for _, text in line).rstrip()) <= columns for line in drawn)
    if columns > 60:
        shown = "\n".join("".join(text for _, text in line) for line in drawn)
        assert all(command.what in shown for command in every_command() if command.keys)


def test_nothing_to_show() -> None:
    """Without commands nothing is drawn."""
    assert lines([], 80) == []


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (250, 60)])
async def test_looks(screens: Screens, columns: int, rows: int) -> None:
    """The help looks as agreed at both sizes."""
    async with hosted(columns=columns, rows=rows) as host:
        shown = host.show(Help(title("ctrl-]"), sections(every_command(), UNICODE, VIEW), UNICODE))
        await host.drawn()
        await host.drawn()
        screens(f"chrome/help-{columns}x{rows}.txt", host.text())
        await host.press("q")
        await shown
        assert not host.dialogs.open


async def test_scrolls_to_the_end() -> None:
    """In a low window everything is reached by keys and wheel, and the border says that there is more."""
    async with hosted(columns=60, rows=10) as host:
        shown = host.show(Help("Keys", sections(every_command(), UNICODE), UNICODE))
        await host.drawn()
        await host.drawn()
        assert "Space more" in host.text()
        seen = host.text()
        for keys in (DOWN, "k", "j", UP, *[PAGE_DOWN] * 8, PAGE_UP, " "):
            await host.press(keys)
            seen += host.text()
        assert all(command.what in seen for command in every_command() if command.keys)
        await host.drawn()
        assert "Space more" not in host.text()
        await host.wheel(20, 5, down=False)
        await host.press(ENTER)
        await shown


@pytest.mark.parametrize("key", ["q", "?", ESCAPE, "\x03"])
async def test_closes(key: str) -> None:
    """Each of the keys closes it."""
    async with hosted() as host:
        shown = host.show(Help("Keys", sections(every_command(), UNICODE), UNICODE))
        await host.drawn()
        await host.press(key)
        await shown
        assert not host.dialogs.open
