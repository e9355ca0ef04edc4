"""What goes onto a terminal: width, tables, colour, and nothing that could trick it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import ConstellagentError, Problem, RefusedError, SpecError
from constellagent.faces.cli import screen


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment and a process in which nobody said no to colour."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(screen, "_forbidden", [False])


def test_colour_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets colour; a pipe, NO_COLOR, a dumb terminal and --no-color do not."""
    assert screen.paint("x", "red", Terminal()) == "\x1b[31mx\x1b[0m"
    assert screen.paint("x", "red", io.StringIO()) == "x"
    monkeypatch.setenv("TERM", "dumb")
    assert screen.paint("x", "red", Terminal()) == "x"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert screen.paint("x", "red", Terminal()) == "x"
    monkeypatch.setenv("NO_COLOR", "")
    assert screen.paint("x", "red", Terminal()) != "x"
    screen.forbid_colour()
    assert screen.paint("x", "red", Terminal()) == "x"


@pytest.mark.parametrize(
    ("text", "columns"),
    [("abc", 3), ("日本", 4), ("e\u0301", 1), ("a\u200bb", 2), ("\uff21", 2), ("…", 1), ("", 0)],
)
def test_width(text: str, columns: int) -> None:
    """Wide characters count two columns and combining ones none."""
    assert screen.width(text) == columns


@given(st.text(), st.integers(1, 40))
def test_shorten_keeps_to_the_columns(text: str, columns: int) -> None:
    """A shortened text is never wider than asked, and what fits is not changed."""
    short = screen.shorten(text, columns)
    assert screen.width(short) <= columns
    if screen.width(text) <= columns:
        assert short == text


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), max_size=5), st.integers(28, 120))
def test_tables_are_aligned_and_fit(rows: list[list[str]], columns: int) -> None:
    """All rows of a table are equally wide, fit the columns, and hold no control characters."""
    cells = screen.table(("A", "B", "C"), rows, columns)
    widths = {tuple(screen.width(cell) for cell in row) for row in cells}
    assert len(widths) == 1
    assert all(sum(wide) + 2 * 2 <= columns for wide in widths)
    assert all(cell == screen.clean(cell) for row in cells for cell in row)


@given(st.text())
def test_clean_leaves_nothing_that_acts(text: str) -> None:
    """No text from elsewhere can move the cursor, ring the bell or reverse the line."""
    cleaned = screen.clean(text)
    assert len(cleaned) == len(text)
    assert not any((ord(c) < 32 and c != "\t") or c in "\x7f\x1b\u202e\u200f" for c in cleaned)


def test_plans_are_coloured_by_symbol() -> None:
    """Each line of a plan takes the colour of its symbol; words that only begin like one do not."""
    lines = ["+ docs  create", "- docs  remove", "-x", "  ~ a"]
    painted = screen.paint_plan(lines, Terminal())
    assert painted[0].startswith("\x1b[32m")
    assert painted[1].startswith("\x1b[31m")
    assert painted[2] == "-x"
    assert painted[3].startswith("\x1b[33m")
    assert screen.paint_plan(lines, io.StringIO()) == lines


def test_errors_say_what_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """An error is one line with what failed and one with what to do."""
    screen.tell_error(ConstellagentError("it broke\x1b[2J", hint="mend it"))
    assert capsys.readouterr().err == "error: it broke\N{REPLACEMENT CHARACTER}[2J\nhint: mend it\n"


def test_losses_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A refusal lists what would be lost."""
    screen.tell_error(RefusedError("work would be lost", ["modified: a", "untracked: b"]))
    assert capsys.readouterr().err == "error: work would be lost\n  modified: a\n  untracked: b\n"


def test_problems_come_first(capsys: pytest.CaptureFixture[str]) -> None:
    """Problems of a file are lines that an editor can jump to, then counted."""
    screen.tell_error(SpecError("c.yaml", [Problem(1, 2, "a", "bad"), Problem(3, 4, "b", "worse")]))
    assert (
        capsys.readouterr().err == "c.yaml:1:2: a: bad\nc.yaml:3:4: b: worse\nerror: 2 problems in c.yaml\n"
    )
