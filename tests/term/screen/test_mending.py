"""Soft resets, output that would go to a status line, and programs that want 132 columns."""

import pytest

from constellagent.term.cells import Style
from constellagent.term.screen import Screen
from constellagent.term.screen.mending import ALLOW_132_COLUMNS, SOFT_RESET, TO_STATUS_LINE, Mender

STATES = b"\x1b[4h\x1b[?25l\x1b[?1h\x1b[?7l\x1b[1;31m\x1b(0\x1b[2;3r\x1b[?6h\x1b[2;5H"


@pytest.mark.parametrize("cut", range(1, len(SOFT_RESET) + 1))
def test_a_soft_reset_resets_but_the_cursor(cut: int) -> None:
    """However it is cut: modes, margins, looks and character sets are as at first; text and place stay."""
    screen = Screen(4, 10)
    screen.feed(b"text" + STATES + SOFT_RESET[:cut])
    screen.feed(SOFT_RESET[cut:] + b"q")
    assert screen.text() == ["text", "", "    q", ""]
    cursor = screen.cursor()
    assert (cursor.row, cursor.column, cursor.visible) == (2, 5, True)
    assert not screen.modes().application_cursor
    assert screen.cells()[2][4].style == Style()
    screen.feed(b"\x1b8home\x1b[4;1H\nlast")
    assert screen.text()[-1] == "last"
    assert screen.text()[0] == ""


@pytest.mark.parametrize("cut", range(1, len(TO_STATUS_LINE) + 1))
def test_there_is_no_status_line_to_write_to(cut: int) -> None:
    """Output stays visible."""
    screen = Screen(2, 20)
    screen.feed(b"one " + TO_STATUS_LINE[:cut])
    screen.feed(TO_STATUS_LINE[cut:] + b"two")
    assert screen.text()[0] == "one two"


@pytest.mark.parametrize("cut", range(1, len(ALLOW_132_COLUMNS) + 1))
def test_a_program_does_not_choose_the_width(cut: int) -> None:
    """DECCOLM erases nothing and changes nothing, even if the program has allowed it before."""
    screen = Screen(2, 20)
    screen.feed(b"text" + ALLOW_132_COLUMNS[:cut])
    screen.feed(ALLOW_132_COLUMNS[cut:] + b"\x1b[?3h\x1b[999C.")
    assert [len(row) for row in screen.cells()] == [20, 20]
    assert screen.text() == ["text               .", ""]


def test_the_width_is_put_back_at_the_latest_after_a_piece() -> None:
    """Where one sequence allows another width and sets it, rows have their columns again afterwards."""
    screen = Screen(2, 20)
    screen.changed()
    screen.feed(b"\x1b[?40;3h")
    assert [len(row) for row in screen.cells()] == [20, 20]
    assert len(screen.changed()) == 2
    screen.feed(b"\x1b[999C.")
    assert screen.cursor().column == 19


def test_several_in_one_piece() -> None:
    """Each is cut behind, and nothing is lost or moved."""
    data = b"a\x1b[!pb\x1b[1$}c\x1b[!p"
    parts = Mender().split(data)
    assert parts == [b"a\x1b[!p", b"b\x1b[1$}", b"c\x1b[!p", b""]


def test_what_looks_alike_is_left_alone() -> None:
    """Other sequences with these letters are one piece."""
    mender = Mender()
    for data in (
        b"wow!p",
        b"\x1b[!q",
        b"\x1b[0$}",
        b"\x1b[?40l",
        b"?40h",
        b"\x1b[",
        b"1$",
        b"p}",
        b"",
        b"\x1b[!",
        b"x",
    ):
        assert mender.split(data) == [data]
