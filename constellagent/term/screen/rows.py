"""Rows of cells in the engine's form, made into runs, cells and text.

Whole rows are taken apart by arithmetic on one large number, so that what a row costs depends on how often
its look changes and not on how many columns it has.
"""

from functools import lru_cache
from typing import NamedTuple, Protocol

from constellagent.term.cells import DEFAULT, TRUECOLOR, Cell, Row, Run, Style
from constellagent.term.screen.layout import (
    CELL_BYTES,
    CODEPOINT_MASK,
    CONTENT_MASK,
    CONTENT_SHIFT,
    HEAD,
    LINKED,
    PROTECTED,
    STYLE_MASK,
    STYLE_SHIFT,
    TAG_CLUSTER,
    TAG_MASK,
    TAG_PALETTE,
    TAIL,
    WIDE_MASK,
    WIDE_SHIFT,
)

_BITS = 8 * CELL_BYTES
_COLORED = 2
"""The bit of the content's tag that both kinds of blank cells with a background have."""


class Source(Protocol):
    """What a row's cells only refer to."""

    def style(self, column: int) -> Style:
        """Return the look of the cell there."""

    def cluster(self, column: int) -> str:
        """Return all code points of the cell there."""

    def link(self, column: int) -> str:
        """Return the URI of the cell there."""


class Span(NamedTuple):
    """Columns `start` to `stop` of one style; `blank` ones hold no text at all, but a background."""

    start: int
    stop: int
    style: Style
    blank: bool


class Line(NamedTuple):
    """A row taken apart.

    Attributes:
        text: one character per column, NUL where nothing was written; the first of a cluster.
        odd: per column, not 0 where it is part of a wide character or a cluster; empty if none is.
        spans: from left to right without gaps.
    """

    text: str
    odd: list[int]
    spans: list[Span]


class _Masks(NamedTuple):
    codepoints: int
    looks: int
    odd: int
    last: int


@lru_cache(maxsize=256)
def _masks(columns: int) -> _Masks:
    ones = int.from_bytes(b"\1\0\0\0\0\0\0\0" * columns, "little")
    return _Masks(
        codepoints=ones * CODEPOINT_MASK,
        looks=ones * (STYLE_MASK << STYLE_SHIFT | PROTECTED | LINKED | _COLORED),
        odd=ones * (WIDE_MASK << WIDE_SHIFT | TAG_CLUSTER),
        last=1 << _BITS * (columns - 1),
    )


def decode(raw: bytes, source: Source) -> Line:
    """Take a row apart."""
    size = len(raw)
    columns = size // CELL_BYTES
    masks = _masks(columns)
    number = int.from_bytes(raw, "little")
    looks = number & masks.looks
    odd_bits = number & masks.odd
    points = (number >> CONTENT_SHIFT & masks.codepoints).to_bytes(size, "little")
    # What is no code point belongs to the background of a blank cell, and its character is never used.
    text = memoryview(points).cast("I")[::2].tobytes().decode("utf-32-le", "replace")
    odd = memoryview(odd_bits.to_bytes(size, "little")).cast("Q").tolist() if odd_bits else []
    if not looks:
        return Line(text, odd, [Span(0, columns, DEFAULT, blank=False)])
    cells = memoryview(raw).cast("Q")
    ends = memoryview(((looks ^ looks >> _BITS) | masks.last).to_bytes(size, "little")).cast("Q").tolist()
    spans: list[Span] = []
    known: dict[int, Style] = {0: DEFAULT}
    start = 0
    for stop in [column for column, differs in enumerate(ends, 1) if differs]:
        cell = cells[start]
        number = cell >> STYLE_SHIFT & STYLE_MASK
        style = known.get(number)
        if style is None:
            style = known[number] = source.style(start)
        if cell & PROTECTED:
            style = style._replace(protected=True)
        if cell & _COLORED:
            _split_colored(cells, start, stop, style, spans)
        elif cell & LINKED:
            _split_links(source, start, stop, style, spans)
        else:
            spans.append(Span(start, stop, style, blank=False))
        start = stop
    return Line(text, odd, spans)


def _split_colored(cells: memoryview, start: int, stop: int, style: Style, spans: list[Span]) -> None:
    """Add the spans of blank cells, whose background is where others have their text."""
    colors = [_background(cell) for cell in cells[start:stop]]
    begin = 0
    for end in range(1, len(colors) + 1):
        if end == len(colors) or colors[end] != colors[begin]:
            look = style._replace(background=colors[begin])
            spans.append(Span(start + begin, start + end, look, blank=True))
            begin = end


def _background(cell: int) -> int:
    content = cell >> CONTENT_SHIFT & CONTENT_MASK
    if cell & TAG_MASK == TAG_PALETTE:
        return content & 255
    return TRUECOLOR | (content & 255) << 16 | content & 0xFF00 | content >> 16


def _split_links(source: Source, start: int, stop: int, style: Style, spans: list[Span]) -> None:
    """Add the spans of linked cells: neighbours may differ in where they lead to."""
    links = [source.link(column) for column in range(start, stop)]
    begin = 0
    for end in range(1, len(links) + 1):
        if end == len(links) or links[end] != links[begin]:
            spans.append(Span(start + begin, start + end, style._replace(link=links[begin]), blank=False))
            begin = end


def runs(raw: bytes, source: Source) -> Row:
    """Return a row ready to be drawn: blanks are spaces."""
    text, odd, spans = decode(raw, source)
    if not odd:
        shown = text.replace("\0", " ")
        return tuple(
            Run(
                start,
                stop - start,
                " " * (stop - start) if blank else shown[start:stop],
                style,
                mixed=False,
            )
            for start, stop, style, blank in spans
        )
    return tuple(_mixed(text, odd, span, source) for span in spans)


def _mixed(text: str, odd: list[int], span: Span, source: Source) -> Run:
    start, stop, style, blank = span
    if blank:
        return Run(start, stop - start, " " * (stop - start), style, mixed=False)
    if not any(odd[start:stop]):
        return Run(start, stop - start, text[start:stop].replace("\0", " "), style, mixed=False)
    shown = "".join(
        shown_at(text, odd, column, source) or " " * (width_at(odd, column) != 0)
        for column in range(start, stop)
    )
    return Run(start, stop - start, shown, style, mixed=True)


def shown_at(text: str, odd: list[int], column: int, source: Source) -> str:
    """Return the text of one cell, empty for a blank one and for the second of a wide character."""
    bits = odd[column]
    if bits & TAG_CLUSTER:
        return source.cluster(column)
    return "" if text[column] == "\0" or bits >> WIDE_SHIFT in {TAIL, HEAD} else text[column]


def width_at(odd: list[int], column: int) -> int:
    """Return what `Cell.width` says of one cell."""
    return (1, 2, 0, -1)[odd[column] >> WIDE_SHIFT]


def cells(raw: bytes, source: Source) -> list[Cell]:
    """Return every cell of a row, exactly."""
    text, odd, spans = decode(raw, source)
    odd = odd or [0] * len(text)
    return [
        Cell("" if blank else shown_at(text, odd, column, source), width_at(odd, column), style)
        for start, stop, style, blank in spans
        for column in range(start, stop)
    ]


def ends(raw: bytes, source: Source) -> list[int]:
    """Return the column behind each character that a row's text has."""
    text, odd, _ = decode(raw, source)
    if not odd:
        return list(range(1, len(text) + 1))
    found: list[int] = []
    for column in range(len(text)):
        width = width_at(odd, column)
        if width > 0:
            found += [column + width] * (len(shown_at(text, odd, column, source)) or 1)
    return found


def is_tail(raw: bytes, column: int) -> bool:
    """Return whether the cell there is the second of a wide character."""
    return raw[column * CELL_BYTES + 5] >> 2 & WIDE_MASK == TAIL
