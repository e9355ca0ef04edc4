"""The keys of copy mode."""

import pytest

from constellagent.faces.tui.copying import CopyMode, Wish
from constellagent.faces.tui.copying.keys import HINTS, press
from constellagent.term.selection import Position
from tests.faces.tui.copying.pages import FakePages

LINES = [*(f"line {number}" for number in range(8)), "  one two-three  four", "", "five", "six seven"]


def mode(row: int = 0, column: int = 2) -> CopyMode:
    """Return copy mode with the cursor at a cell of the last four rows."""
    return CopyMode(FakePages(LINES, columns=21), (row, column))


def after(*keys: str, row: int = 0, column: int = 2) -> Position:
    """Return where the cursor is after some keys; rows count from the first that was shown."""
    copy = mode(row, column)
    for key in keys:
        assert press(copy, key) == Wish()
    return Position(copy.cursor.row - 8, copy.cursor.column)


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ("j", (1, 2)), ("down", (1, 2)), ("k", (-1, 2)), ("up", (-1, 2)), ("h", (0, 1)), ("left", (0, 1)),
        ("l", (0, 3)), (" ", (0, 3)), ("right", (0, 3)), ("0", (0, 0)), ("home", (0, 0)), ("^", (0, 2)),
        ("$", (0, 20)), ("end", (0, 20)), ("g", (-8, 0)), ("G", (3, 0)), ("H", (0, 2)), ("M", (2, 2)),
        ("L", (3, 2)),
        ("c-u", (-2, 2)), ("c-d", (2, 2)), ("pageup", (-4, 2)), ("pagedown", (3, 2)), ("c-b", (-4, 2)),
        ("c-y", (0, 2)), ("c-e", (0, 2)),
        ("w", (0, 6)), ("e", (0, 4)), ("b", (-1, 5)),
    ],
)  # fmt: skip
def test_movements(keys: str, place: tuple[int, int]) -> None:
    """Those of vi and the arrows."""
    assert after(keys) == Position(*place)


def test_words() -> None:
    """Over blanks, empty rows and the ends of rows, until there are no more."""
    assert after("w", "w") == Position(0, 17)
    assert after("w", "w", "w") == Position(2, 0)
    assert after("w", row=2, column=0) == Position(3, 0)
    assert after("w", row=3, column=5) == Position(3, 5)
    assert after("e", "e") == Position(0, 14)
    assert after("e", row=3, column=9) == Position(3, 9)
    assert after("b", row=3, column=6) == Position(3, 4)
    assert after("b", "b", row=3, column=4) == Position(2, 0)
    assert after("b", row=2, column=0) == Position(0, 17)
    assert after("b", row=1, column=3) == Position(0, 17)
    assert after("g", "b") == Position(-8, 0)


@pytest.mark.parametrize(
    ("key", "wish"),
    [
        ("q", Wish(close=True)),
        ("c-c", Wish(close=True)),
        ("escape", Wish(close=True)),
        ("y", Wish(close=True)),
        ("/", Wish(ask="forwards")),
        ("?", Wish(ask="backwards")),
        ("x", None),
    ],
)
def test_wishes(key: str, wish: Wish | None) -> None:
    """What a key wants of the multiplexer; None for keys without a meaning."""
    assert press(mode(), key) == wish


@pytest.mark.parametrize(
    ("key", "text"), [("v", "one two"), ("V", "  one two-three  four\n"), ("c-v", "one two")]
)
@pytest.mark.parametrize("copy_key", ["y", "enter"])
def test_copying(key: str, text: str, copy_key: str) -> None:
    """Select by each shape, and copy by each key."""
    copy = mode()
    for name in (key, "e", "l", "l", "l", "l"):
        press(copy, name)
    assert press(copy, copy_key) == Wish(copy=text, close=True)


def test_escape_gives_up_the_selection_first() -> None:
    """And leaves only then."""
    copy = mode()
    press(copy, "v")
    assert press(copy, "escape") == Wish()
    assert copy.selection is None
    assert press(copy, "escape") == Wish(close=True)


def test_the_other_end_and_the_next_match() -> None:
    """o, n and N."""
    copy = mode()
    for name in ("v", "l", "o"):
        press(copy, name)
    assert copy.cursor_in() == (0, 2)
    copy.find("line", "backwards")
    press(copy, "n")
    assert copy.cursor.row == 6
    press(copy, "N")
    assert copy.cursor.row == 7


def test_hints_name_keys_that_there_are() -> None:
    """Each key of the help does something."""
    names = {"Enter": "enter", "Esc": "escape", "PgUp": "pageup", "PgDn": "pagedown"}
    for keys, _ in HINTS:
        for key in keys.split():
            name = names.get(key, key.replace("C-", "c-"))
            assert press(mode(), name) is not None, key
