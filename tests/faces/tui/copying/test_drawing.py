"""How matches and selections are drawn."""

from constellagent.faces.tui.copying.drawing import chosen, found, marked, selected
from constellagent.term.cells import DEFAULT, INVERSE, Run, Style
from constellagent.term.selection import Position, Selection


def test_marks_differ_without_colours() -> None:
    """By what terminals have that know no colours: inverse, and one line or two below."""
    looks = [DEFAULT, selected(DEFAULT), found(DEFAULT), chosen(DEFAULT), selected(found(DEFAULT))]
    assert len({(look.attributes, look.underline) for look in looks}) == len(looks)


def test_a_selected_inverse_cell_is_plain() -> None:
    """So that it differs from its neighbours."""
    assert selected(Style(attributes=INVERSE)) == DEFAULT


def test_rows_get_matches_and_selection() -> None:
    """A selection over a match is drawn over it, and nothing is wider than the screen."""
    row = (Run(0, 6, "abcdef", DEFAULT),)
    selection = Selection(Position(4, 2), Position(5, 0))
    assert marked(row, 3, 6, (), selection) == row
    assert marked(row, 4, 6, [(1, 3, False)], selection) == (
        Run(0, 1, "a", DEFAULT),
        Run(1, 1, "b", found(DEFAULT)),
        Run(2, 1, "c", selected(found(DEFAULT))),
        Run(3, 3, "def", selected(DEFAULT)),
    )
    assert marked(row, 4, 6, [(4, 99, True)], None)[-1] == Run(4, 2, "ef", chosen(DEFAULT))
