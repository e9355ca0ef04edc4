"""All changed files as one long text of rows: which there are, which are folded, and how to move in them.

Only open files have rows beside their heading, and a file's rows are made when they are first counted, so a
list of ten thousand files costs little.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from constellagent.faces.tui.views.diff_patch import Hunk, Line, Patch
from constellagent.runtime.diff_views import FileChange


@dataclass(frozen=True, slots=True)
class Heading:
    """The row that names a file."""


@dataclass(frozen=True, slots=True)
class Note:
    """A row of words about a file."""

    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The row at which a hunk begins."""

    hunk: Hunk


@dataclass(frozen=True, slots=True)
class One:
    """One line."""

    hunk: Hunk
    line: Line


@dataclass(frozen=True, slots=True)
class Two:
    """Two lines side by side; the left one is the older, None where there is nothing."""

    hunk: Hunk
    left: Line | None
    right: Line | None


Row = Heading | Note | Rule | One | Two


class Entry:
    """One file.

    Attributes:
        change: what is known from the list.
        open: its rows are shown.
        patch: its lines, None until they are fetched.
        problem: why they cannot be had.
        cut: the patch is longer than what was sent.
        stale: they were fetched before the list, and are to be fetched anew.
        mark: stands for the text that `patch` was read from.
    """

    def __init__(self, change: FileChange) -> None:
        self.change = change
        self.open = False
        self.patch: Patch | None = None
        self.problem = ""
        self.cut = False
        self.stale = True
        self.mark = 0
        self._made: tuple[object, list[Row]] | None = None

    @property
    def digits(self) -> int:
        """How wide its line numbers are."""
        return 3 if self.patch is None else self.patch.digits

    def rows(self, *, split: bool) -> list[Row]:
        """Return its rows, its heading first."""
        made_of = (split, self.open, self.patch, self.problem, self.cut)
        if self._made is None or self._made[0] != made_of:
            self._made = made_of, [Heading(), *(self._below(split=split) if self.open else ())]
        return self._made[1]

    def _below(self, *, split: bool) -> Iterator[Row]:
        if self.problem:
            yield Note(self.problem)
            return
        if self.patch is None:
            yield Note("is being fetched ...")
            return
        for note in self.patch.notes:
            yield Note(note)
        for hunk in self.patch.hunks:
            yield Rule(hunk)
            if split:
                yield from (Two(hunk, left, right) for left, right in hunk.pairs)
            else:
                yield from (One(hunk, line) for line in hunk.lines)
        if self.cut:
            yield Note("the rest is too long to be shown")
        elif not self.patch.notes and not self.patch.hunks:
            yield Note("no lines to show")


class Document:
    """The rows of all files, numbered from 0."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.split = False
        self._starts: list[int] = [0]

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._starts[-1]

    def fill(self, changes: Sequence[FileChange]) -> None:
        """Take a new list; what is known of a file that is still there is kept until it is fetched anew."""
        before = {entry.change["path"]: entry for entry in self.entries}
        self.entries = []
        for change in changes:
            entry = before.get(change["path"]) or Entry(change)
            entry.change, entry.stale = change, True
            self.entries.append(entry)
        self.changed()

    def changed(self) -> None:
        """Count the rows anew, after anything of an entry changed."""
        self._rows = {
            number: entry.rows(split=self.split) for number, entry in enumerate(self.entries) if entry.open
        }
        lengths = (
            len(self._rows[number]) if number in self._rows else 1 for number in range(len(self.entries))
        )
        self._starts = list(accumulate(lengths, initial=0))

    def at(self, row: int) -> tuple[Entry, Row]:
        """Return what is at a row, which must be there."""
        number = self.number(row)
        entry = self.entries[number]
        return entry, entry.rows(split=self.split)[row - self._starts[number]]

    def number(self, row: int) -> int:
        """Return the number of the file at a row."""
        return bisect_right(self._starts, row, hi=max(1, len(self.entries))) - 1

    def start(self, number: int) -> int:
        """Return the row at which a file begins."""
        return self._starts[max(0, min(number, len(self.entries) - 1))]

    def place(self, row: int) -> tuple[str, int]:
        """Return the path and the offset in its file of a row, to be found again when the rows changed."""
        if not self.entries:
            return "", 0
        number = self.number(row)
        return self.entries[number].change["path"], row - self._starts[number]

    def row(self, place: tuple[str, int]) -> int:
        """Return the row of a place, or the nearest that is there now."""
        path, offset = place
        for number, entry in enumerate(self.entries):
            if entry.change["path"] >= path:
                last = self._starts[number + 1] - 1
                return (
                    min(self._starts[number] + offset, last)
                    if entry.change["path"] == path
                    else self._starts[number]
                )
        return max(0, self.total - 1)

    def hunk(self, row: int, step: int) -> int | None:
        """Return the row of the next hunk (`step` 1) or the one before (-1)."""
        return next((at for at, found in self._from(row, step) if isinstance(found, Rule)), None)

    def find(self, words: str, row: int, step: int) -> int | None:
        """Return the next row, from `row` on, that has `words`; without capitals in them, in any case."""
        fold = words == words.lower()
        for at, found in self._from(row, step):
            text = self._text(at, found)
            if words in (text.lower() if fold else text):
                return at
        return None

    def _from(self, row: int, step: int) -> Iterator[tuple[int, Row]]:
        """Return the rows after (or before) `row`, once around."""
        for distance in range(1, self.total + 1):
            at = (row + step * distance) % self.total
            yield at, self.at(at)[1]

    def _text(self, at: int, row: Row) -> str:
        match row:
            case Heading():
                return self.at(at)[0].change["path"]
            case Note(text):
                return text
            case Rule(hunk):
                return hunk.where
            case One(_, line):
                return line.text
            case Two(_, left, right):
                return "\n".join(line.text for line in (left, right) if line)
