"""Parts of lists: a cursor names the last row that was given, so what comes in between disturbs nothing."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from constellagent.errors import UsageError
from constellagent.faces.web.routing import Page

DEFAULT_LIMIT = 100
"""Rows of a part where none are asked for."""
_LONGEST_CURSOR = 4096

Row = TypeVar("Row")


def limit_of(asked: int | None) -> int:
    """Return how many rows are wanted, of what a `Limit` was given."""
    return DEFAULT_LIMIT if asked is None else asked


def cursor(parts: Sequence[str]) -> str:
    """Return a cursor that holds these texts."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode("ascii")).decode("ascii").rstrip("=")


def parts(text: str, count: int) -> list[str]:
    """Return the texts that a cursor holds.

    Raises:
        UsageError: it is none of ours, or holds another number of them.
    """
    try:
        padded = text[:_LONGEST_CURSOR].encode("ascii") + b"=" * (-len(text) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != count or not all(isinstance(one, str) for one in found):
        raise UsageError("this cursor is none that a list was answered with", hint="begin without a cursor")
    return found


def page(
    rows: Sequence[Row], key: Callable[[Row], tuple[str, ...]], size: int, limit: int, after: str | None
) -> Page:
    """Return the part of `rows` that follows a cursor; they are in descending order of `key`.

    `size` is how many texts a key has.

    Raises:
        UsageError: the cursor is none of ours.
    """
    rest: Sequence[Row] = rows
    if after:
        place = tuple(parts(after, size))
        rest = [row for row in rows if key(row) < place]
    shown = list(rest[:limit])
    return Page(shown, cursor(key(shown[-1])) if len(rest) > limit else "")
