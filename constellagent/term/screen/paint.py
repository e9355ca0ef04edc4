"""Writes rows so that a terminal that reads them has the same rows: cells, looks and soft wraps.

It counts on a terminal in its first state whose mode 2027 is off, and on a line that is still blank. What was
never written is skipped and not overwritten with spaces. The pen is back to the default before each newline,
because a terminal fills the line that scrolls in with the pen's background.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from constellagent.term.cells import DEFAULT, Style
from constellagent.term.screen import library
from constellagent.term.screen.layout import HEAD, TAG_CLUSTER, TAIL, WIDE, WIDE_SHIFT
from constellagent.term.screen.rows import Source, decode
from constellagent.term.screen.sgr import sgr

_BLANKS = re.compile("(\0+)")
_CLUSTERS_ON, _CLUSTERS_OFF = "\x1b[?2027h", "\x1b[?2027l"
_WIDE_BLANK = "\x1b(0\u5b57\x1b(B"
"""A wide character under line-drawing characters is stored as a wide blank by the engine; nothing else is."""
_ZWJ_AND_EMOJI = re.compile("[\u200d\u2600-\u27bf\ufe0e\ufe0f\U0001f000-\U0001faff]")


class Kind(Enum):
    """What a piece of a row is."""

    TEXT = auto()
    CLUSTER = auto()
    GAP = auto()
    HEAD = auto()


class Piece(NamedTuple):
    """Neighbouring columns of one style that are written in one go.

    A cluster is one cell of several code points; a head is the last column that a wide character left free.
    """

    kind: Kind
    cells: int
    text: str
    style: Style


def pieces(raw: bytes, source: Source) -> list[Piece]:
    """Take a row apart into what is written."""
    text, odd, spans = decode(raw, source)
    found: list[Piece] = []
    for start, stop, style, blank in spans:
        if blank:
            found.append(Piece(Kind.GAP, stop - start, "", style))
        elif odd and any(odd[start:stop]):
            found += _odd_pieces(text, odd, range(start, stop), style, source)
        else:
            found += _plain_pieces(text[start:stop], style)
    return _without_seams(found)


def _without_seams(row: list[Piece]) -> list[Piece]:
    """Join neighbouring gaps that are skipped alike."""
    joined: list[Piece] = []
    for piece in row:
        before = joined[-1] if joined else None
        if before and piece.kind is before.kind is Kind.GAP and piece.style == before.style:
            joined[-1] = before._replace(cells=before.cells + piece.cells)
        else:
            joined.append(piece)
    return joined


def piece_at(raw: bytes, source: Source, column: int) -> list[Piece]:
    """Return the piece of one cell, a space for a blank one."""
    text, odd, spans = decode(raw, source)
    style = next(span.style for span in spans if span.stop > column)
    if odd and odd[column]:
        found = _odd_pieces(text, odd, range(column, column + 1), style, source)
        return [piece for piece in found if piece.text]
    return [Piece(Kind.TEXT, 1, " " if text[column] == "\0" else text[column], style)]


def _plain_pieces(text: str, style: Style) -> Iterator[Piece]:
    for part in _BLANKS.split(text):
        if part.startswith("\0"):
            yield _gap(len(part), style)
        elif part:
            yield Piece(Kind.TEXT, len(part), part, style)


def _gap(cells: int, style: Style) -> Piece:
    """Return blank cells: skipped, or where even they have a look, written as spaces."""
    return (
        Piece(Kind.GAP, cells, "", style) if style == DEFAULT else Piece(Kind.TEXT, cells, " " * cells, style)
    )


def _odd_pieces(text: str, odd: list[int], columns: range, style: Style, source: Source) -> Iterator[Piece]:
    """Take a span with wide characters or clusters apart, cell by cell."""
    simple: list[str] = []
    begin = columns.start

    def flush(column: int) -> Iterator[Piece]:
        if simple:
            yield Piece(Kind.TEXT, column - begin, "".join(simple), style)
            simple.clear()

    for column in columns:
        width = odd[column] >> WIDE_SHIFT
        if width == TAIL:
            continue
        cluster = source.cluster(column) if odd[column] & TAG_CLUSTER else ""
        special = _special(text[column], cluster, width, style)
        if special is None:
            begin = begin if simple else column
            simple.append(text[column])
        else:
            yield from flush(column)
            yield special
    yield from flush(columns.stop)


def _special(character: str, cluster: str, width: int, style: Style) -> Piece | None:
    """Return the piece of a cell that is more than one simple character."""
    if width == HEAD:
        return Piece(Kind.HEAD, 1, "", style)
    if cluster:
        return Piece(Kind.CLUSTER, 1 + (width == WIDE), _spelled(cluster, width), style)
    if character == "\0":
        return _gap(1, style)
    if width == WIDE and _width(character) != 2:
        return Piece(Kind.CLUSTER, 2, _spelled(character, width), style)
    return None


def _spelled(cluster: str, width: int) -> str:
    """Return what recreates a cell in a terminal whose mode 2027 is off."""
    rest = cluster[1:]
    if cluster[0] == " " and width == WIDE:
        return _WIDE_BLANK + rest
    if (width == WIDE) == (_width(cluster) == 2) and not any(map(_width, rest)):
        return cluster
    return f"{cluster[0]}{_CLUSTERS_ON}{rest}{_CLUSTERS_OFF}"


def _width(text: str) -> int:
    return int(library.codepoint_width(ord(text[0])))


class Painter:
    """Collects what is written, and knows the pen of the terminal that will read it."""

    def __init__(self, columns: int) -> None:
        self.written: list[str] = []
        self._columns = columns
        self._pen = DEFAULT

    def pen(self, style: Style) -> None:
        """Make the pen `style`."""
        if style == self._pen:
            return
        if style.link != self._pen.link:
            self.written.append(f"\x1b]8;;{style.link or ''}\x1b\\")
        if style.protected != self._pen.protected:
            self.written.append('\x1b[1"q' if style.protected else '\x1b[0"q')
        self.written.append(sgr(style))
        self._pen = style

    def newline(self) -> None:
        """Go to the next line, which a soft wrap does not lead to."""
        self.pen(DEFAULT)
        self.written.append("\r\n")

    def ready(self, text: str) -> None:
        """Write text that sets its own looks and ends with the default."""
        self.pen(DEFAULT)
        self.written.append(text)

    def row(self, row: list[Piece], *, wrapped: bool, goes_on: bool) -> None:
        """Write a row; `wrapped`: its first character takes a soft wrap, `goes_on`: the next one's does."""
        last = len(row) - 1
        column = 0
        for index, laid in enumerate(row):
            piece = self._first(laid) if wrapped and not index else laid
            column += laid.cells
            if piece.kind is Kind.HEAD:
                if not goes_on and piece.style != DEFAULT:
                    self.pen(piece.style)
                    self.written.append(" ")
            elif piece.kind is Kind.GAP:
                if index < last or piece.style.background is not None:
                    self._skip(piece)
            else:
                self.pen(piece.style)
                self.written.append(piece.text)
                if column < self._columns and _is_uncertain(piece):
                    self.written.append(f"\x1b[{column + 1}G")

    def _first(self, piece: Piece) -> Piece:
        """Write the character that takes the soft wrap, and return what is left of its piece.

        A wrap that scrolls fills the new line with the pen's background, which is taken out again.
        """
        if piece.style.background is None:
            return piece
        self.pen(piece.style)
        first, rest = (piece.text, "") if piece.kind is Kind.CLUSTER else (piece.text[0], piece.text[1:])
        cells = piece.cells if piece.kind is Kind.CLUSTER else max(1, _width(first))
        self.written.append(first)
        if cells < self._columns:
            self.pen(DEFAULT)
            self.written.append("\x1b[K")
        return Piece(Kind.TEXT, piece.cells - cells, rest, piece.style)

    def _skip(self, piece: Piece) -> None:
        """Leave cells blank, with their background."""
        if piece.style.background is not None:
            self.pen(piece.style)
            self.written.append(f"\x1b[{piece.cells}X")
        self.written.append(f"\x1b[{piece.cells}C")


def _is_uncertain(piece: Piece) -> bool:
    """Return whether terminals disagree about how far this moves the cursor."""
    return piece.kind is Kind.CLUSTER or bool(_ZWJ_AND_EMOJI.search(piece.text))
