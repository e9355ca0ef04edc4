"""Which part of a long list is asked for."""

from typing import NamedTuple

from aiohttp import web

from constellagent.ravi.local.answers import invalid

LONGEST = 1000
"""Rows that one answer holds at most."""


class Page(NamedTuple):
    """`limit` rows after the first `offset`."""

    limit: int
    offset: int


def page(request: web.Request) -> Page:
    """Return what `?limit=&offset=` ask for; without them the first `LONGEST` rows.

    Raises:
        ApiError: one of them is no number, or too large.
    """
    return Page(number(request, "limit", LONGEST, LONGEST), number(request, "offset", 0, 1 << 53))


def number(request: web.Request, name: str, default: int, most: int) -> int:
    """Return what `?<name>=` says, up to `most`; `default` where it says nothing.

    Raises:
        ApiError: it is no number, or too large.
    """
    text = request.query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 17 and int(text) <= most):
        raise invalid(f"{name}: a number from 0 to {most} is needed.", name)
    return int(text)
