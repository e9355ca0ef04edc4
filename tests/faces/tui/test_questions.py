"""The dialogs that ask for a yes and for text."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.questions import Ask, Confirm, _wrap
from constellagent.faces.tui.symbols import UNICODE
from constellagent.faces.tui.words import width
from tests.faces.tui.conftest import Screens
from tests.faces.tui.host import DOWN, ENTER, ESCAPE, LEFT, PAGE_DOWN, PAGE_UP, RIGHT, TAB, UP, hosted

DETAIL = [
    "commands that this file runs:",
    "docs  command: bash -c <text 1>",
    "    | npm ci",
    "    | npm test",
]
LONG = [f"line {number}" for number in range(60)]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ("y", True),
        ("Y", True),
        ("n", False),
        ("N", False),
        (ENTER, False),
        (TAB + ENTER, True),
        (LEFT + ENTER, True),
        (LEFT + RIGHT + ENTER, False),
        (ESCAPE, None),
        ("\x03", None),
        ("\x07", None),
    ],
)
async def test_yes_or_no(keys: str, answer: bool | None) -> None:
    """A yes must be typed or moved to; Enter alone is no, and Escape calls off."""
    async with hosted() as host:
        asked = host.show(Confirm("Stop docs?", DETAIL, UNICODE))
        await host.drawn()
        await host.press(keys)
        assert await asked is answer


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (250, 60)])
async def test_looks(screens: Screens, columns: int, rows: int) -> None:
    """All questions look as agreed at both sizes."""
    async with hosted(columns=columns, rows=rows) as host:
        shown: dict[str, Callable[[], Awaitable[object]]] = {
            "confirm": lambda: host.show(
                Confirm("Apply? This file runs commands nobody approved yet", DETAIL, UNICODE)
            ),
            "confirm-long": lambda: host.show(Confirm("Go on?", LONG, UNICODE)),
            "ask": lambda: host.show(Ask("Search for", "needle", UNICODE, multiline=False)),
            "prompt": lambda: host.show(
                Ask("Prompt for docs", "Read AUTH.md first.\nThen fix it.", UNICODE, multiline=True)
            ),
        }
        for name, show in shown.items():
            asked = show()
            await host.drawn()
            await host.drawn()
            screens(f"chrome/{name}-{columns}x{rows}.txt", host.text())
            await host.press(ESCAPE)
            await asked


async def test_buttons() -> None:
    """Both buttons take clicks; a click between them does not answer."""
    for words, answer in (("Yes", True), ("No  ", False)):
        async with hosted() as host:
            asked = host.show(Confirm("Stop docs?", [], UNICODE))
            await host.drawn()
            row = next(at for at, line in enumerate(host.lines()) if "Yes" in line)
            await host.click(host.lines()[row].index("Yes") + 6, row)
            assert not asked.done()
            await host.click(host.lines()[row].index(words), row)
            assert await asked is answer


async def test_all_of_the_detail_can_be_read() -> None:
    """A long detail is scrolled by keys and wheel, and the border says how much is left."""
    async with hosted() as host:
        asked = host.show(Confirm("Go on?", LONG, UNICODE))
        await host.drawn()
        await host.drawn()
        assert "41 more lines" in host.text()
        seen = set(LONG) & {line.strip(" │") for line in host.lines()}
        for keys in (DOWN, UP, PAGE_DOWN, PAGE_UP, PAGE_DOWN, PAGE_DOWN, PAGE_DOWN):
            await host.press(keys)
            seen |= {line.strip(" │") for line in host.lines()}
        assert set(LONG) <= seen
        await host.drawn()
        assert "more lines" not in host.text()
        await host.wheel(40, 10, down=False)
        await host.drawn()
        assert "3 more lines" in host.text()
        await host.press(ESCAPE)
        assert await asked is None


async def test_ask_for_a_line() -> None:
    """What is typed and edited is the answer; Enter gives it."""
    async with hosted() as host:
        asked = host.show(Ask("Name", "docs", UNICODE, multiline=False))
        await host.press("-2x\x7f")
        assert "> docs-2" in host.text()
        await host.press(ENTER)
        assert await asked == "docs-2"


async def test_ask_for_a_text() -> None:
    """In a text Enter makes a line, a paste keeps its lines, and C-d gives it."""
    async with hosted() as host:
        asked = host.show(Ask("Prompt for docs", "", UNICODE, multiline=True))
        await host.press("one\rtwo ")
        await host.press("\x1b[200~three\nfour\x1b[201~")
        await host.press("\x04")
        assert await asked == "one\ntwo three\nfour"


@pytest.mark.parametrize("multiline", [False, True])
async def test_called_off(multiline: bool) -> None:
    """Escape gives no text, at once."""
    async with hosted() as host:
        asked = host.show(Ask("Prompt", "kept?", UNICODE, multiline=multiline))
        await host.press("x")
        await host.press(ESCAPE)
        assert await asked is None


async def test_words_are_cleaned() -> None:
    """Nothing of a question or its detail reaches the terminal as a command."""
    async with hosted() as host:
        asked = host.show(Confirm("Stop \x1b[2Jdocs?", ["rm \x1b]0;x\x07"], UNICODE))
        await host.drawn()
        assert "\x1b" not in host.text()
        assert "\N{REPLACEMENT CHARACTER}[2Jdocs?" in host.text()
        await host.press("n")
        await asked


@given(st.text("ab c漢", max_size=60), st.integers(2, 20))
def test_wrapping_leaves_nothing_out(line: str, columns: int) -> None:
    """Each piece fits, and nothing but the blanks at which a line was broken is missing."""
    pieces = _wrap(line, columns)
    assert all(width(piece) <= columns for piece in pieces)
    assert "".join(pieces).replace(" ", "") == line.replace(" ", "")
