"""Patches into numbered lines: hunks, sides, odd characters, and text of any kind."""

import subprocess
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.faces.tui.views.diff_patch import LONGEST, Line, parse
from tests.faces.tui.views.changes import BINARY, NEW, PYTHON


def test_lines_are_numbered_on_both_sides() -> None:
    """Kept lines have two numbers, others one; what git says about a missing line end has none."""
    patch = parse(PYTHON)

    first, second = patch.hunks
    assert (first.old, first.new, first.where) == (8, 8, "class Signup:")
    assert [(line.kind, line.old, line.new) for line in first.lines] == [
        ("kept", 8, 8),
        ("kept", 9, 9),
        ("kept", 10, 10),
        ("removed", 11, None),
        ("added", None, 11),
        ("added", None, 12),
        ("kept", 12, 13),
        ("kept", 13, 14),
        ("kept", 14, 15),
    ]
    assert [line.kind for line in second.lines] == ["kept", "removed", "note", "added", "note"]
    assert first.lines[7].text == "        return True"
    assert patch.digits == 3


def test_what_git_says_about_a_file() -> None:
    """Changed modes and binary content are told; names and ids are not."""
    assert parse(BINARY).notes == [
        "old mode 100644",
        "new mode 100755",
        "Binary files a/logo.png and b/logo.png differ",
    ]
    assert parse(NEW).notes == ["new file mode 100644"]
    assert (parse("").notes, parse("").hunks) == ([], [])


def test_a_line_that_looks_like_a_head() -> None:
    """Only the counts of a hunk tell a removed `--` from the head of a file."""
    text = "--- a/q\n+++ b/q\n@@ -1,2 +1 @@\n--- a comment\n kept\n--- a/next\n"

    (hunk,) = parse(text).hunks

    assert [(line.kind, line.text) for line in hunk.lines] == [("removed", "-- a comment"), ("kept", "kept")]


def test_side_by_side() -> None:
    """A removed line stands left of the added one that follows; what has no partner stands alone."""
    rows = [(a and a.text, b and b.text) for a, b in parse(PYTHON).hunks[0].pairs]

    assert rows[3:6] == [
        ('        if "@" not in self.address:', "        # An address has one part on each side."),
        (None, '        if self.address.count("@") != 1:'),
        ("            return False", "            return False"),
    ]
    last = [(a and a.text, b and b.text) for a, b in parse(PYTHON).hunks[1].pairs]
    missing = "No newline at end of file"
    assert last[1:] == [("    return None", "    return 42"), (missing, missing)]
    mixed = parse("@@ -1,2 +1,2 @@\n+a\n-b\n+c\n-d\n").hunks[0].pairs
    assert [(a and a.text, b and b.text) for a, b in mixed] == [(None, "a"), ("b", "c"), ("d", None)]


def test_nothing_in_a_line_acts_on_the_terminal() -> None:
    """Control characters, lone surrogates and reversing marks are replaced, tabs are columns."""
    text = "@@ -0,0 +1,2 @@ \x1b]0;x\n+\x1b[2J\udcff\u202e\ta\r\n+" + "x" * 2 * LONGEST

    (hunk,) = parse(text).hunks

    assert hunk.where == "\ufffd]0;x"
    assert hunk.lines[0].text == "\ufffd[2J\ufffd\ufffd  a"
    assert len(hunk.lines[1].text) <= LONGEST


def test_wide_numbers() -> None:
    """Line numbers are as wide as the largest."""
    assert parse("@@ -1 +123456 @@\n-a\n+b\n").digits == 6


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Nothing that could stand in a patch raises."""
    for hunk in parse(f"@@ -1,3 +1,3 @@\n{text}").hunks:
        assert all(line.text.isprintable() for line in hunk.lines)


_SIDES = st.lists(st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=3), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(_SIDES, _SIDES)
def test_both_sides_can_be_put_together_again(tmp_path: Path, old: list[str], new: list[str]) -> None:
    """For any two files the lines of git's patch make up both, in order, with the right numbers."""
    for name, lines in (("a", old), ("b", new)):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines))
    argv = ["git", "diff", "--no-index", "-U99", "a", "b"]
    said = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    shown = [line for hunk in parse(said).hunks for line in hunk.lines]
    paired = [pair for hunk in parse(said).hunks for pair in hunk.pairs]
    if old == new:
        assert shown == []
        return

    assert [(line.old, line.text) for line in shown if line.old] == list(enumerate(old, 1))
    assert [(line.new, line.text) for line in shown if line.new] == list(enumerate(new, 1))
    assert [left.text for left, _ in paired if left] == old
    assert [right.text for _, right in paired if right] == new


def test_lines_are_values() -> None:
    """Equal lines are equal, so that what was drawn for one can be kept."""
    assert Line("kept", 1, 1, "a") == Line("kept", 1, 1, "a")
