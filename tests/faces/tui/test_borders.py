"""Lines between panes and the titles on them."""

from constellagent.faces.tui.arrangement import Area
from constellagent.faces.tui.borders import Pane, Part, lines, title


def drawn(columns: int, rows: int, *panes: Pane, unicode: bool = True) -> list[str]:
    """Return the lines as text."""
    cells = lines(columns, rows, panes, unicode=unicode)
    return ["".join(cells.get((x, y), " ")[0] for x in range(columns)) for y in range(rows)]


def test_shared_lines_join_where_they_meet() -> None:
    """Two panes beside each other have one line between them."""
    assert drawn(9, 4, Pane(Area(1, 1, 3, 2)), Pane(Area(5, 1, 3, 2))) == [
        "┌───┬───┐",
        "│   │   │",
        "│   │   │",
        "└───┴───┘",
    ]


def test_lines_go_on_to_the_edge_of_a_window_without_outer_borders() -> None:
    """Nothing ends in half a line."""
    assert drawn(7, 4, Pane(Area(0, 1, 3, 2)), Pane(Area(4, 1, 3, 2))) == [
        "───┬───",
        "   │   ",
        "   │   ",
        "───┴───",
    ]


def test_ascii_lines_where_the_locale_has_no_others() -> None:
    """Corners are plus signs."""
    assert drawn(5, 3, Pane(Area(1, 1, 3, 1)), unicode=False) == ["+---+", "|   |", "+---+"]


def test_the_marked_pane_wins_the_line_that_it_shares() -> None:
    """The focus is seen all around."""
    panes = [Pane(Area(1, 1, 3, 1), mark="border.focused"), Pane(Area(5, 1, 3, 1))]
    cells = lines(9, 3, panes, unicode=True)
    assert cells[4, 1][1] == "border.focused"
    assert cells[8, 1][1] == "border"


def test_a_title_loses_its_lightest_parts_first_and_is_cut_last() -> None:
    """The name stays as long as anything fits."""
    parts = [Part("n", "name", 9), Part("k", " · kind", 1), Part("s", " · state", 8)]
    assert "".join(text for _, text in title(parts, 40)) == " name · kind · state "
    assert "".join(text for _, text in title(parts, 18)) == " name · state "
    assert "".join(text for _, text in title(parts, 8)) == " name "
    assert "".join(text for _, text in title(parts, 5)) == " na… "
    assert title(parts, 4) == []
    assert title([], 40) == []
