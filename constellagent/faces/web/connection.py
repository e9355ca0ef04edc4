"""One HTTP connection to the API or the page: who may open it, and what every answer carries."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any, cast

from aiohttp import hdrs, web

from constellagent import connections
from constellagent.connections import Patience
from constellagent.faces.web import headers, problems
from constellagent.faces.web.guard import Entrance
from constellagent.runtime.peers import uid_of

Answer = Callable[[Entrance, web.Request], Awaitable[web.StreamResponse]]

ROOT = 0
"""The one other user who may use the unix socket: root can do everything here anyway."""

PATIENCE = Patience()
"""How long is waited for a client; who reads a body gives it its time."""

_log = logging.getLogger(__name__)


class Server(connections.Server):
    """Makes the connections of one entrance."""

    def __init__(self, entrance: Entrance, answer: Answer) -> None:
        self.entrance = entrance

        async def asked(request: web.Request) -> web.StreamResponse:
            return await answer(entrance, request)

        super().__init__(
            asked,
            request_factory=_request,
            patience=PATIENCE,
            log=_log,
            auto_decompress=False,
        )

    def __call__(self) -> "Connection":
        """Return the protocol of a new connection."""
        return Connection(self, **self.handler_options())


class Connection(connections.Connection):
    """Ours, and in addition: strangers are turned away, and no failure shows anything."""

    __slots__ = ("_entrance",)

    def __init__(self, server: Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._entrance = server.entrance

    def is_welcome(self, transport: asyncio.BaseTransport) -> bool:
        """Whether who connects may."""
        sock = transport.get_extra_info("socket")
        if not self._entrance.trusted or uid_of(sock) in {os.getuid(), ROOT}:
            return True
        _log.warning("a connection was closed: another user's")
        return False

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
