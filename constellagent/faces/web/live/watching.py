"""The two ways to stay and be told of what changes: a stream of events (SSE), and a WebSocket.

Whoever does not read is told less, and in the end nothing: neither the daemon nor another viewer waits.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TypedDict

from aiohttp import web

from constellagent.faces.web.guard import PROTOCOL
from constellagent.faces.web.live.board import Board
from constellagent.faces.web.live.frames import Frame
from constellagent.faces.web.live.listeners import Audience, Listener
from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.routing import Call
from constellagent.runtime.tasks import spawn

HEARTBEAT = 15.0
"""Seconds without news after which a stream of events says that it is still there."""
PING = 30.0
"""Seconds between two pings of a WebSocket; who does not answer within half of it has gone."""
UNREAD = 30.0
"""Seconds that a client may leave what was sent unread before it is dropped."""
COME_BACK = 2000
"""Milliseconds after which a browser comes back to a stream that broke."""
TRY_AGAIN = 1012
"""Close code of a WebSocket that ends for no fault of the client's: come again."""
_LARGEST_MESSAGE = 1 << 10

Send = Callable[[Frame], Awaitable[None]]
Idle = Callable[[], Awaitable[None]]


class SinceQuery(TypedDict, total=False):
    """`since` is the mark (`id`) of the last message that is known; with it only what came later is sent."""

    since: str


async def events(call: Call, request: web.Request) -> web.StreamResponse:
    """Serve a stream of events until the client leaves."""
    async with _listening(call) as listener:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)

        async def write(data: bytes) -> None:
            async with asyncio.timeout(UNREAD):
                await response.write(data)

        async def send(frame: Frame) -> None:
            await write(_event(frame, call.board))

        async def idle() -> None:
            await write(b": heartbeat\n\n")

        with _leaving(request):
            await write(b"retry: %d\n\n" % COME_BACK)
            await _pass_on(call.board, listener, send, idle)
        return response


async def live(call: Call, request: web.Request) -> web.StreamResponse:
    """Serve a WebSocket until the client leaves."""
    async with _listening(call) as listener:
        socket = web.WebSocketResponse(
            heartbeat=PING, compress=False, max_msg_size=_LARGEST_MESSAGE, protocols=(PROTOCOL,)
        )
        await socket.prepare(request)

        async def send(frame: Frame) -> None:
            async with asyncio.timeout(UNREAD):
                await socket.send_str(frame.data.decode("ascii"))

        async def tell() -> None:
            with _leaving(request):
                await _pass_on(call.board, listener, send, _quiet)
                await socket.close(code=TRY_AGAIN)

        telling = spawn(tell(), name="tell a viewer")
        try:
            async for _ in socket:  # what a viewer says has no meaning; reading it notices that it leaves
                pass
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return socket


@asynccontextmanager
async def _listening(call: Call) -> AsyncIterator[Listener]:
    """Give a listener that sees what the caller may see.

    Raises:
        HttpError: an agent asks of which nobody knows to which constellation it belongs.
    """
    if call.agent and not call.file:
        raise HttpError(403, "this token does not say of which constellation its agent is")
    audience = Audience(call.file, call.agent) if call.agent else Audience()
    since = call.query.get("since") or call.headers.get("last-event-id", "")
    listener = await call.board.listen(audience, since)
    try:
        yield listener
    finally:
        call.board.leave(listener)


async def _pass_on(board: Board, listener: Listener, send: Send, idle: Idle) -> None:
    """Send what comes until nothing comes any more."""
    while not listener.over:
        if not await listener.wait(HEARTBEAT):
            await idle()
            continue
        for frame in listener.take():
            await send(frame)
        if listener.stale:
            await send(board.caught_up(listener))


@contextlib.contextmanager
def _leaving(request: web.Request) -> Iterator[None]:
    """Take it that a client may leave at any time; one that does not read is dropped."""
    try:
        yield
    except ConnectionError:
        return
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()


async def _quiet() -> None:
    """Say nothing: a WebSocket's pings tell that it is still there."""


def _event(frame: Frame, board: Board) -> bytes:
    """Return a frame as one event; the browser keeps the mark of the last one that has one."""
    mark = f"id: {board.mark(frame)}\n" if frame.number else ""
    return f"{mark}event: {frame.kind}\ndata: ".encode("ascii") + frame.data + b"\n\n"
