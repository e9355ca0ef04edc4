"""Where quoted lines are in a file that changed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.comments.anchors import Anchor, Text, split

LINES = st.lists(st.sampled_from(["", "a", "b", "  return", "x" * 50]), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("text", "quote", "line", "end_line", "expected"),
    [
        ("a\nb\nc", "b", 2, 2, Anchor(2, 2, outdated=False)),
        ("new\nnew\na\nb\nc", "b\nc", 2, 3, Anchor(4, 5, outdated=False)),
        ("b\nc", "b\nc", 7, 8, Anchor(1, 2, outdated=False)),
        ("a\nB\nc", "b", 2, 2, Anchor(2, 2, outdated=True)),
        ("}\nx\n}\ny\ny\ny\n}", "}", 4, 4, Anchor(3, 3, outdated=False)),
        ("}\nx\n}", "}", 2, 2, Anchor(2, 2, outdated=True)),
        ("}\nx\n}", "}", 3, 3, Anchor(3, 3, outdated=False)),
        ("a\r\nb\rc", "a\nb", 1, 2, Anchor(1, 2, outdated=False)),
        ("a\nb\nc", "a\nb\n", 1, 2, Anchor(1, 2, outdated=False)),
        ("a\n\nc", "a\n", 1, 2, Anchor(1, 2, outdated=False)),
        ("", "a", 1, 1, Anchor(1, 1, outdated=True)),
        ("a", "a\nb", 1, 2, Anchor(1, 2, outdated=True)),
        ("n\nn\na\nB\nc\nd", "a\nb\nc", 1, 3, Anchor(3, 5, outdated=True)),
        ("n\na\nB", "a\nb", 1, 2, Anchor(2, 3, outdated=True)),
        ("n\nn\nA\n}", "a\n}", 1, 2, Anchor(1, 2, outdated=True)),
        ("a\nX\na\nY\na", "a\nb", 2, 3, Anchor(2, 3, outdated=True)),
        ("n\nn\na\nB\nC", "a\nb\nc", 1, 3, Anchor(1, 3, outdated=True)),
    ],
    ids=[
        "in place",
        "moved down",
        "moved up",
        "changed",
        "the nearest",
        "two as near",
        "in place among many",
        "line ends",
        "a line end too many",
        "an empty last line",
        "an empty file",
        "longer than the file",
        "one of several changed, and all moved",
        "one of two",
        "only a bracket is left",
        "two as near that are half of it",
        "too little is left",
    ],
)
def test_following(text: str, quote: str, line: int, end_line: int, expected: Anchor) -> None:
    """Quoted lines are found at their nearest match, or nowhere."""
    assert Text(text).follow(quote, line, end_line) == expected


@given(before=LINES, quoted=LINES, after=LINES, line=st.integers(1, 90))
def test_what_is_found_is_what_was_quoted(
    before: list[str], quoted: list[str], after: list[str], line: int
) -> None:
    """Wherever it says that the lines are, they are; lines that are there once are found."""
    text = Text("\n".join([*before, *quoted, *after]))
    quote = "\n".join(quoted)
    found = text.follow(quote, line, line + len(quoted) - 1)
    if not found.outdated:
        assert text.cut(found.line, found.end_line) == quote
    lines = text.lines
    places = [at for at in range(len(lines)) if lines[at : at + len(quoted)] == quoted]
    if len(places) == 1:
        assert (found.line, found.outdated) == (places[0] + 1, False)


@given(before=LINES, quoted=LINES, after=LINES)
def test_lines_that_stayed_are_found_where_they_are(
    before: list[str], quoted: list[str], after: list[str]
) -> None:
    """A comment whose lines did not move stays, however often they occur."""
    text = Text("\n".join([*before, *quoted, *after]))
    line, end_line = len(before) + 1, len(before) + len(quoted)
    assert text.follow("\n".join(quoted), line, end_line) == Anchor(line, end_line, outdated=False)


@given(st.text(alphabet="a\r\n"))
def test_lines_have_no_line_ends(text: str) -> None:
    """However a text's lines end, none of them holds a line end, and none is lost."""
    lines = split(text)
    assert not any("\r" in line or "\n" in line for line in lines)
    assert "".join(lines) == text.replace("\r", "").replace("\n", "")
