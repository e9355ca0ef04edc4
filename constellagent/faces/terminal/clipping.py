"""Rows of a screen drawn on a terminal of another size: which part of them is shown, and how."""

from collections.abc import Callable, Sequence

from constellagent.term.cells import Cell, Row, Run
from constellagent.term.screen import sgr

PLAIN = "\x1b[0m"


def follow(first: int, shown: int, extent: int, cursor: int) -> int:
    """Return the first of `shown` rows or columns out of `extent`, moved no further than the cursor needs."""
    if extent <= shown:
        return 0
    return min(max(first, cursor - shown + 1, 0), cursor, extent - shown)


def drawn(row: Row, cells: Callable[[], Sequence[Cell]], y: int, left: int, width: int, columns: int) -> str:
    """Return what draws `width` columns of a row from `left` on at line `y` of a terminal with `columns`.

    `cells` is asked for the row's cells where its text does not say which column a character has.
    """
    out = [f"\x1b[{y + 1};1H"]
    end = left
    for run in row:
        first, last = max(run.column, left), min(run.column + run.cells, left + width)
        if first >= last:
            continue
        out.append(sgr(run.style))
        if run.mixed:
            out.append(_by_cells(cells(), first, last, y, left))
        else:
            out.append(_plain(run, first, last))
        end = last
    out.append(PLAIN)
    if end - left < columns:
        out.append(f"\x1b[{y + 1};{end - left + 1}H\x1b[K")
    return "".join(out)


def status(y: int, columns: int, text: str) -> str:
    """Return what draws a line of our own, which stands out from the session's."""
    return f"\x1b[{y + 1};1H\x1b[0;7m{text[:columns].ljust(columns)}{PLAIN}"


def _plain(run: Run, first: int, last: int) -> str:
    return run.text[first - run.column : last - run.column]


def _by_cells(cells: Sequence[Cell], first: int, last: int, y: int, left: int) -> str:
    """Draw cell by cell: terminals do not agree how wide some characters are, so each has its place told."""
    out = []
    for column in range(first, last):
        cell = cells[column]
        cut = (cell.width == 2 and column + 1 >= last) or (cell.width == 0 and column == first)
        if cell.width == 0 and not cut:
            continue
        text = " " if cut or cell.width < 0 or not cell.text else cell.text
        out.append(f"\x1b[{y + 1};{column - left + 1}H{text}")
    return "".join(out)
