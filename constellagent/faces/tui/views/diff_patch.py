"""Reads git's unified patch of one file into hunks of numbered lines."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Literal

from constellagent.faces.tui.words import clean

Kind = Literal["kept", "added", "removed", "note"]

LONGEST = 4_000
"""Characters of a line that are kept; what is behind them is of no use on a screen."""
_TAB = 4
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
_KINDS: dict[str, Kind] = {"+": "added", "-": "removed", "\\": "note"}
_TOLD = ("old mode", "new mode", "new file mode", "deleted file mode", "Binary files")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk. `old` and `new` are its numbers on both sides, None where it is not there."""

    kind: Kind
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, eq=False)
class Hunk:
    """A changed place; `where` is the text that git shows behind its numbers."""

    old: int
    new: int
    where: str
    lines: list[Line] = field(default_factory=list)

    @cached_property
    def pairs(self) -> list[tuple[Line | None, Line | None]]:
        """The lines side by side: removed ones left of the added ones that follow them."""
        rows: list[tuple[Line | None, Line | None]] = []
        left: list[Line] = []
        right: list[Line] = []

        def settle() -> None:
            rows.extend(zip_longest(left, right))
            left.clear()
            right.clear()

        last: Kind = "kept"
        for line in self.lines:
            kind = last if line.kind == "note" else line.kind  # it belongs to the line before it
            match kind:
                case "removed":
                    if right and last == "added":
                        settle()
                    left.append(line)
                case "added":
                    right.append(line)
                case "kept" | "note":
                    settle()
                    rows.append((line, line))
            last = kind
        settle()
        return rows


@dataclass(frozen=True, eq=False)
class Patch:
    """The patch of one file: what git says about it, and its hunks."""

    notes: list[str]
    hunks: list[Hunk]

    @cached_property
    def digits(self) -> int:
        """How many digits the largest line number has."""
        numbers = [line.new or line.old or 0 for hunk in self.hunks for line in hunk.lines[-1:]]
        return max(3, len(str(max(numbers, default=0))))


def parse(text: str) -> Patch:
    """Read a patch, also one that is cut off; lines that are not understood are left out."""
    notes: list[str] = []
    hunks: list[Hunk] = []
    old = new = old_left = new_left = 0
    for raw in text.removesuffix("\n").split("\n"):
        if old_left <= 0 and new_left <= 0 and (found := _HUNK.match(raw)):
            old, new = int(found[1]), int(found[3])
            old_left, new_left = int(found[2] or 1), int(found[4] or 1)
            hunks.append(Hunk(old, new, _shown(found[5])))
            continue
        kind = _KINDS.get(raw[:1], "kept")
        if kind == "note" and hunks:
            hunks[-1].lines.append(Line("note", None, None, _shown(raw[2:])))
        elif old_left > 0 or new_left > 0:
            has_old, has_new = kind != "added", kind != "removed"
            hunks[-1].lines.append(
                Line(kind, old if has_old else None, new if has_new else None, _shown(raw[1:]))
            )
            old, old_left = old + has_old, old_left - has_old
            new, new_left = new + has_new, new_left - has_new
        elif raw.startswith(_TOLD):
            notes.append(_shown(raw))
    return Patch(notes, hunks)


def _shown(text: str) -> str:
    text = text[:LONGEST].removesuffix("\r").expandtabs(_TAB)
    return text if text.isprintable() else clean(text)
