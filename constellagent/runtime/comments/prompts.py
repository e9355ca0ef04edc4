"""Comments as one prompt that any coding agent understands: places, quoted lines, plain text. Pure."""

import os
import re
from collections.abc import Sequence

from constellagent.runtime.comment_views import PERSON, CommentView
from constellagent.runtime.comments.anchors import split

MOST_QUOTED = 20
"""Lines that are quoted of one comment; the agent has the file."""
_LONGEST_QUOTED = 300
"""Characters that are quoted of one line."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def prompt(comments: Sequence[CommentView], branch: str, before: str = "") -> str:
    """Return the prompt: a heading, what the reviewer says `before` them, and the comments in their order."""
    where = f" (branch {branch})" if branch else ""
    blocks = [f"Review comments on your work{where}:"]
    if before:
        blocks.append(before)
    blocks += [_one(number, comment) for number, comment in enumerate(comments, 1)]
    return "\n\n".join(blocks)


def _one(number: int, comment: CommentView) -> str:
    lines = [f"{number}. {place(comment)}{_aside(comment)}"]
    if comment["quote"] and comment["line"]:
        lines += _quoted(comment["quote"])
    lines.append(comment["text"])
    return "\n".join(lines)


def place(comment: CommentView) -> str:
    """Return where a comment stands, as `path:line-end`, in characters that can be shown."""
    if not comment["path"]:
        return "The whole work"
    path = _shown(comment["path"])
    line, end = comment["line"], comment["end_line"]
    if not line:
        return path
    return f"{path}:{line}" if end <= line else f"{path}:{line}-{end}"


def _aside(comment: CommentView) -> str:
    asides = []
    if comment["side"] == "old" and comment["line"]:
        asides.append("in the version before your changes")
    if comment["outdated"]:
        asides.append("these lines have changed since the comment was made")
    if comment["author"] != PERSON:
        asides.append(f"by the agent {comment['author']}")
    return f" ({'; '.join(asides)})" if asides else ""


def _quoted(quote: str) -> list[str]:
    lines = split(quote)
    shown = [f"> {_cut(line)}".rstrip() for line in lines[:MOST_QUOTED]]
    more = len(lines) - MOST_QUOTED
    return shown if more <= 0 else [*shown, f"> ... ({more} more line{'s' if more > 1 else ''})"]


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_QUOTED else f"{line[:_LONGEST_QUOTED]}..."


def _shown(path: str) -> str:
    r"""Return a path in characters that can be shown: bytes that are no text, and controls, as `\xNN`."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
