"""How the rows of a diff look: headings, hunks, and the list of files.

What it returns is exactly as wide as it was asked for, so that the ground of a line reaches its end.
"""

from collections.abc import Mapping
from functools import lru_cache

from constellagent.faces.tui.symbols import UNICODE, Symbols
from constellagent.faces.tui.views import diff_code as code
from constellagent.faces.tui.views.diff_code import Look, style
from constellagent.faces.tui.views.diff_document import Entry, Heading, Note, One, Row, Rule, Two
from constellagent.faces.tui.views.diff_patch import Hunk, Line
from constellagent.faces.tui.views.diff_syntax import Pieces
from constellagent.faces.tui.words import Fragments, clean, fit, shorten, spread, width
from constellagent.runtime.diff_views import FileChange

SIGNS = {
    "added": "A",
    "modified": "M",
    "deleted": "D",
    "renamed": "R",
    "copied": "C",
    "type": "T",
    "unmerged": "U",
    "untracked": "?",
}
"""One letter for each status, as git has it."""
_CLASSES = {"added": "added", "untracked": "added", "deleted": "removed", "unmerged": "tone.error"}


def row(
    entry: Entry, found: Row, columns: int, look: Look, syntax: Mapping[Line, Pieces] | None, *, chosen: bool
) -> Fragments:
    """Draw one row; `chosen` is the one with the cursor."""
    match found:
        case Heading():
            return heading(entry, columns, look, chosen=chosen)
        case Note(text):
            return fit([(style("class:dim", chosen=chosen), f"  {text}")], columns, look.symbols.more)
        case Rule(hunk):
            return _rule(hunk, columns, look, chosen=chosen)
        case One(_, line):
            return code.whole(line, entry.digits, columns, look, syntax, chosen=chosen)
        case Two(_, left, right):
            return code.sides(left, right, entry.digits, columns, look, syntax, chosen=chosen)


def heading(entry: Entry, columns: int, look: Look, *, chosen: bool) -> Fragments:
    """Draw the row that names a file, with its counts."""
    change, symbols = entry.change, look.symbols
    fold = ("▾" if entry.open else "▸") if symbols == UNICODE else ("v" if entry.open else ">")
    plain = style("class:heading", chosen=chosen)
    sign = style(f"class:{_CLASSES.get(change['status'], 'changed')}", chosen=chosen)
    counts = [(style(part, chosen=chosen), text) for part, text in counted(change, symbols)]
    room = columns - 5 - sum(width(text) for _, text in counts)
    left = [
        (plain, f"{fold} "),
        (sign, SIGNS[change["status"]]),
        (plain, f" {_moved(change, room, symbols)}"),
    ]
    return spread(left, counts, columns, symbols.more)


def counted(change: FileChange, symbols: Symbols) -> Fragments:
    """Return the counts of a file."""
    if change["added"] is None or change["removed"] is None:
        return [("class:dim", " binary" if change["status"] != "untracked" else " not read")]
    return [
        ("class:added", f" +{change['added']}"),
        ("class:removed", f" {symbols.minus}{change['removed']}"),
    ]


def listed(entry: Entry, columns: int, look: Look, *, chosen: bool) -> Fragments:
    """Draw a file's row of the list beside the diff."""
    change = entry.change
    counts = counted(change, look.symbols)
    room = columns - 2 - sum(width(text) for _, text in counts)
    sign = f"class:{_CLASSES.get(change['status'], 'changed')}"
    name = tail(named(change["path"]), room, look.symbols)
    left = [(style(sign, chosen=chosen), f"{SIGNS[change['status']]} "), (style("", chosen=chosen), name)]
    right = [(style(part, chosen=chosen), text) for part, text in counts]
    return spread(left, right, columns, look.symbols.more)


def _moved(change: FileChange, room: int, symbols: Symbols) -> str:
    """Return the path, or where it came from and where it went, without what leads nowhere new."""
    path = named(change["path"])
    if change["old_path"] is None:
        return tail(path, room, symbols)
    arrow = f" {symbols.arrows[1] if symbols == UNICODE else '->'} "
    old = tail(named(change["old_path"]), max(8, (room - width(arrow)) // 2), symbols)
    return f"{old}{arrow}{tail(path, room - width(old) - width(arrow), symbols)}"


@lru_cache(maxsize=4096)
def named(path: str) -> str:
    """Return a path as it may be shown."""
    return clean(path)


def tail(path: str, columns: int, symbols: Symbols) -> str:
    """Cut a path at its beginning, since its end tells more."""
    if width(path) <= columns:
        return path
    return symbols.more + shorten(path[::-1], max(0, columns - 1), "")[::-1]


def _rule(hunk: Hunk, columns: int, look: Look, *, chosen: bool) -> Fragments:
    line = look.symbols.line
    text = f"{line * 2} line {hunk.new or hunk.old} {hunk.where}".rstrip() + " "
    rest = max(0, columns - width(text))
    return fit([(style("class:dim", chosen=chosen), text + line * rest)], columns, look.symbols.more)
