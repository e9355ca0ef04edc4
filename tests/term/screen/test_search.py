"""Finding text."""

import pytest

from constellagent.errors import UsageError
from constellagent.term.screen import Found, Screen, search


def fed(text: str, rows: int = 4, columns: int = 10) -> Screen:
    """Return a screen with this text."""
    screen = Screen(rows, columns)
    screen.feed(text.replace("\n", "\r\n").encode())
    return screen


def test_matches_in_scrollback_and_screen() -> None:
    """From the oldest row on, several in one row too."""
    screen = fed("\n".join(f"row {number} row" for number in range(8)))
    found = screen.search("row")
    assert found[:3] == [Found(0, 0, 3), Found(0, 6, 3), Found(1, 0, 3)]
    assert len(found) == 16
    assert screen.search("row 7") == [Found(7, 0, 5)]
    assert screen.search("nowhere") == []
    assert screen.search("") == []


def test_case_matters_where_the_needle_has_capitals() -> None:
    """Or as it is asked for."""
    screen = fed("Error\nerror")
    assert len(screen.search("error")) == 2
    assert screen.search("Error") == [Found(0, 0, 5)]
    assert len(screen.search("Error", case=False)) == 2
    assert screen.search("error", case=True) == [Found(1, 0, 5)]


def test_a_match_over_a_soft_wrap() -> None:
    """Its columns count on into the next row, over more than one wrap too."""
    screen = fed("0123456789abc\n" + "x" * 25)
    assert screen.search("89ab") == [Found(0, 8, 4)]
    assert screen.search("x" * 25) == [Found(2, 0, 25)]
    assert screen.search("9\nabc") == []


def test_columns_behind_wide_characters_and_clusters() -> None:
    """They are counted in columns, not in characters."""
    screen = fed("字字x e\u0301x", 3, 20)
    assert screen.search("x") == [Found(0, 4, 1), Found(0, 7, 1)]
    assert screen.search("字x") == [Found(0, 2, 3)]
    assert screen.search("e\u0301") == [Found(0, 6, 1)]
    plain = fed("üx\nabc\nüüx", 4, 20)
    assert plain.search("x") == [Found(0, 1, 1), Found(2, 2, 1)]


def test_a_wide_character_that_wraps() -> None:
    """The column it left free belongs to the match."""
    screen = fed("012345678字x")
    assert screen.search("8字x") == [Found(0, 8, 5)]


def test_regular_expressions() -> None:
    """Only where asked for; a wrong one is the caller's."""
    screen = fed("a.c abc")
    assert screen.search("a.c") == [Found(0, 0, 3)]
    assert screen.search("a.c", regex=True) == [Found(0, 0, 3), Found(0, 4, 3)]
    assert screen.search("x*", regex=True) == []
    with pytest.raises(UsageError) as caught:
        screen.search("(", regex=True)
    assert caught.value.hint


def test_matches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many, the newest are kept."""
    monkeypatch.setattr(search, "MOST", 3)
    screen = fed("\n".join("x" * 8))
    assert screen.search("x") == [Found(5, 0, 1), Found(6, 0, 1), Found(7, 0, 1)]
