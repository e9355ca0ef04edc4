"""Source code told apart: each side on its own, by the name of the file, and only within reason."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.views import diff_syntax
from constellagent.faces.tui.views.diff_patch import Hunk, parse
from constellagent.faces.tui.views.diff_syntax import PARTS, Syntax, read
from tests.faces.tui.views.changes import PYTHON

HUNK = parse(PYTHON).hunks[0]


def test_parts_of_python() -> None:
    """Words of the language, strings and comments are told apart."""
    pieces = read("src/signup.py", HUNK)

    assert ("keyword", "def") in pieces[HUNK.lines[2]]
    assert ("name", "check") in pieces[HUNK.lines[2]]
    assert ("comment", "# An address has one part on each side.") in pieces[HUNK.lines[4]]
    assert ("number", "1") in pieces[HUNK.lines[5]]


def test_every_line_keeps_its_text() -> None:
    """Put together, the pieces of a line are the line."""
    pieces = read("src/signup.py", HUNK)

    assert set(pieces) == set(HUNK.lines)
    for line, found in pieces.items():
        assert "".join(text for _, text in found) == line.text
        assert all(part in {"", *PARTS} for part, _ in found)


def test_a_side_does_not_spill_into_the_other() -> None:
    """A string that only the removed side opens colours nothing of the new side."""
    hunk = parse('@@ -1,2 +1,2 @@\n-x = """open\n+x = 1\n y = 2\n').hunks[0]

    pieces = read("a.py", hunk)

    assert pieces[hunk.lines[2]][0] == ("", "y")


def test_what_stays_plain() -> None:
    """Unknown kinds of files, very long hunks and very long lines are not read."""
    assert read("notes.unknown-kind", HUNK) == {}
    long = parse(f"@@ -0,0 +1 @@\n+{'x ' * 1_000}\n").hunks[0]
    assert read("a.py", long) == {}
    large = Hunk(1, 1, "", parse("@@ -0,0 +1,900 @@\n" + "+x = 1234567890\n" * 900).hunks[0].lines * 20)
    assert read("a.py", large) == {}


def test_only_the_last_are_kept() -> None:
    """What was used longest ago is forgotten."""
    syntax = Syntax()
    hunks = [Hunk(number, number, "") for number in range(diff_syntax._KEPT + 1)]
    for hunk in hunks[:-1]:
        syntax.keep(hunk, {})
    assert syntax.of(hunks[0]) == {}
    syntax.keep(hunks[-1], {})

    assert syntax.of(hunks[0]) == {}
    assert syntax.of(hunks[1]) is None


@given(
    st.lists(st.text(st.characters(exclude_categories=["C"])), min_size=1),
    st.sampled_from(["a.py", "b.md", "c.js"]),
)
def test_any_text_keeps_its_lines(lines: list[str], name: str) -> None:
    """Whatever stands in a file, no line gains or loses a character."""
    hunk = parse(f"@@ -0,0 +1,{len(lines)} @@\n" + "".join(f"+{line}\n" for line in lines)).hunks[0]

    for line, found in read(name, hunk).items():
        assert "".join(text for _, text in found) == line.text
