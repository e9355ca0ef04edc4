"""Selections: which cells they take, their text, words, and how their rows are drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.cells import BOLD, DEFAULT, INVERSE, Row, Run, Style
from constellagent.term.selection import (
    Piece,
    Position,
    Selection,
    Shape,
    cut,
    pieces,
    restyled,
    text_of,
    word_at,
)

RED = Style(foreground=1)


def plain(text: str, columns: int = 20) -> Row:
    """Return a row of one run, with blanks up to its end."""
    return (Run(0, columns, text.ljust(columns), DEFAULT),)


WIDE: Row = (Run(0, 3, "ab ", DEFAULT), Run(3, 6, "漢字e\u0301x", RED, mixed=True), Run(9, 3, "yz ", DEFAULT))
"""Columns 0 to 11: a b _ 漢 漢 字 字 é x y z _."""


@pytest.mark.parametrize(
    ("text", "cells", "found"),
    [
        ("漢字", 4, [(0, 2, "漢"), (2, 2, "字")]),
        ("e\u0301x", 2, [(0, 1, "e\u0301"), (1, 1, "x")]),
        ("👨\u200d👩\u200d👧!", 3, [(0, 2, "👨\u200d👩\u200d👧"), (2, 1, "!")]),
        ("🇩🇪🇫🇷", 4, [(0, 2, "🇩🇪"), (2, 2, "🇫🇷")]),
        ("👍🏽a", 3, [(0, 2, "👍🏽"), (2, 1, "a")]),
        ("❤\ufe0fa", 3, [(0, 2, "❤\ufe0f"), (2, 1, "a")]),
        ("漢字", 5, [(0, 5, "漢字")]),
    ],
)
def test_mixed_runs_are_cut_into_characters(text: str, cells: int, found: list[tuple[int, int, str]]) -> None:
    """Each with its columns; where they do not come out as the engine has them, the run stays whole."""
    assert pieces(Run(0, cells, text, DEFAULT, mixed=True)) == [Piece(*piece) for piece in found]


@pytest.mark.parametrize(
    ("start", "stop", "text"),
    [
        (0, None, "ab 漢字e\u0301xyz "),
        (1, 3, "b "),
        (3, 4, "漢"),
        (4, 5, "漢"),
        (4, 6, "漢字"),
        (7, 8, "e\u0301"),
        (8, 10, "xy"),
        (11, None, " "),
        (12, None, ""),
        (5, 5, ""),
    ],
)
def test_wide_characters_are_cut_out_whole(start: int, stop: int | None, text: str) -> None:
    """Even where only one of their columns is wanted."""
    assert cut(WIDE, start, stop) == text


@pytest.mark.parametrize(
    ("shape", "columns"),
    [
        ("characters", {1: None, 2: (5, None), 3: (0, None), 4: (0, 3), 5: None}),
        ("lines", {1: None, 2: (0, None), 3: (0, None), 4: (0, None), 5: None}),
        ("block", {1: None, 2: (2, 6), 3: (2, 6), 4: (2, 6), 5: None}),
    ],
)
def test_shapes(shape: Shape, columns: dict[int, tuple[int, int | None] | None]) -> None:
    """In reading order, by rows, and as a rectangle; from either end."""
    for ends in ((Position(2, 5), Position(4, 2)), (Position(4, 2), Position(2, 5))):
        selection = Selection(*ends, shape)
        assert {row: selection.columns(row) for row in range(1, 6)} == columns


def test_one_row() -> None:
    """Both ends are part of it."""
    assert Selection(Position(0, 3), Position(0, 3)).columns(0) == (3, 4)
    assert Selection(Position(0, 7), Position(0, 3)).columns(0) == (3, 8)


@pytest.mark.parametrize(
    ("selection", "wrapped", "text"),
    [
        (Selection(Position(5, 4), Position(7, 2)), [False] * 3, "one\nsecond line\nthi"),
        (Selection(Position(5, 4), Position(7, 2)), [True, False, False], "one             second line\nthi"),
        (Selection(Position(5, 0), Position(6, 0), "lines"), [False] * 2, "row one\nsecond line\n"),
        (Selection(Position(5, 0), Position(5, 0), "lines"), [True], "row one\n"),
        (Selection(Position(5, 0), Position(7, 2), "block"), [True] * 3, "row\nsec\nthi"),
        (Selection(Position(5, 4), Position(5, 5)), [False], "on"),
        (Selection(Position(5, 10), Position(6, 0)), [False] * 2, "\ns"),
    ],
)
def test_text(selection: Selection, wrapped: list[bool], text: str) -> None:
    """Lines as they were written: soft wraps joined, blanks at their ends left out; whole rows end one."""
    rows = [plain(line) for line in ("row one", "second line", "third")]
    assert text_of(rows[: len(wrapped)], wrapped, selection) == text


def test_rows_that_are_gone_have_no_text() -> None:
    """A selection of which no row is left."""
    assert text_of([()], [False], Selection(Position(0, 0), Position(0, 3))) == ""


@pytest.mark.parametrize(
    ("column", "span"),
    [
        (0, (0, 4)),
        (4, (4, 5)),
        (6, (5, 18)),
        (18, (18, 20)),
        (21, (20, 23)),
        (24, (23, 30)),
        (31, (31, 32)),
    ],
)
def test_words(column: int, span: tuple[int, int]) -> None:
    """Paths are one word; blanks and signs are each other's; behind the end there is only the cell."""
    assert word_at(plain("open ~/src/main.py()foo", 30), column) == span


def test_wide_words() -> None:
    """From either column of a wide character."""
    assert word_at(WIDE, 4) == (3, 11)
    assert word_at((), 3) == (3, 4)


def test_restyled_rows_keep_their_text() -> None:
    """What is changed is cut out of its run, wide characters whole, and the row is filled up."""

    def bold(style: Style) -> Style:
        return style._replace(attributes=style.attributes | BOLD)

    assert restyled(plain("abc", 6), 1, 2, bold) == (
        Run(0, 1, "a", DEFAULT),
        Run(1, 1, "b", Style(attributes=BOLD)),
        Run(2, 4, "c   ", DEFAULT),
    )
    assert restyled(WIDE, 4, 5, bold)[1:3] == (
        Run(3, 2, "漢", RED._replace(attributes=BOLD), mixed=True),
        Run(5, 4, "字e\u0301x", RED, mixed=True),
    )
    assert restyled((), 0, 3, bold) == (Run(0, 3, "   ", Style(attributes=BOLD)),)
    assert restyled(plain("ab", 2), 4, 4, bold) == (*plain("ab", 2), Run(2, 2, "  ", DEFAULT))
    assert restyled(plain("ab", 2), 0, 2, bold) == (Run(0, 2, "ab", Style(attributes=BOLD)),)


@given(
    st.lists(st.text(alphabet="ab 漢字é", min_size=1, max_size=6), max_size=5),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_restyling_changes_no_text(texts: list[str], start: int, length: int) -> None:
    """Rows stay without gaps, and say what they said."""
    row: list[Run] = []
    column = 0
    for text in texts:
        cells = sum(2 if char in "漢字" else 1 for char in text)
        row.append(Run(column, cells, text, DEFAULT, mixed=cells != len(text)))
        column += cells
    stop = start + length
    found = restyled(tuple(row), start, stop, lambda style: style._replace(attributes=INVERSE))
    assert "".join(run.text for run in found).rstrip() == "".join(texts).rstrip()
    at = 0
    for run in found:
        assert run.column == at
        at += run.cells
    assert at == max(column, stop)
