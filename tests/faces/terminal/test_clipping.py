"""Which part of a screen is shown, and how its rows are drawn."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.terminal import clipping
from constellagent.term.screen import Screen

sizes = st.integers(1, 60)


@given(st.integers(0, 60), sizes, sizes, st.integers(0, 59))
def test_the_part_that_is_shown_holds_the_cursor_and_moves_no_more_than_it_must(
    first: int, shown: int, extent: int, cursor: int
) -> None:
    """It lies within the screen, has the cursor in it, and stays where it was if it can."""
    cursor %= extent
    found = clipping.follow(first, shown, extent, cursor)
    assert 0 <= found <= max(0, extent - shown)
    assert found <= cursor < found + shown
    if first <= max(0, extent - shown) and first <= cursor < first + shown:
        assert found == first or extent <= shown


@given(st.text("ab 漢é👩", max_size=12), st.integers(0, 12), sizes)
def test_a_row_is_drawn_in_its_columns(text: str, left: int, width: int) -> None:
    """On a terminal as wide as the part that is shown, each character is where it belongs, or a blank."""
    screen = Screen(1, 30)
    screen.feed(text.encode())
    row = screen.read()[0]
    whole = screen.cells()[0]
    terminal = Screen(2, width)
    terminal.feed(b"old" * width + b"\x1b[?7l")
    terminal.feed(clipping.drawn(row, lambda: whole, 0, left, width, width).encode())
    for column, cell in enumerate(terminal.cells()[0]):
        wanted = whole[left + column] if left + column < 30 else None
        cut = wanted is not None and (
            (wanted.width == 2 and column == width - 1) or (wanted.width == 0 and column == 0)
        )
        expected = "" if wanted is None or cut else wanted.text.strip()
        assert cell.text.strip() == expected
    screen.close()
    terminal.close()


def test_our_own_line_fills_its_row() -> None:
    """It is cut to the terminal and reaches to its edge."""
    terminal = Screen(2, 10)
    for text in ("short", "much longer than that"):
        terminal.feed(clipping.status(1, 10, text).encode())
        assert terminal.text()[1] == text[:10]
    assert terminal.cells()[1][9].style.attributes
    terminal.close()
