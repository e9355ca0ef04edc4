"""Finding text in scrollback and screen, also where a soft wrap cuts it."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from constellagent.errors import UsageError
from constellagent.term.screen import history, rows
from constellagent.term.screen.reader import Reader
from constellagent.term.screen.terminal import Terminal
from constellagent.term.screen.text import joined, read_rows, read_wraps

MOST = 5_000
"""Matches that are returned; of more, the newest."""


class Found(NamedTuple):
    """A match: `row` as `Screen.history` counts them, its first column, and how many columns it takes.

    One that a soft wrap cuts goes on in the next row; `cells` then counts to the end of the first row and on.
    """

    row: int
    column: int
    cells: int


class _Place(NamedTuple):
    """A character: its row, and which of the row's characters it is."""

    row: int
    character: int


def find(terminal: Terminal, primary: Reader, needle: str, *, regex: bool, case: bool | None) -> list[Found]:
    """Return the matches from the oldest row on.

    Raises:
        UsageError: `needle` is no regular expression.
    """
    pattern = _compiled(needle, regex=regex, case=case)
    stop = terminal.history_rows + terminal.rows
    lines = joined(read_rows(terminal, 0, stop), read_wraps(terminal, primary, 0, stop))
    matches = deque(_matches(pattern, lines), maxlen=MOST)
    texts = [row for line in lines for row in line]
    ends = _columns(terminal, primary, {place.row: texts[place.row] for match in matches for place in match})
    return [_found(first, last, ends, terminal.columns) for first, last in matches]


def _compiled(needle: str, *, regex: bool, case: bool | None) -> re.Pattern[str]:
    exact = needle != needle.lower() if case is None else case
    try:
        return re.compile(needle if regex else re.escape(needle), 0 if exact else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(
            f"{needle!r} is no regular expression: {error}", hint="search for plain text instead"
        ) from error


def _matches(pattern: re.Pattern[str], lines: list[list[str]]) -> Iterator[tuple[_Place, _Place]]:
    """Step through the matches: their first character, and their last."""
    row = 0
    for parts in lines:
        text = "".join(parts) if len(parts) > 1 else parts[0]
        for match in pattern.finditer(text):
            if match.end() > match.start():
                ends = list(accumulate(map(len, parts)))
                yield _place(row, ends, match.start()), _place(row, ends, match.end() - 1)
        row += len(parts)


def _place(row: int, ends: list[int], index: int) -> _Place:
    """Return where a character of a line is whose rows end at `ends`."""
    part = next(part for part, end in enumerate(ends) if index < end)
    return _Place(row + part, index - (ends[part - 1] if part else 0))


def _columns(terminal: Terminal, primary: Reader, texts: dict[int, str]) -> dict[int, Sequence[int]]:
    """Return of each of these rows the column behind each of its characters."""
    ends: dict[int, Sequence[int]] = {
        row: range(1, len(text) + 1) for row, text in texts.items() if text.isascii()
    }
    rest = sorted(texts.keys() - ends.keys())
    if rest:
        for row, reader in enumerate(history.read(terminal, primary, rest[0], rest[-1] + 1), rest[0]):
            if row in texts and row not in ends:
                ends[row] = rows.ends(reader.raw(), reader)
    return ends


def _found(first: _Place, last: _Place, ends: dict[int, Sequence[int]], width: int) -> Found:
    begin = ends[first.row][first.character - 1] if first.character else 0
    end = ends[last.row][last.character]
    return Found(first.row, begin, (last.row - first.row) * width + end - begin)
