"""What a route of the API is: one declaration from which it is served, guarded, described and tested.

Handlers get a `Call` whose parts were checked against the declared shapes, ask `Control`, and return a value
of the declared shape. They know nothing of aiohttp, of tokens, or of status codes for errors.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from constellagent.faces.web.live.board import Board
from constellagent.runtime.control import Control

Scope = Literal["read", "admin"]
Way = Literal["socket", "token", "cookie"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, after it was let in and its parts were checked.

    Attributes:
        control: whom to ask.
        board: what is known of all constellations; it also finds the file of the one in the path.
        path: the parameters in the path, decoded; `constellation` was replaced by its `file` (below).
        file: the constellation's file; where the path names none that of the agent's token, or empty.
        query: the declared query parameters that were given, as their types.
        body: the JSON body, of the declared shape; None where none is declared.
        agent: the agent whose token this is, empty for a person.
        scope: what the caller may do.
        way: how the caller was let in.
        caller: the id of the caller's token or login, empty on the unix socket.
        headers: the request's headers by lower-case name, without credentials.
    """

    control: Control
    board: Board
    path: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    agent: str = ""
    scope: Scope = "read"
    way: Way = "socket"
    caller: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list; `next` is the cursor of the rest, empty at the end."""

    data: list[Any]
    next: str = ""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An answer that is JSON in bytes already; `etag` is its validator, without quotes.

    A handler may return it in the place of a value that would be encoded anew for everybody who asks.
    """

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Cookied:
    """An answer that gives the browser its login; an empty `cookie` takes it away."""

    value: Any = field(repr=False)
    cookie: str = field(repr=False)


Handler = Callable[[Call], Awaitable[Any]]
StreamHandler = Callable[[Call], AsyncIterator[Any]]
Opener = Callable[[Call, web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the API.

    Attributes:
        method: GET is always safe and never acts.
        path: below `/api/v1`, with parameters in braces.
        handler: what answers; for a `stream` what yields.
        summary: one line for people.
        reply: the shape of the answer: a TypedDict, or `list[...]` of one for a paged list
            (`{"data": [...], "next": "..."}`); None for no content (204).
        body: the TypedDict of the JSON body, None for none.
        query: the TypedDict of the query parameters, None for none.
        scope: what a token needs; unsafe methods always need `admin`, except with `own`.
        own: an agent's own token may use it, for that agent alone (`{agent}` in the path is its name).
        status: the status of success.
        stream: the answer is JSON values, one a line (`application/x-ndjson`), each of the shape `reply`.
        etag: the answer carries an ETag and obeys If-None-Match.
        statuses: which error statuses it may answer beside 400, 401, 403, 404, 422 and 503.
        largest: bytes that the body may have.
        public: it lets somebody in, so it is for those who were not let in yet.
        harmless: though unsafe, it changes nothing but the caller's own access, so `scope` alone counts.
    """

    method: Method
    path: str
    handler: Handler | StreamHandler
    summary: str
    reply: Any
    body: Any = None
    query: Any = None
    scope: Scope = "read"
    own: bool = False
    status: int = 200
    stream: bool = False
    etag: bool = True
    statuses: tuple[int, ...] = ()
    largest: int = 1 << 20
    public: bool = False
    harmless: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A GET whose connection stays open: a WebSocket, or a stream of events (`text/event-stream`).

    It is guarded before it is opened as any `Route` is, and `open` then has the connection to itself; the
    server cancels it when it ends.

    Attributes:
        path: below `/api/v1`, with parameters in braces.
        kind: what the client has to speak.
        open: what serves the connection, given the checked call and the request.
        summary: one line for people.
        item: the shape of what the server sends.
        query: the TypedDict of the query parameters, None for none.
        scope: what a token needs to open it; what else is refused inside is the opener's business.
        own: an agent's own token may open it; the opener shows it that agent alone.
    """

    path: str
    kind: Literal["events", "websocket"]
    open: Opener
    summary: str
    item: Any
    query: Any = None
    scope: Scope = "read"
    own: bool = False
