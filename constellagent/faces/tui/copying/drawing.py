"""How copy mode draws rows: what was found and what is selected, readable without any colours, too."""

from collections.abc import Sequence

from constellagent.term.cells import BOLD, INVERSE, Row, Style
from constellagent.term.selection import Selection, restyled

_BLACK, _YELLOW, _BRIGHT_YELLOW = 0, 3, 11


def selected(style: Style) -> Style:
    """Return how a selected cell looks."""
    return style._replace(attributes=style.attributes ^ INVERSE)


def found(style: Style) -> Style:
    """Return how a cell of a match looks."""
    return style._replace(
        foreground=_BLACK, background=_YELLOW, underline=1, attributes=style.attributes & ~INVERSE
    )


def chosen(style: Style) -> Style:
    """Return how a cell of the match looks at which the cursor is."""
    look = found(style)
    return look._replace(background=_BRIGHT_YELLOW, underline=2, attributes=look.attributes | BOLD)


def marked(
    row: Row, number: int, columns: int, matches: Sequence[tuple[int, int, bool]], selection: Selection | None
) -> Row:
    """Return a row with its matches, as (first column, second column outside, chosen), and the selection."""
    for first, end, current in matches:
        row = restyled(row, first, min(end, columns), chosen if current else found)
    covered = selection.columns(number) if selection is not None else None
    if covered is not None:
        start, stop = covered
        row = restyled(row, start, columns if stop is None else min(stop, columns), selected)
    return row
