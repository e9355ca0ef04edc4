"""Matches of a search: the next one, around the ends, and over soft wraps."""

from constellagent.faces.tui.copying.matches import Matches
from constellagent.term.selection import Position
from tests.faces.tui.copying.pages import Hit


def test_a_match_may_go_on_in_the_next_rows() -> None:
    """Its cells are split over the rows that it takes; it is one match nevertheless."""
    matches = Matches("x", [Hit(3, 8, 15)], columns=10)
    assert len(matches) == 1
    assert [matches.on(row) for row in range(2, 7)] == [
        [],
        [(8, 10, False)],
        [(0, 10, False)],
        [(0, 3, False)],
        [],
    ]
    assert matches.near(Position(0, 0), forwards=True) == Position(3, 8)
    assert matches.on(4) == [(0, 10, True)]


def test_before_one_was_gone_to() -> None:
    """Only how many there are is known."""
    assert Matches("x", [Hit(0, 0, 1), Hit(1, 0, 1)], columns=10).words() == "2 found"
    assert Matches("x", [], columns=10).near(Position(0, 0), forwards=True) is None


def test_the_match_at_the_cursor_is_passed_over() -> None:
    """In both directions."""
    matches = Matches("x", [Hit(0, 0, 1), Hit(1, 0, 1), Hit(2, 0, 1)], columns=10)
    assert matches.near(Position(1, 0), forwards=True) == Position(2, 0)
    assert matches.near(Position(1, 0), forwards=False) == Position(0, 0)
    assert matches.near(Position(0, 0), forwards=False) == Position(2, 0)
    assert matches.near(Position(2, 0), forwards=True) == Position(0, 0)
