"""Wrapping of lines at words."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.views.wrapping import wrapped
from constellagent.faces.tui.words import width
from tests.growth import assert_linear

_WIDEST = 2


def texts(text: str, columns: int) -> list[str]:
    """Return the wrapped lines of one text."""
    return ["".join(part for _, part in line) for line in wrapped([("", text)], columns)]


def test_breaks_at_blanks() -> None:
    """A line is broken between words, and the blank at the break is left out."""
    assert texts("one two three", 8) == ["one two ", "three"]
    assert texts("one two", 3) == ["one", "two"]


def test_breaks_long_words() -> None:
    """A word that is wider than a line is broken where the line ends, by columns and not by signs."""
    assert texts("abcdefg", 3) == ["abc", "def", "g"]
    assert texts("漢字漢字", 3) == ["漢", "字", "漢", "字"]


def test_keeps_styles() -> None:
    """Each piece keeps the style that it had."""
    assert wrapped([("a", "one "), ("b", "two")], 4) == [[("a", "one"), ("a", " ")], [("b", "two")]]


@given(st.text(), st.integers(_WIDEST, 40))
def test_nothing_is_lost(text: str, columns: int) -> None:
    """At any width no line is wider, and nothing but blanks is left out."""
    lines = texts(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_million_signs() -> None:
    """A line of a million signs takes no more than its length, with and without blanks."""
    assert len(texts("x" * 1_000_000, 80)) == 12_500
    assert_linear(lambda size: "x" * size, lambda text: texts(text, 80), 1_000_000)
    assert_linear(lambda size: "xy " * size, lambda text: texts(text, 80), 100_000)


def test_indented() -> None:
    """The lines after the first are indented, and as narrow as that; without room for it they are not."""
    assert ["".join(t for _, t in line) for line in wrapped([("", "one two three four")], 10, 2)] == [
        "one two ",
        "  three ",
        "  four",
    ]
    long = ["".join(t for _, t in line) for line in wrapped([("", "x" * 20)], 9, 2)]
    assert long == ["xxxxxxx", "  xxxxxxx", "  xxxxxx"]
    assert len(wrapped([("", "x" * 20)], 8, 2)) == 3
