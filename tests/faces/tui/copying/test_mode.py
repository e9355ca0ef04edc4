"""Copy mode: what is shown, the cursor, selections, the mouse and searches."""

from constellagent.faces.tui.copying import CopyMode
from constellagent.term.cells import INVERSE, Row
from constellagent.term.selection import Position
from tests.faces.tui.copying.pages import FakePages

LINES = [f"line {number}" for number in range(12)]


def mode(lines: list[str] | None = None, cursor: tuple[int, int] | None = None) -> CopyMode:
    """Return copy mode of these lines on a screen of four rows."""
    return CopyMode(FakePages(LINES if lines is None else lines), cursor)


def shown(copy: CopyMode) -> list[str]:
    """Return the text that is shown."""
    return ["".join(run.text for run in row).rstrip() for row in copy.visible_rows()]


def inverse(row: Row) -> str:
    """Return what of a row is drawn as selected."""
    return "".join(run.text for run in row if run.style.attributes & INVERSE)


def test_it_begins_at_the_live_screen() -> None:
    """With the cursor where the program has it, else in the last row."""
    copy = mode(cursor=(1, 3))
    assert shown(copy) == LINES[8:]
    assert copy.cursor_in() == (1, 3)
    assert mode().cursor_in() == (3, 0)
    assert copy.at_end
    assert copy.status() == "[0/8]"


def test_scrolling_stops_at_the_ends() -> None:
    """The cursor stays in sight."""
    copy = mode()
    copy.scroll(-3)
    assert shown(copy) == LINES[5:9]
    assert copy.cursor_in() == (3, 0)
    assert not copy.at_end
    assert copy.status() == "[3/8]"
    copy.scroll(-100)
    assert (copy.top, copy.cursor.row) == (0, 3)
    copy.scroll(100)
    assert (copy.top, copy.cursor.row) == (8, 8)


def test_pages_take_the_cursor_along() -> None:
    """To the very first and last row at the ends."""
    copy = mode()
    copy.page(-4)
    assert (copy.top, copy.cursor.row) == (4, 7)
    copy.page(-4)
    copy.page(-4)
    assert (copy.top, copy.cursor.row) == (0, 0)
    copy.page(100)
    assert (copy.top, copy.cursor.row) == (8, 11)


def test_the_cursor_brings_its_row_into_sight() -> None:
    """Beyond the edges it scrolls; beyond everything it stays."""
    copy = mode()
    copy.move(-5, 0)
    assert (copy.top, copy.cursor) == (6, Position(6, 0))
    copy.go(999, 999)
    assert (copy.top, copy.cursor) == (8, Position(11, 19))
    copy.go(-1, -1)
    assert (copy.top, copy.cursor) == (0, Position(0, 0))


def test_a_short_scrollback() -> None:
    """Fewer lines than the screen has rows."""
    copy = mode(["one", "two"])
    assert copy.total == 4
    copy.page(-4)
    assert shown(copy) == ["one", "two"]
    copy.go(3, 0)
    assert copy.row(3) == ()
    assert copy.line_ends() == (0, 0)


def test_selections_follow_the_cursor() -> None:
    """Begun, moved, changed in shape, drawn inverse, and given up by the same key."""
    copy = mode(cursor=(0, 5))
    copy.select("characters")
    copy.move(1, -3)
    assert copy.copied() == "8\nlin"
    rows = copy.visible_rows()
    assert [inverse(row).rstrip() for row in rows] == ["8", "lin", "", ""]
    assert len(inverse(rows[0])) == 15
    copy.select("lines")
    assert copy.copied() == "line 8\nline 9\n"
    assert len(inverse(copy.visible_rows()[0])) == 20
    copy.select("block")
    assert copy.copied() == "ne 8\nne 9"
    copy.select("block")
    assert copy.selection is None
    assert copy.copied() == ""


def test_the_other_end_of_a_selection() -> None:
    """The cursor goes there, and moves that end from then on."""
    copy = mode(cursor=(1, 2))
    copy.swap()
    assert copy.cursor_in() == (1, 2)
    copy.select("characters")
    copy.move(0, 2)
    copy.swap()
    assert copy.cursor_in() == (1, 2)
    copy.move(0, -1)
    assert copy.copied() == "ine"


def test_soft_wraps_are_joined() -> None:
    """A long line is copied as one."""
    copy = mode(["a" * 20 + "\\", "bcd", "next", ""], cursor=(0, 18))
    copy.select("characters")
    copy.go(2, 1)
    assert copy.copied() == "aabcd\nne"


def test_dragging_selects_and_scrolls() -> None:
    """Below and above what is shown it goes on."""
    copy = mode()
    copy.scroll(-4)
    copy.press(1, 2)
    assert copy.selection is None
    copy.drag(2, 3)
    assert copy.copied() == "ne 5\nline"
    copy.drag(4, 3)
    assert copy.top == 5
    copy.drag(-1, 0)
    assert copy.top == 4
    assert copy.copied() == "line 4\nlin"
    copy.press(0, 1)
    copy.drag(1, 2, block=True)
    assert copy.copied() == "in\nin"


def test_two_clicks_take_words_and_three_lines() -> None:
    """Dragging after two adds whole words, on both sides."""
    copy = mode(["one two three four", "five six", "", ""])
    copy.press(0, 5, 2)
    assert copy.copied() == "two"
    copy.drag(0, 10)
    assert copy.copied() == "two three"
    copy.drag(0, 1)
    assert copy.copied() == "one two"
    copy.drag(1, 6)
    assert copy.copied() == "two three four\nfive six"
    copy.press(1, 2, 3)
    assert copy.copied() == "five six\n"
    copy.press(1, 2)
    assert copy.selection is None


def test_searching() -> None:
    """Forwards and backwards from the cursor, around the ends, with what was found in the status."""
    lines = ["alpha", "beta", "gamma", "alpha beta", "", "delta", "beta", "end"]
    copy = mode(lines)
    copy.find("beta", "backwards")
    assert copy.cursor == Position(6, 0)
    assert copy.status() == "[0/4] 3 of 3 found"
    copy.again()
    assert copy.cursor == Position(3, 6)
    assert copy.status() == "[1/4] 2 of 3 found"
    copy.again(back=True)
    copy.again(back=True)
    assert copy.cursor == Position(1, 0)
    copy.find("alpha", "forwards")
    assert copy.cursor == Position(3, 0)
    marks = {run.text: run.style.underline for run in copy.visible_rows()[2] if run.style.underline}
    assert marks == {"alpha": 2}
    copy.go(0, 0)
    assert [run.text for run in copy.visible_rows()[0] if run.style.underline] == ["alpha"]


def test_what_is_not_found_is_said() -> None:
    """The cursor stays; a wrong expression says so; nothing to look for forgets the search."""
    copy = mode()
    copy.find("nowhere", "forwards")
    assert copy.status() == "[0/8] 'nowhere' not found"
    copy.again()
    copy.find("(", "forwards", regex=True)
    assert copy.status() == "[0/8] '(' is no regular expression"
    copy.again()
    copy.find("line [12]$", "backwards", regex=True)
    assert copy.status() == "[6/8] 2 of 2 found"
    assert copy.cursor == Position(2, 0)
    copy.find("", "forwards")
    assert copy.matches is None
    assert copy.status().endswith("8]")
    assert copy.cursor == Position(2, 0)
