"""Where the lines that a comment quotes are in the file now, after the agent went on working. Pure."""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

_TELLING = re.compile(r"\w")
"""A line of brackets alone is everywhere."""
_MOST_LINES = 500
"""Lines of a quote that are looked for one by one."""
_MOST_PLACES = 100
"""Places of one line that are looked at: what is nearly everywhere tells nothing."""


class Anchor(NamedTuple):
    """Where a comment stands now; `outdated` says that its lines are not there any more as they were."""

    line: int
    end_line: int
    outdated: bool


class Text:
    """The lines of a file, ready to look for many quotes."""

    def __init__(self, text: str) -> None:
        self.lines = split(text)
        self._places: dict[str, list[int]] = defaultdict(list)
        for index, line in enumerate(self.lines):
            self._places[line].append(index)

    def follow(self, quote: str, line: int, end_line: int) -> Anchor:
        """Return where `quote` is: at the match nearest to `line` (1-based).

        It is outdated where there is none, and where two are equally near, since nobody knows which. It
        then is where most of its lines are, if at least half of them still stand together somewhere.
        """
        wanted = split(quote)
        if len(wanted) > 1 and not wanted[-1] and len(wanted) > end_line - line + 1:
            wanted.pop()  # the line end behind the last line
        starts = self._starts(wanted)
        at = bisect_left(starts, line - 1)
        near = sorted((abs(start - (line - 1)), start) for start in starts[max(at - 1, 0) : at + 1])
        if not near or (len(near) > 1 and near[0][0] == near[1][0]):
            moved = 0 if starts else self._shift(wanted, line - 1)
            return Anchor(line + moved, end_line + moved, outdated=True)
        start = near[0][1] + 1
        return Anchor(start, start + len(wanted) - 1, outdated=False)

    def cut(self, line: int, end_line: int) -> str:
        """Return the lines from `line` to `end_line` (1-based, included) as a quote."""
        return "\n".join(self.lines[line - 1 : end_line])

    def _shift(self, wanted: Sequence[str], start: int) -> int:
        """Return by how many lines most of `wanted` has moved, 0 where that is not clear."""
        telling = [(index, line) for index, line in enumerate(wanted[:_MOST_LINES]) if _TELLING.search(line)]
        votes: Counter[int] = Counter()
        for index, line in telling:
            votes.update(place - index for place in self._places.get(line, ())[:_MOST_PLACES])
        inside = [
            (-many, abs(at - start), at)
            for at, many in votes.items()
            if many * 2 >= len(telling) and 0 <= at <= len(self.lines) - len(wanted)
        ]
        best = sorted(inside)[:2]
        if not best or (len(best) > 1 and best[0][:2] == best[1][:2]):
            return 0
        return best[0][2] - start

    def _starts(self, wanted: Sequence[str]) -> list[int]:
        """Return the indexes at which all of `wanted` stands, ascending, looking at its rarest line only."""
        rarest = min(range(len(wanted)), key=lambda index: len(self._places.get(wanted[index], ())))
        starts = (place - rarest for place in self._places.get(wanted[rarest], ()))
        return [start for start in starts if start >= 0 and self.lines[start : start + len(wanted)] == wanted]


def split(text: str) -> list[str]:
    """Return the lines of a text, whatever they end with; what follows the last line end is a line too."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
