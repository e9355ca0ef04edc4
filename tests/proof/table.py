"""Tables of figures, in text."""

import itertools
import textwrap
from collections.abc import Sequence

_WIDEST = 90


def show(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows below their heads, each column as wide as it must be, in several lines where it is wide."""
    cells: list[tuple[str, ...]] = []
    for row in [head, *rows]:
        parts = [textwrap.wrap(str(cell), _WIDEST) or [""] for cell in row]
        cells += itertools.zip_longest(*parts, fillvalue="")
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    cells.insert(1, tuple("-" * width for width in widths))
    print()
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(flush=True)
