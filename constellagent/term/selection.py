"""What of a screen and its scrollback is selected, and the text of that as a person wants to paste it."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from constellagent.term.cells import DEFAULT, Row, Run, Style

Shape = Literal["characters", "lines", "block"]

_JOINER, _EMOJI = "\u200d", "\ufe0f"
_ATTACHED = {"Mn", "Me", "Mc", "Cf"}
_WORD = frozenset("_-./~:@%+=?&#$")
"""Characters besides letters and digits that paths, addresses and options are made of."""


class Position(NamedTuple):
    """A cell: `row` counts from the oldest row of the scrollback, `column` from 0."""

    row: int
    column: int


class Piece(NamedTuple):
    """What one character, or a cluster of several code points, takes of a row."""

    column: int
    cells: int
    text: str


@dataclass(frozen=True, slots=True)
class Selection:
    """From one cell to another, both included, whichever comes first.

    Attributes:
        anchor: where it was begun.
        head: where it has got to.
        shape: all between in reading order, whole rows, or the rectangle with these corners.
    """

    anchor: Position
    head: Position
    shape: Shape = "characters"

    @property
    def rows(self) -> range:
        """The rows that it touches."""
        first, last = sorted((self.anchor.row, self.head.row))
        return range(first, last + 1)

    def columns(self, row: int) -> tuple[int, int | None] | None:
        """Return the columns of a row that are selected, without the second; None stands for its end."""
        if row not in self.rows:
            return None
        if self.shape == "lines":
            return 0, None
        if self.shape == "block":
            left, right = sorted((self.anchor.column, self.head.column))
            return left, right + 1
        first, last = sorted((self.anchor, self.head))
        return first.column if row == first.row else 0, last.column + 1 if row == last.row else None


def pieces(run: Run) -> list[Piece]:
    """Cut a run into its characters; one whose columns cannot be told apart stays whole."""
    if not run.mixed:
        return [Piece(run.column + at, 1, char) for at, char in enumerate(run.text)]
    clusters: list[str] = []
    for char in run.text:
        if clusters and _attaches(clusters[-1], char):
            clusters[-1] += char
        else:
            clusters.append(char)
    widths = [_width(cluster) for cluster in clusters]
    if sum(widths) != run.cells:
        return [Piece(run.column, run.cells, run.text)]
    found, column = [], run.column
    for cluster, width in zip(clusters, widths, strict=True):
        found.append(Piece(column, width, cluster))
        column += width
    return found


def _attaches(cluster: str, char: str) -> bool:
    if cluster[-1] == _JOINER or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    if _is_flag(char):
        return len(cluster) == 1 and _is_flag(cluster)
    return unicodedata.category(char) in _ATTACHED


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _width(cluster: str) -> int:
    wide = unicodedata.east_asian_width(cluster[0]) in {"W", "F"}
    return 2 if wide or _EMOJI in cluster or (len(cluster) == 2 and _is_flag(cluster[0])) else 1


def cut(row: Row, start: int, stop: int | None) -> str:
    """Return the text in some columns; a wide character of which one column is in them is in whole."""
    found: list[str] = []
    for run in row:
        end = run.column + run.cells
        if end <= start or (stop is not None and run.column >= stop):
            continue
        if start <= run.column and (stop is None or end <= stop):
            found.append(run.text)
        else:
            found.extend(
                piece.text
                for piece in pieces(run)
                if piece.column + piece.cells > start and (stop is None or piece.column < stop)
            )
    return "".join(found)


def text_of(rows: Sequence[Row], wrapped: Sequence[bool], selection: Selection) -> str:
    """Return the text of a selection, whose rows these are.

    `wrapped` tells of each row whether it goes on in the next one: then there is no line break between them,
    unless the selection is a block. Blanks at the end of lines are left out.
    """
    lines = [""]
    for row, on, number in zip(rows, wrapped, selection.rows, strict=True):
        start, stop = selection.columns(number) or (0, 0)
        lines[-1] += cut(row, start, stop)
        if not on or selection.shape == "block":
            lines.append("")
    if lines[-1] == "":
        lines.pop()
    text = "\n".join(line.rstrip() for line in lines)
    return f"{text}\n" if selection.shape == "lines" else text


def word_at(row: Row, column: int) -> tuple[int, int]:
    """Return the columns of the word at a column, without the second; of blanks or signs: all alike."""
    found = [piece for run in row for piece in pieces(run)]
    at = next(
        (at for at, piece in enumerate(found) if piece.column <= column < piece.column + piece.cells), None
    )
    if at is None:
        return column, column + 1
    kind = _kind(found[at].text)
    first = last = at
    while first > 0 and _kind(found[first - 1].text) == kind:
        first -= 1
    while last + 1 < len(found) and _kind(found[last + 1].text) == kind:
        last += 1
    return found[first].column, found[last].column + found[last].cells


def _kind(text: str) -> int:
    if text.isspace():
        return 0
    return 1 if text[0].isalnum() or text[0] in _WORD else 2


def restyled(row: Row, start: int, stop: int, change: Callable[[Style], Style]) -> Row:
    """Return the row with the style of some columns changed, and long enough to show that.

    A wide character of which one column is among them is changed in whole.
    """
    end = row[-1].column + row[-1].cells if row else 0
    if end < stop:
        row = (*row, Run(end, stop - end, " " * (stop - end), DEFAULT))
    found: list[Run] = []
    for run in row:
        if run.column >= stop or run.column + run.cells <= start:
            found.append(run)
        else:
            found.extend(_restyled(run, start, stop, change))
    return tuple(found)


def _restyled(run: Run, start: int, stop: int, change: Callable[[Style], Style]) -> list[Run]:
    parts: list[list[Piece]] = [[], [], []]
    for piece in pieces(run):
        parts[0 if piece.column + piece.cells <= start else 2 if piece.column >= stop else 1].append(piece)
    found: list[Run] = []
    for part, style in zip(parts, (run.style, change(run.style), run.style), strict=True):
        if part:
            cells = sum(piece.cells for piece in part)
            text = "".join(piece.text for piece in part)
            found.append(Run(part[0].column, cells, text, style, run.mixed))
    return found
