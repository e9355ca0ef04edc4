"""Lines of code as they are drawn: exactly so wide, with numbers, signs, grounds and marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.symbols import UNICODE
from constellagent.faces.tui.views.diff_code import Look, marked, shifted, sides, whole
from constellagent.faces.tui.views.diff_colours import PALETTES
from constellagent.faces.tui.views.diff_patch import Line
from constellagent.faces.tui.words import Fragments, width

DARK = Look(PALETTES["dark"], UNICODE)
ADDED = Line("added", None, 12, "x = 日本語")
KEPT = Line("kept", 11, 11, "x = 1")


def text(fragments: Fragments) -> str:
    """Return what is read."""
    return "".join(text for _, text in fragments)


def test_one_line() -> None:
    """Numbers of both sides, the sign, the text, and the ground up to the edge."""
    drawn = whole(ADDED, 3, 24, DARK, None, chosen=False)

    assert text(drawn) == "     12 +x = 日本語     "
    assert [part for part, _ in drawn][1:] == ["bg:#16301f class:added", "bg:#16301f", "bg:#16301f"]


def test_the_row_with_the_cursor() -> None:
    """Only the numbers show it, so that the colours of the code stay."""
    drawn = whole(KEPT, 3, 20, DARK, {KEPT: [("name", "x"), ("", " = "), ("number", "1")]}, chosen=True)

    assert drawn[0] == ("class:dim class:selected", " 11  11 ")
    assert ("#89b4fa", "x") in drawn
    assert ("#fab387", "1") in drawn


@pytest.mark.parametrize(("theme", "style"), [("16", "class:removed"), ("mono", "class:removed")])
def test_without_a_ground(theme: str, style: str) -> None:
    """Where lines have no ground, the whole line has the colour of its sign."""
    line = Line("removed", 3, None, "gone")
    look = Look(PALETTES[theme], UNICODE)  # type: ignore[index] # a test names real themes

    assert whole(line, 3, 20, look, {line: [("keyword", "gone")]}, chosen=False)[1:3] == [
        (style, "-"),
        (style, "gone"),
    ]


def test_two_sides() -> None:
    """Each side has its own number; where there is nothing the gap has its own ground."""
    drawn = sides(None, ADDED, 3, 41, DARK, None, chosen=False)

    assert text(drawn) == f"    {' ' * 16}│ 12 +x = 日本語     "
    assert ("bg:#181825", " " * 16) in drawn
    assert text(sides(KEPT, KEPT, 3, 21, DARK, None, chosen=False)) == " 11  x = 1│ 11  x = 1"


def test_a_note_has_no_numbers() -> None:
    """What git says about a line end is no line."""
    note = Line("note", None, None, "No newline at end of file")

    assert text(whole(note, 3, 40, DARK, None, chosen=False)).strip() == "No newline at end of file"


def test_matches_are_marked() -> None:
    """Every place with the words is marked, across pieces; small letters stand for both kinds."""
    assert marked([("a", "one Two"), ("b", "two")], "two") == [
        ("a", "one "),
        ("a class:match", "Two"),
        ("b class:match", "two"),
    ]
    assert marked([("a", "one Two")], "TWO") == [("a", "one Two")]
    assert marked([("", "İx")], "x") == [("", "İx")]  # small letters of it are two characters
    look = Look(PALETTES["dark"], UNICODE, words="=")
    assert ("class:match", "=") in whole(KEPT, 3, 20, look, None, chosen=False)


def test_out_of_sight_on_the_left() -> None:
    """What is shifted out is not drawn; half of a wide character is a space."""
    assert shifted([("a", "ab"), ("b", "日本")], 3) == [("b", " 本")]
    assert shifted([("a", "ab"), ("b", "cd")], 2) == [("b", "cd")]
    assert shifted([("a", "ab")], 9) == []
    assert shifted([("a", "ab")], 0) == [("a", "ab")]


_PIECES = st.text(st.characters(exclude_categories=["C", "Z", "M"]), max_size=12)


@given(_PIECES, st.integers(0, 60), st.integers(0, 20), st.booleans())
def test_always_exactly_so_wide(words: str, columns: int, shift: int, split: bool) -> None:
    """Whatever a line holds and however little room there is, it fills its row and no more."""
    line = Line("added", None, 5, words)
    look = Look(PALETTES["dark"], UNICODE, shift=shift, words="a")
    if split:
        drawn = sides(None, line, 3, columns, look, None, chosen=False)
    else:
        drawn = whole(line, 3, columns, look, None, chosen=False)

    assert sum(width(text) for _, text in drawn) == max(columns, 9 if split else 8)
