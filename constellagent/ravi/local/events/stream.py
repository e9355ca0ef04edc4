"""`/ws/events/`: what happens, as it happens, over a WebSocket.

The key comes in the `Authorization` header, as everywhere; `?since=`, `?event_types=` and `?identity=` mean
what they mean at `/api/events/`, but without `since` only what happens from now on is sent. Each event is one
text frame: `{"id", "seq", "type", "data", "identity", "created_dt"}`, lowest `seq` first, none left out. What
a client sends is ignored. It is pinged, and the connection is closed with

    1001  the provider stops: connect again later
    1011  the provider cannot read its events
    1013  the client takes nothing any more
    4401  the key, or the identity that it opens, has ended

Whoever connects again with the last `seq` as `since` misses nothing. No event waits in memory for a slow
reader: events are read from the database as fast as the reader takes them.
"""

import asyncio
import json
import logging
from dataclasses import dataclass, replace

from aiohttp import WSCloseCode, web

from constellagent.errors import ConstellagentError
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.events.listing import Query, asked, take
from constellagent.ravi.local.fences import Scope, scoped
from constellagent.ravi.local.office import OFFICE
from constellagent.ravi.local.waits import WAITS

REVOKED = 4401
"""The close code where the key, or the identity that it opens, has ended."""

_BATCH = 100
_BUFFER = 1 << 16
_LARGEST_MESSAGE = 4096
_PING_EVERY = 20.0
_CHECK_EVERY = 0.5
"""Seconds between two looks at the key: one that was revoked must end within a second."""
_STALLED = 10.0
"""Seconds in which a client must take an event."""
_FAREWELL = 0.5
"""Seconds in which a client may answer that the connection closes."""
_LONGEST_REASON = 123
"""Bytes, by the protocol."""

_log = logging.getLogger(__name__)


class _OverError(Exception):
    """The conversation ends, and with which code."""

    def __init__(self, code: int, why: str = "") -> None:
        super().__init__(why)
        self.code = code


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.get("/ws/events/", stream, allow_head=False)]


async def stream(request: web.Request) -> web.WebSocketResponse:
    """Send events until one side ends it."""
    scope = await scoped(request)
    query = replace(asked(request, default=None), limit=_BATCH)
    socket = web.WebSocketResponse(
        timeout=_FAREWELL,
        heartbeat=_PING_EVERY,
        compress=False,
        max_msg_size=_LARGEST_MESSAGE,
        writer_limit=_BUFFER,
    )
    if not socket.can_prepare(request).ok:
        raise ApiError(
            400, "websocket.required", "Open this address as a WebSocket, or read /api/events/ instead."
        )
    # Where it begins is settled before the client hears that it is connected: nothing falls in between.
    first = await take(request.app[OFFICE], scope, replace(query, since=None))
    if query.since is None:
        query = replace(query, since=first.cursor)
    await socket.prepare(request)
    over = _OverError(WSCloseCode.INTERNAL_ERROR)
    try:
        over = await _converse(_Stream(request, socket, scope, query))
    finally:
        await _close(request, socket, over)
    return socket


async def _converse(opened: "_Stream") -> _OverError:
    """Send and listen until one of both says that it is over."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(opened.send())
            group.create_task(opened.listen())
    except* _OverError as ended:
        over = ended.exceptions[0]
    assert isinstance(over, _OverError)
    return over


async def _close(request: web.Request, socket: web.WebSocketResponse, over: _OverError) -> None:
    if over.code == WSCloseCode.TRY_AGAIN_LATER and request.transport is not None:
        request.transport.abort()  # what it does not take would hold back the farewell too
    try:
        async with asyncio.timeout(2 * _FAREWELL):
            await socket.close(code=over.code, message=str(over).encode()[:_LONGEST_REASON])
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()


@dataclass(slots=True)
class _Stream:
    """One connection, and how far it has come."""

    request: web.Request
    socket: web.WebSocketResponse
    scope: Scope
    query: Query
    checked: float = 0.0

    async def listen(self) -> None:
        """Take what the client sends: pongs, and at last that it goes."""
        async for _ in self.socket:
            pass
        raise _OverError(self.socket.close_code or WSCloseCode.OK)

    async def send(self) -> None:
        """Send what there is, then what comes."""
        office, waits = self.request.app[OFFICE], self.request.app[WAITS]
        try:
            while not waits.over:
                await self._check()
                count = office.bell.count(self.scope.identity)
                batch = await take(office, self.scope, self.query)
                for event in batch.events:
                    await self._check()
                    await self._give(json.dumps(event))
                self.query = replace(self.query, since=batch.cursor)
                while not batch.more and not await waits.hear(
                    office.bell, self.scope.identity, count, _CHECK_EVERY
                ):
                    if waits.over:
                        break
                    await self._check()
        except ApiError as error:
            raise _OverError(REVOKED, error.message) from error
        except ConstellagentError as error:
            _log.error("the stream of events ends: %s", error)
            raise _OverError(WSCloseCode.INTERNAL_ERROR, "see the provider's log") from error
        raise _OverError(WSCloseCode.GOING_AWAY, "the provider stops")

    async def _check(self) -> None:
        """Look, now and then, whether the key still opens what it opened."""
        now = asyncio.get_running_loop().time()
        if now - self.checked >= _CHECK_EVERY:
            self.scope = await scoped(self.request)
            self.checked = now

    async def _give(self, text: str) -> None:
        try:
            async with asyncio.timeout(_STALLED):
                await self.socket.send_str(text)
        except TimeoutError:
            raise _OverError(WSCloseCode.TRY_AGAIN_LATER) from None
        except ConnectionError as error:
            raise _OverError(WSCloseCode.ABNORMAL_CLOSURE) from error
