"""What is asked about comments, checked."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.comment_views import LONGEST_COMMENT, CommentRequest
from constellagent.runtime.comments import requests
from constellagent.runtime.comments.requests import chosen, meant, new_comment, states_of, text_of
from constellagent.runtime.store.comments import CommentRow, State


def request(**more: Any) -> CommentRequest:
    """Return a request to add a comment, with changes."""
    plain = {"file": "/f", "agent": "docs", "action": "add", "path": "a.py", "side": "new", "text": "x"}
    return cast("CommentRequest", {**plain, "line": 3, "end_line": 4, **more})


def row(ident: str, state: State = "open") -> CommentRow:
    """Return a kept comment."""
    return CommentRow(ident, "docs", "a", "new", 1, 1, "x", "", "", "person", state, 1.0, 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": "../a"}, "not a plain path"),
        ({"path": "/etc/passwd"}, "not a plain path"),
        ({"path": ".git/config"}, "never shown"),
        ({"path": "a\0"}, "no path"),
        ({"path": 7}, "path must be a text"),
        ({"path": ""}, "the whole work has no line"),
        ({"side": "both"}, "`old` or `new`"),
        ({"line": -1}, "a line is a number"),
        ({"line": True}, "a line is a number"),
        ({"line": "3"}, "a line is a number"),
        ({"end_line": 1 << 40}, "a line is a number"),
        ({"line": 5}, "lines 5 to 4"),
        ({"line": 0}, "lines 0 to 4"),
        ({"text": " \n\t"}, "says nothing"),
        ({"text": "\x1b\x07"}, "says nothing"),
        ({"text": None}, "text must be a text"),
        ({"text": "x" * (LONGEST_COMMENT + 1)}, "more than 20000"),
        ({"quote": "x" * (requests.LONGEST_QUOTE + 1)}, "more than 100000"),
        ({"quote": 1}, "quote must be a text"),
        ({"revision": 1}, "revision must be a text"),
        ({"author": "stranger"}, "`person` or an agent"),
        ({"author": ["docs"]}, "`person` or an agent"),
    ],
)
def test_what_cannot_be_kept(changes: dict[str, Any], message: str) -> None:
    """Each wrong part is named."""
    with pytest.raises(UsageError, match=message):
        new_comment(request(**changes), ["docs"], 1.0)


def test_what_is_kept() -> None:
    """Half a character, which nothing can hold, becomes a question mark; an agent may be the author."""
    made = new_comment(request(text="a\ud800b", quote="q\ud800", author="docs"), ["docs"], 1.0)
    assert (made.text, made.quote, made.author) == ("a?b", "q?", "docs")
    whole = new_comment(request(line=0, end_line=0, quote="q"), ["docs"], 1.0)
    assert (whole.line, whole.quote) == (0, "")
    one = {key: value for key, value in request().items() if key != "end_line"}
    assert new_comment(cast("CommentRequest", one), [], 1.0).end_line == 3


@given(st.text(max_size=50))
def test_a_text_holds_nothing_that_acts(said: str) -> None:
    """No control character but the tab and the line feed is kept, and everything else can be written."""
    text = text_of(request(text=said), wanted=False)
    text.encode()
    assert not [c for c in text if (ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160]
    assert text == text_of(request(text=text), wanted=False)


def test_states() -> None:
    """All states where none is named; one that there is not has a nearest."""
    assert list(states_of(request())) == ["open", "sent", "resolved"]
    assert states_of(request(states=["sent"])) == ["sent"]
    with pytest.raises(UsageError, match="did you mean open"):
        states_of(request(states=["opne"]))


def test_which_is_meant() -> None:
    """An id, or a beginning that only one has."""
    rows = [row("abcd"), row("abce"), row("abc")]
    assert meant(rows, "abcd", "docs").id == "abcd"
    assert meant(rows, "abc", "docs").id == "abc"
    for ident, message in (("ab", "3 comments"), ("x", "no comment 'x'"), ("", "no comment ''")):
        with pytest.raises(UsageError, match=message):
            meant(rows, ident, "docs")


def test_which_are_chosen() -> None:
    """All open ones, or the named ones as long as they are open."""
    rows = [row("a"), row("b", "sent"), row("c"), row("d", "resolved")]
    assert [one.id for one in chosen(rows, None, "docs")] == ["a", "c"]
    assert [one.id for one in chosen(rows, ["c", "c"], "docs")] == ["c"]
    for ident in ("b", "d"):
        with pytest.raises(ConflictError, match="already"):
            chosen(rows, [ident], "docs")
    nothing: list[tuple[list[CommentRow], list[str] | None]] = [(rows, []), (rows[1:2], None)]
    for kept, ids in nothing:
        with pytest.raises(UsageError, match="no open comments"):
            chosen(kept, ids, "docs")
