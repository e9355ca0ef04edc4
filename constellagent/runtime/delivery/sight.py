"""One look at a program's screen: which lines it shows, and what stands in its input line.

The input line is where the cursor is, or begins a few rows above it. What is dim there is a hint of the
program's (`Ask me to do anything`); anything else is a draft.
"""

import base64
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from constellagent.agents.kind import Signs
from constellagent.runtime.screen_views import ScreenView
from constellagent.term.cells import DIM, INVERSE, Cursor, Row
from constellagent.term.screen import Screen

_PLACEHOLDER = re.compile(r"\[Past[^\[\]]*?(?:(?P<count>\d+) (?P<unit>lines|chars))?\]")
"""`[Pasted text #1 +9 lines]`, `[Paste #1 - 10 lines]`, `[Pasted Content 999 chars]`, `[Pasted text #2]`."""
_LONG = 200
"""Letters and digits of ours that nobody else writes by chance."""
_LOOKS = frozenset({"Cc", "Cf", "Mc", "Me", "Mn", "Sk", "Zl", "Zp", "Zs"})
"""Categories of characters that are no symbols by themselves."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look has found.

    Attributes:
        lines: of the screen, from the top.
        draft: what stands in the input line; None where none is seen, or the kind does not let us read it.
        dialog: the line that shows a dialog; empty where there is none.
        ready: a line shows that the program takes a prompt.
        above: the lines without those of the input.
        brackets: the program has asked for bracketed pastes; None where that is not known.
    """

    lines: Sequence[str]
    draft: str | None = None
    dialog: str = ""
    ready: bool = False
    above: Sequence[str] = ()
    brackets: bool | None = None


def look(view: ScreenView, signs: Signs) -> Sight:
    """Read a screen, given in the form `ansi`. Takes milliseconds: not for the event loop."""
    screen = Screen(view["rows"], view["columns"])
    try:
        screen.feed(base64.b64decode(view["data"]))
        return replace(read(screen.read(), screen.cursor(), signs), brackets=screen.modes().bracketed_paste)
    finally:
        screen.close()


def read(rows: Sequence[Row], cursor: Cursor, signs: Signs) -> Sight:
    """Read rows and cursor by the signs of a kind.

    A screen with an empty input line shows no dialog, whatever the words of the conversation above are.
    """
    lines = ["".join(run.text for run in row).rstrip() for row in rows]
    first = _input_row(lines, cursor.row, signs.draft) if signs.draft else None
    draft = None
    if first is not None:
        draft = _draft(rows, lines, first, cursor, signs.draft)
    dialog = "" if draft == "" else _first(signs.dialogs, lines)
    above = lines if first is None else [*lines[:first], *lines[cursor.row + 1 :]]
    return Sight(lines, draft, dialog, bool(_first(signs.ready, lines)), above)


def squeezed(text: str) -> str:
    """Return a text's letters and digits, which stay however a program wraps, indents and decorates it.

    Accents are left out: some programs compose them, and some terminals lose them.
    """
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text))).casefold()


def holds(whole: str, part: str) -> bool:
    """Say whether a program that shows or tells of `whole` has got `part`.

    Of a part without letters and digits the symbols count; one with nothing to see is in no text.
    """
    if letters := squeezed(part):
        return letters in squeezed(whole)
    symbols = _symbols(part)
    return bool(symbols) and symbols in _symbols(whole)


def same(one: str, other: str) -> bool:
    """Say whether two texts are the same one, as programs show them."""
    return holds(one, other) and holds(other, one)


def beside(draft: str) -> str:
    """Return what a draft holds beside what stands in place of a long paste."""
    return _PLACEHOLDER.sub("", draft).strip()


def stands_for(draft: str, text: str) -> bool:
    """Say whether a draft is what a program shows of this very text where that is long.

    That is so many of its rows as there is room for, or one word that counts its lines or its characters.
    """
    if len(squeezed(draft)) >= _LONG and holds(text, draft):
        return True
    found = _PLACEHOLDER.fullmatch(draft.strip())
    if found is None:
        return False
    lines = text.count("\n")
    if found["count"] is None:
        return not lines and len(text) >= _LONG
    sizes = (
        {lines, lines + 1} if found["unit"] == "lines" else {len(text), len(text.encode("utf-16-le")) // 2}
    )
    return int(found["count"]) in sizes


def _symbols(text: str) -> str:
    """Return all but blanks and what only changes the looks of its neighbours."""
    normal = unicodedata.normalize("NFKD", text)
    return "".join(char for char in normal if unicodedata.category(char) not in _LOOKS)


def _first(patterns: Sequence[str], lines: Sequence[str]) -> str:
    found = (line.strip() for line in lines if any(re.search(pattern, line) for pattern in patterns))
    return next(found, "")


def _input_row(lines: Sequence[str], at: int, pattern: str) -> int | None:
    """Return the row with which the input begins: the rows of a draft after its first are indented.

    Where each of its rows begins like the first, as beside a bar, it is the uppermost of them.
    """
    for row in range(min(at, len(lines) - 1), -1, -1):
        if re.match(pattern, lines[row]):
            while row and re.match(pattern, lines[row - 1]):
                row -= 1  # noqa: PLW2901 - the search is over
            return row
        if lines[row] and not lines[row].startswith("  "):
            return None
    return None


def _draft(rows: Sequence[Row], lines: Sequence[str], first: int, cursor: Cursor, pattern: str) -> str:
    texts = []
    for row in range(first, cursor.row + 1):
        begin = re.match(pattern, lines[row])
        texts.append(_written(rows[row], begin.end() if begin else 0))
    text = "\n".join(texts).strip("\n\xa0 ")
    if first == cursor.row and len(text) == 1 and _hinted(rows[first], cursor.column):
        return ""  # the first letter of a hint is under the cursor that the program draws
    return text


def _written(row: Row, skip: int) -> str:
    found = []
    for run in row:
        begin = run.column
        text = run.text[max(0, skip - begin) :]
        found.append(" " * len(text) if run.style.attributes & DIM else text)
    return "".join(found).rstrip()


def _hinted(row: Row, column: int) -> bool:
    """Say whether a drawn cursor is followed by something dim."""
    runs = {run.column: run for run in row}
    under, after = runs.get(column), runs.get(column + 1)
    return bool(
        under
        and after
        and under.style.attributes & INVERSE
        and after.style.attributes & DIM
        and after.text.strip()
    )
