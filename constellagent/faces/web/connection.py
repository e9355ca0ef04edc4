"""One HTTP connection: who may open it, how long it may take to ask, and what every answer carries."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import hdrs, web

from constellagent.faces.web import headers, problems
from constellagent.faces.web.guard import Entrance
from constellagent.runtime.peers import uid_of

Answer = Callable[[Entrance, web.Request], Awaitable[web.StreamResponse]]

ROOT = 0
"""The one other user who may use the unix socket: root can do everything here anyway."""

HEADER_PATIENCE = 10.0
"""Seconds in which the head of a request must have come, from its first byte on."""

IDLE = 75.0
"""Seconds that a connection without a request is kept."""

LINGER = 2.0
"""Seconds for which the rest of a body is taken that nobody wants, so that the client reads the answer."""

MOST = 1000
"""Connections at once to one entrance; those after it are closed."""

_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_log = logging.getLogger(__name__)


class Server(web.Server):
    """Makes the connections of one entrance."""

    def __init__(self, entrance: Entrance, answer: Answer) -> None:
        self.entrance = entrance
        self._answer = answer
        super().__init__(self._handle, request_factory=_request)  # type: ignore[arg-type] # ours is narrower

    def __call__(self) -> "Connection":
        """Return the protocol of a new connection."""
        return Connection(
            self,
            loop=asyncio.get_running_loop(),
            access_log=None,  # addresses hold names of agents and files
            auto_decompress=False,
            keepalive_timeout=IDLE,
            lingering_time=LINGER,
            logger=_log,
        )

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.asked()
        try:
            return await self._answer(self.entrance, request)
        finally:
            connection.answered()


class Connection(web.RequestHandler):
    """aiohttp's, and in addition: strangers and slow askers are turned away."""

    __slots__ = ("_busy", "_entrance", "_late")

    def __init__(self, server: Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._entrance = server.entrance
        self._late: asyncio.TimerHandle | None = None
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless it is a stranger's or one too many."""
        super().connection_made(transport)
        server = self._manager
        full = server is not None and len(server.connections) > MOST
        sock = transport.get_extra_info("socket")
        if full or (self._entrance.trusted and uid_of(sock) not in {os.getuid(), ROOT}):
            _log.warning("a connection was closed: %s", "there are too many" if full else "another user's")
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go."""
        self._in_time()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; with the first of a request, its time begins to run."""
        if not self._busy and self._late is None and data:
            self._late = asyncio.get_running_loop().call_later(HEADER_PATIENCE, self._too_slow)
        super().data_received(data)

    def asked(self) -> None:
        """Note that a whole request has come."""
        self._busy = True
        self._in_time()

    def answered(self) -> None:
        """Note that its answer is ready."""
        self._busy = False

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, and defects, without showing anything of the software or of the request."""
        del message  # it repeats bytes of the request
        self._in_time()
        if status >= 500 and not isinstance(exc, ConnectionError):  # who left is no defect, and no news
            _log.error("a request failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer was sent already")
        view = problems.defect() if status >= 500 else problems.problem(_unreadable(status))
        answer = web.Response(
            status=view["status"], body=problems.encode(view), content_type=problems.CONTENT_TYPE
        )
        answer.force_close()
        return answer

    def _too_slow(self) -> None:
        self._late = None
        if self.transport is not None:
            self.transport.write(_SLOW)
        self.force_close()

    def _in_time(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class _Request(web.Request):
    """A request whose every answer gets our headers, also where a handler prepares it by itself."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        response.headers.pop(hdrs.SERVER, None)
        response.headers.setdefault(hdrs.CACHE_CONTROL, headers.NO_STORE)
        for name, value in headers.ALWAYS.items():
            response.headers.setdefault(name, value)


def _request(*parts: Any) -> _Request:
    """Make a request of what aiohttp has read of it."""
    made: Any = _Request  # what its parts are is between aiohttp and aiohttp
    return cast("_Request", made(*parts, asyncio.get_running_loop()))


def _unreadable(status: int) -> problems.HttpError:
    return problems.HttpError(status, "the request is no HTTP that is understood here")
