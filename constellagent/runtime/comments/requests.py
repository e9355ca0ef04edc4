"""What a face asks about comments, checked: a new comment, a text, and which comments are meant."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.comment_views import LONGEST_COMMENT, PERSON, CommentRequest
from constellagent.runtime.files.paths import checked
from constellagent.runtime.store.comments import CommentRow, Side, State
from constellagent.spec.suggest import did_you_mean

LONGEST_QUOTE = 100_000
"""Characters of the lines that one comment may be about."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_STATES: tuple[State, ...] = ("open", "sent", "resolved")
_LAST_LINE = 1 << 31


def new_comment(request: CommentRequest, authors: Sequence[str], now: float) -> CommentRow:
    """Return the comment that a request adds.

    Raises:
        UsageError: it says nothing, is too long, or its place is none.
    """
    path = _text_of(request.get("path", ""), "path")
    if path:
        checked(path)
    side = request.get("side", "new")
    line, end_line = _lines(request, whole_work=not path)
    quote = quotable(encodable(_text_of(request.get("quote", ""), "quote")))
    return CommentRow(
        id=uuid.uuid4().hex[:12],
        agent=request["agent"],
        path=path,
        side=_side(side),
        line=line,
        end_line=end_line,
        text=text_of(request),
        quote=quote if line else "",
        revision=encodable(_text_of(request.get("revision", ""), "revision")),
        author=_author(request.get("author", PERSON), authors),
        state="open",
        created_at=now,
        edited_at=now,
    )


def quotable(quote: str) -> str:
    """Return the lines that a comment is about.

    Raises:
        UsageError: they are too many.
    """
    if len(quote) > LONGEST_QUOTE:
        raise UsageError(
            f"the lines of the comment have {len(quote)} characters, more than {LONGEST_QUOTE}",
            hint="comment on fewer lines, or on the whole file",
        )
    return quote


def text_of(request: CommentRequest, *, wanted: bool = True) -> str:
    """Return the text of a request: line feeds only, and no other control character than the tab.

    Raises:
        UsageError: it is too long, or empty where it is `wanted`.
    """
    said = _text_of(request.get("text", ""), "text").replace("\r\n", "\n").replace("\r", "\n")
    text = encodable(_CONTROLS.sub("", said)).strip("\n").rstrip()
    if wanted and not text.strip():
        raise UsageError("the comment says nothing", hint="give it a text")
    if len(text) > LONGEST_COMMENT:
        raise UsageError(
            f"the text has {len(text)} characters, more than {LONGEST_COMMENT}",
            hint="make several comments of it, or put it into a file of the worktree",
        )
    return text


def states_of(request: CommentRequest) -> Sequence[str]:
    """Return the states that a list is to show.

    Raises:
        UsageError: there is no such state.
    """
    states = request.get("states") or list(_STATES)
    for state in states:
        if state not in _STATES:
            raise UsageError(f"there is no state {state!r}{did_you_mean(state, _STATES)}")
    return states


def meant(rows: Sequence[CommentRow], ident: str, agent: str) -> CommentRow:
    """Return the comment with this id, or the only one whose id begins so.

    Raises:
        UsageError: there is none, or there are several.
    """
    found = [row for row in rows if row.id == ident] or [
        row for row in rows if ident and row.id.startswith(ident)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{len(found)} comments on {agent} have an id that begins with {ident!r}")
    raise UsageError(
        f"there is no comment {ident!r} on {agent}", hint=f"`constellagent comment list {agent}` shows them"
    )


def chosen(rows: Sequence[CommentRow], ids: Sequence[str] | None, agent: str) -> list[CommentRow]:
    """Return the comments to send, in the order of `rows`: all that are open, or the named ones.

    Raises:
        UsageError: there is nothing to send, or no such comment.
        ConflictError: a named one is not open.
    """
    if ids is None:
        found = [row for row in rows if row.state == "open"]
    else:
        named = {meant(rows, ident, agent).id for ident in ids}
        found = [row for row in rows if row.id in named]
    for row in found:
        if row.state != "open":
            raise ConflictError(
                f"comment {row.id} is {row.state} already",
                hint=f"`constellagent comment reopen {agent} {row.id}` makes it open, to be sent again",
            )
    if not found:
        raise UsageError(
            f"there are no open comments on {agent}",
            hint=f"`constellagent comment add {agent} ...` makes one",
        )
    return found


def encodable(text: str) -> str:
    """Return a text that UTF-8 can hold: half a character becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _text_of(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{key} must be a text, not {value!r}")
    return value


def _side(value: Any) -> Side:
    match value:
        case "old" | "new":
            side: Side = value
            return side
        case _:
            raise UsageError(f"side must be `old` or `new`, not {value!r}")


def _author(value: Any, authors: Sequence[str]) -> str:
    if value != PERSON and value not in authors:
        raise UsageError(f"the author must be `{PERSON}` or an agent, not {value!r}")
    return str(value)


def _lines(request: CommentRequest, *, whole_work: bool) -> tuple[int, int]:
    line: Any = request.get("line", 0)
    end_line: Any = request.get("end_line", line)
    for number in (line, end_line):
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _LAST_LINE:
            raise UsageError(f"a line is a number from 1 on (0 for the whole file), not {number!r}")
    if whole_work and line:
        raise UsageError("a comment on the whole work has no line", hint="name the path too")
    if end_line < line or (not line and end_line):
        raise UsageError(f"lines {line} to {end_line} are none")
    return line, end_line
