"""Draws rows of a program's screen straight onto the terminal around, without a frame of prompt_toolkit.

Everything is clipped to the given columns, and after each character that is not surely one column wide the
cursor is put where it belongs: the terminal around may not agree about widths.
"""

from collections.abc import Iterator, Sequence

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.utils import get_cwidth

from constellagent.faces.tui.colours import fitted
from constellagent.term.cells import DEFAULT, Row, Run, Style
from constellagent.term.screen.sgr import sgr

BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"
"""Around a frame: a terminal that knows synchronized output shows all of it at once; others ignore both."""
_PLAIN = "\x1b[0m"
_ERASED = 8
"""From so many blanks on, erasing is shorter than writing them."""
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "�")
_JOINER = "‍"

Span = tuple[int, int]
"""Columns of a row, the second not included."""


def goto(x: int, y: int) -> str:
    """Return what puts the cursor at column `x` and row `y`, which count from 0."""
    return f"\x1b[{y + 1};{x + 1}H"


def line(x: int, y: int, row: Row, spans: Sequence[Span], depth: ColorDepth) -> str:
    """Return what draws those spans of a row whose first column is at (x, y); ends with plain attributes.

    Where the row is shorter than a span the rest is blank.
    """
    out: list[str] = []
    for begin, end in spans:
        out.append(goto(x + begin, y))
        at, style = begin, None
        for column, width, text, look in _clipped(row, begin, end):
            wanted = look if look is DEFAULT else fitted(look, depth)
            if column > at:
                out.append(goto(x + column, y))
            blank = text.isspace() and wanted == DEFAULT and width > _ERASED
            if wanted != style:
                out.append(_switch(style, wanted))
                style = wanted
            if blank:
                out.append(f"\x1b[{width}X")
                at = column  # erasing leaves the cursor where it was
            else:
                out.append(text if text.isprintable() else text.translate(_CONTROLS))
                at = column + width if len(text) == width and text.isascii() else -1
        out.append(_switch(style, DEFAULT) if style not in {None, DEFAULT} else "")
        if not row or row[-1].column + row[-1].cells < end:
            first = max(begin, row[-1].column + row[-1].cells if row else 0)
            out.append(f"{goto(x + first, y)}\x1b[{end - first}X")
    return "".join(out)


def _switch(before: Style | None, after: Style) -> str:
    link = before.link if before else None
    if link == after.link:
        return sgr(after)
    return f"\x1b]8;;{_address(after.link)}\x1b\\{sgr(after)}"


def _address(link: str | None) -> str:
    """Return a hyperlink's target if it can end nothing but itself; else nothing."""
    return link if link and link.isascii() and link.isprintable() and len(link) < 2048 else ""


def _clipped(row: Row, begin: int, end: int) -> Iterator[tuple[int, int, str, Style]]:
    """Yield (column, columns, text, style) of what lies in a span; halves of wide characters are blanks."""
    for run in row:
        first, last = run.column, run.column + run.cells
        if last <= begin:
            continue
        if first >= end:
            return
        if not run.mixed:
            left, right = max(first, begin), min(last, end)
            yield left, right - left, run.text[left - first : right - first], run.style
            continue
        for column, width, text in pieces(run):
            if column >= begin and column + width <= end:
                yield column, width, text, run.style
            elif column + width > begin and column < end:
                left, right = max(column, begin), min(column + width, end)
                yield left, right - left, " " * (right - left), run.style


def pieces(run: Run) -> list[tuple[int, int, str]]:
    """Cut a run of wide or combined characters into cells: (column, columns, text).

    A run that cannot be cut so that the columns come out right is one piece.
    """
    if run.cells <= 2 and len(run.text) <= 1:
        return [(run.column, run.cells, run.text)]
    parts: list[str] = []
    widths: list[int] = []
    for character in run.text:
        width = get_cwidth(character)
        if parts and (width == 0 or parts[-1].endswith(_JOINER)):
            parts[-1] += character
        else:
            parts.append(character)
            widths.append(max(1, width))
    if sum(widths) != run.cells:
        return [(run.column, run.cells, run.text)]
    found, column = [], run.column
    for text, width in zip(parts, widths, strict=True):
        found.append((column, width, text))
        column += width
    return found
