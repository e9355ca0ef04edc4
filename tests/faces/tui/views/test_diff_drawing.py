"""Headings, hunks and the list of files: exactly so wide, with counts, and harmless to the terminal."""

import pytest

from constellagent.faces.tui.symbols import ASCII, UNICODE, Symbols
from constellagent.faces.tui.views.diff_code import Look
from constellagent.faces.tui.views.diff_colours import PALETTES
from constellagent.faces.tui.views.diff_document import Entry, Heading, Note, Rule
from constellagent.faces.tui.views.diff_drawing import heading, listed, row, tail
from constellagent.faces.tui.views.diff_patch import Hunk
from constellagent.faces.tui.words import Fragments, width
from constellagent.runtime.diff_views import FileChange
from tests.faces.tui.views.changes import change

DARK = Look(PALETTES["dark"], UNICODE)


def drawn(one: FileChange, columns: int = 40, symbols: Symbols = UNICODE, *, is_open: bool = False) -> str:
    """Return a heading as it is read."""
    entry = Entry(one)
    entry.open = is_open
    return text(heading(entry, columns, Look(PALETTES["dark"], symbols), chosen=False))


def text(fragments: Fragments) -> str:
    """Return what is read."""
    return "".join(text for _, text in fragments)


def test_headings() -> None:
    """Status, name and counts; folded or open; where a file came from."""
    less = UNICODE.minus
    assert drawn(change("a.py", "modified", 12, 3)) == f"▸ M a.py                          +12 {less}3"
    assert drawn(change("a.py", "added"), is_open=True) == f"▾ A a.py                           +1 {less}0"
    assert drawn(change("b", "renamed", 0, 0, "a")) == f"▸ R a → b                          +0 {less}0"
    assert drawn(change("x.png", "modified", None, None)) == "▸ M x.png                         binary"
    assert drawn(change("sub/", "untracked", None, 0)) == "▸ ? sub/                        not read"
    assert drawn(change("a.py"), symbols=ASCII) == "> M a.py                           +1 -0"
    assert drawn(change("a.py"), symbols=ASCII, is_open=True)[0] == "v"
    assert "a -> b" in drawn(change("b", "renamed", 0, 0, "a"), symbols=ASCII)


@pytest.mark.parametrize("columns", [12, 20, 33, 80])
@pytest.mark.parametrize(
    "path", ["a.py", "very/long/path/to/some/module.py", "日本/語語語語語語語語/x", "e\x1b[2J\udce9"]
)
def test_everything_is_exactly_so_wide(columns: int, path: str) -> None:
    """Whatever a file is called, heading and row of the list fill their room and no more."""
    for one in (change(path), change(path, "renamed", 100, 100, f"old/{path}")):
        entry = Entry(one)
        for line in (heading(entry, columns, DARK, chosen=True), listed(entry, columns, DARK, chosen=True)):
            assert sum(width(text) for _, text in line) == columns
            assert text(line).isprintable()


def test_the_end_of_a_path_tells_more() -> None:
    """A path that is too long is cut at its beginning."""
    assert tail("src/app/main.py", 9, UNICODE) == "…/main.py"
    assert tail("src", 3, UNICODE) == "src"
    assert tail("src", 0, UNICODE) == "…"


def test_the_row_with_the_cursor() -> None:
    """A heading, a note, a hunk and a file of the list show that they are chosen."""
    entry = Entry(change("a.py"))
    for found in (Heading(), Note("words"), Rule(Hunk(3, 4, "def f():"))):
        line = row(entry, found, 30, DARK, None, chosen=True)
        assert all("class:selected" in part for part, text in line if text.strip())
        assert sum(width(text) for _, text in line) == 30
    assert all(
        "class:selected" in part for part, text in listed(entry, 30, DARK, chosen=True) if text.strip()
    )


def test_a_hunk_says_where_it_is() -> None:
    """By the line's new number, by the old one where nothing is left."""
    entry = Entry(change("a.py"))
    assert (
        text(row(entry, Rule(Hunk(3, 4, "def f():")), 26, DARK, None, chosen=False))
        == "── line 4 def f(): ───────"
    )
    assert "line 3" in text(row(entry, Rule(Hunk(3, 0, "")), 26, DARK, None, chosen=False))
