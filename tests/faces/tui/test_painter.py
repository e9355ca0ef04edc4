"""Rows as escape sequences: clipped, put right after wide characters, and harmless."""

from prompt_toolkit.output import ColorDepth

from constellagent.faces.tui.painter import line, pieces
from constellagent.term.cells import DEFAULT, Run, Style
from constellagent.term.screen import Screen

DEPTH = ColorDepth.DEPTH_24_BIT


def seen(text: str) -> str:
    """Return what a terminal of one row of twenty columns shows, which was full of dots before."""
    screen = Screen(1, 20)
    screen.feed(b"." * 20 + text.encode())
    found = screen.text()[0].ljust(20)
    screen.close()
    return found


def test_a_row_is_clipped_to_its_spans() -> None:
    """Only the given columns change, and halves of wide characters are blanks."""
    row = (Run(0, 4, "abcd", DEFAULT), Run(4, 4, "中文", DEFAULT, mixed=True))
    assert seen(line(2, 0, row, [(1, 3), (5, 7)], DEPTH)) == "...bc..  ..........."
    assert seen(line(2, 0, row, [(0, 8)], DEPTH)).startswith("..abcd中文")


def test_what_a_row_does_not_have_is_blank() -> None:
    """A row may be shorter than its place."""
    assert seen(line(0, 0, (Run(0, 2, "ab", DEFAULT),), [(0, 6)], DEPTH)) == "ab    .............."
    assert seen(line(0, 0, (), [(0, 6)], DEPTH)) == "      .............."


def test_long_blanks_are_erased_and_what_follows_is_in_place() -> None:
    """Erasing does not move the cursor."""
    row = (Run(0, 12, " " * 12, DEFAULT), Run(12, 2, "ok", Style(1)))
    written = line(0, 0, row, [(0, 14)], DEPTH)
    assert "\x1b[12X" in written
    assert seen(written) == "            ok......"


def test_the_cursor_is_put_right_after_whatever_is_not_surely_one_column_wide() -> None:
    """The terminal around may think otherwise of a character's width."""
    row = (Run(0, 2, "中", DEFAULT, mixed=True), Run(2, 1, "x", DEFAULT))
    assert "中\x1b[1;3Hx" in line(0, 0, row, [(0, 3)], DEPTH)


def test_nothing_in_a_cell_can_control_the_terminal() -> None:
    """Control characters and targets of links that end their sequence are not passed on."""
    style = Style(link="https://example.com/\x1b]0;stolen\x07")
    written = line(0, 0, (Run(0, 3, "a\x9bb", style),), [(0, 3)], DEPTH)
    assert "\x9b" not in written
    assert "stolen" not in written
    good = line(0, 0, (Run(0, 1, "a", Style(link="https://example.com/")),), [(0, 1)], DEPTH)
    assert good.count("\x1b]8;;") == 2


def test_runs_are_cut_into_their_cells() -> None:
    """A run whose columns do not come out right is one piece."""
    assert pieces(Run(3, 4, "a中e\u0301", DEFAULT, mixed=True)) == [
        (3, 1, "a"),
        (4, 2, "中"),
        (6, 1, "e\u0301"),
    ]
    assert pieces(Run(0, 2, "👩‍👩‍👧", DEFAULT, mixed=True)) == [(0, 2, "👩‍👩‍👧")]
    assert pieces(Run(0, 9, "odd", DEFAULT, mixed=True)) == [(0, 9, "odd")]
