"""The tables of the documents about the page and the API: operations, scopes, headers, numbers of the code.

What the code has no words for is said here, by the name that it has in the code, so a header or a scope that
comes or goes without a word is an error.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import get_args

from constellagent import errors
from constellagent.faces.web import headers, limits, logins, tokens
from constellagent.faces.web.access import ROUTES
from constellagent.faces.web.live import frames, watching
from constellagent.faces.web.problems import status_of
from constellagent.faces.web.routes import HELD, TABLE
from constellagent.faces.web.routing import Held, Route
from constellagent.faces.web.terminal import visit
from constellagent.faces.web.tokens import TokenScope
from constellagent.ravi import failures
from constellagent.runtime.browsing import tree
from constellagent.runtime.comment_views import LONGEST_COMMENT
from constellagent.runtime.diffs import listing
from constellagent.runtime.review_views import LARGEST_TEXT
from constellagent.spec.durations import format_duration
from tests import readme_page
from tests.readme_markdown import table

_SCOPES: Mapping[TokenScope, str] = {
    "read": "to look at the work, and to do nothing; mail, texts and codes are not shown to it",
    "admin": "to do all that you can, also to make tokens and to turn the page on and off",
    "agent": "to look at one agent (its screen, diff, files, mail, texts, codes and comments), to comment on "
    "it, and to write mail and texts in its name; nothing about others, and nothing typed into a terminal",
}

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "nothing from elsewhere, no inline script, no eval, no frame, no form",
    "Cross-Origin-Opener-Policy": "a page that opened ours has no hold on it",
    "Cross-Origin-Resource-Policy": "pages of others cannot embed anything of it",
    "Permissions-Policy": "the page needs no camera, place, microphone or payment",
    "Referrer-Policy": "no other site is told where a link was followed from",
    "X-Content-Type-Options": "a browser does not guess what a file is",
    "X-Frame-Options": "nobody frames the page, in older browsers, too",
}

_STATUSES: Mapping[int, str] = {
    400: "the request cannot be read",
    401: "no token, no login, or one that lets nobody in",
    403: "another host or site is named, or the scope is not enough",
    404: "nothing has this name",
    405: "not with this method; `Allow` says with which",
    413: "the body is too large",
    415: "the body is not declared as JSON",
    429: "too many wrong tokens or codes; `Retry-After` says how long to wait",
}
"""Statuses of the server itself, beside those of errors."""


def operations() -> str:
    """Return the operations with who may use them."""
    every: tuple[Route | Held, ...] = (*ROUTES, *TABLE, *HELD)
    rows = [(f"`{_method(one)} {one.path}`", one.summary, _who(one)) for one in every]
    return table(("operation", "what it does", "needs"), *rows)


def _method(one: Route | Held) -> str:
    if isinstance(one, Held):
        return {"events": "GET (SSE)", "websocket": "GET (WebSocket)"}[one.kind]
    return one.method


def _who(one: Route | Held) -> str:
    if isinstance(one, Route) and one.public:
        return "a code"
    acts = isinstance(one, Route) and one.method != "GET" and not one.harmless
    need = "admin" if acts or one.scope == "admin" else "read"
    return f"{need}, or the agent's own" if one.own else need


def scopes() -> str:
    """Return what a token of each scope is for."""
    return table(("scope", "what it lets a program do"), *((f"`{one}`", _SCOPES[one]) for one in _tokens()))


def _tokens() -> tuple[TokenScope, ...]:
    found: tuple[TokenScope, ...] = get_args(TokenScope)
    return found


def sent_headers() -> str:
    """Return the headers of every answer."""
    assert {*_HEADERS} == {*headers.ALWAYS}
    rows = ((f"`{name}: {value}`", _HEADERS[name]) for name, value in headers.ALWAYS.items())
    return table(("header", "what it is for"), *rows)


def statuses() -> str:
    """Return the statuses of errors, with the kinds that have each."""
    kinds: defaultdict[int, list[str]] = defaultdict(list)
    for module in (errors, failures):
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, errors.ConstellagentError):
                status = status_of(kind.__new__(kind))
                kinds[status] += [] if f"`{name}`" in kinds[status] else [f"`{name}`"]
    rows = [
        (f"{status}", ", ".join(sorted(kinds.get(status, ()))), _STATUSES.get(status, ""))
        for status in sorted({*kinds, *_STATUSES})
    ]
    return table(("status", "kinds of error", "from the server itself"), *rows)


def numbers() -> str:
    """Return the numbers that nobody can set."""
    rows = (
        (_span(logins.CODE_LIFE), "The life of a code that was not used."),
        (_span(logins.LONGEST), "The life of a login."),
        (_span(logins.UNUSED), "The life of a login that nobody uses."),
        (f"{logins.MOST}", "Logins at once; the oldest makes room."),
        (f"{tokens.MOST}", "Tokens at once."),
        (
            f"{limits.BURST}",
            f"Wrong codes or tokens of one address at once; then one in {limits.PAUSE:.0f} s.",
        ),
        (f"{listing.MOST_FILES:,}", "Changed files that a diff lists."),
        (f"{tree.MOST_FILES:,}", "Files that the tree of a worktree lists."),
        (f"{LARGEST_TEXT >> 20} MiB", "A file that is shown and edited."),
        (f"{LONGEST_COMMENT:,}", "Characters of a comment."),
        (
            f"{ROUTES[0].largest >> 20} MiB",
            "The body of a request that the description does not say more of.",
        ),
        (f"{visit.LARGEST_MESSAGE >> 20} MiB", "A message to a terminal."),
        (f"{frames.MOST_KEPT:,}", "Messages that are kept for who comes back to events."),
        (_span(watching.UNREAD), "How long one may leave unread what was sent, before one is cut off."),
    )
    return table(("number", "of what"), *rows)


def _span(seconds: float) -> str:
    return format_duration(timedelta(seconds=seconds))


TABLES: Mapping[str, Callable[[], str]] = {
    "operations": operations,
    "scopes": scopes,
    "headers": sent_headers,
    "statuses": statuses,
    "numbers": numbers,
    "page keys": readme_page.keys,
}
"""What follows each `<!-- table: NAME -->` of those documents."""
