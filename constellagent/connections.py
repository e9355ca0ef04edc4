"""Connections of an HTTP server of ours: few at once, and none is kept for who asks nothing, or never ends.

Any program of this machine can open connections to a port. Each takes a descriptor, of which a process has
only so many, and without one the daemon starts no git and no session. So there is an end to them, well below
the process's; where it is reached, one on which nobody asks anything makes room for who comes.
"""

import asyncio
import logging
import resource
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

_MOST = 1000
_BACKLOG = 128
_SHARE = 8
"""There are several entrances, and half of all descriptors stays for everything else."""

_REMIND_AFTER = 60.0
"""Seconds until the log says again that there are too many."""

_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def most() -> int:
    """Return how many connections one entrance may have at once, by how many files this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else max(1, min(_MOST, soft // _SHARE))


def backlog() -> int:
    """Return how many connections may wait to be taken; so many are taken at once, before any is closed."""
    return max(1, min(_BACKLOG, most() // 4))


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited for a client, in seconds.

    Attributes:
        head: for the head of a request, from its first byte on.
        body: for the body, from the end of the head on; None where who reads it sees to that.
        idle: for a connection on which nothing is asked.
        linger: for the rest of a body that nobody wants, so that the client reads the answer.
    """

    head: float = 10.0
    body: float | None = None
    idle: float = 75.0
    linger: float = 2.0


class Server(web.Server):
    """Makes the connections of one entrance, and closes idle ones where there are too many."""

    def __init__(
        self,
        handler: Callable[[Any], Awaitable[web.StreamResponse]],
        *,
        request_factory: Any,
        patience: Patience,
        log: logging.Logger,
        **options: Any,
    ) -> None:
        """`log` hears of what fails outside of any request, and that there are too many connections."""
        self.patience = patience
        self._answer = handler
        self._log = log
        self._options = options
        self._here: dict[Connection, None] = {}
        self._told = float("-inf")
        super().__init__(self._handle, request_factory=request_factory)

    def __call__(self) -> "Connection":
        """Return the protocol of a new connection."""
        return Connection(self, **self.handler_options())

    def handler_options(self) -> dict[str, Any]:
        """Return what each connection is made with."""
        return {
            "loop": asyncio.get_running_loop(),
            "access_log": None,  # addresses hold names of agents and files
            "keepalive_timeout": self.patience.idle,
            "lingering_time": self.patience.linger,
            "logger": self._log,
            **self._options,
        }

    def admit(self, newcomer: "Connection") -> bool:
        """Take a connection; False where there are too many and all of them are asking something."""
        if len(self._here) >= most():
            spare = self._spare()
            self._tell(closed="the oldest idle one" if spare else "the new one")
            if spare is None:
                return False
            del self._here[spare]
            spare.force_close()
        self._here[newcomer] = None
        return True

    def forget(self, gone: "Connection") -> None:
        """Count a connection no more."""
        self._here.pop(gone, None)

    def _spare(self) -> "Connection | None":
        """Return what is missed least: the oldest that never asked, else the oldest that asks nothing now."""
        idle = [connection for connection in self._here if connection.idle]
        return next((one for one in idle if not one.ever_asked), idle[0] if idle else None)

    def _tell(self, closed: str) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told >= _REMIND_AFTER:
            self._told = now
            self._log.warning("there are too many connections, so %s was closed", closed)

    async def _handle(self, request: Any) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.asked(request)
        try:
            return await self._answer(request)
        finally:
            connection.answered()


class Connection(web.RequestHandler):
    """aiohttp's, and in addition: there is an end to how many, and slow askers are turned away.

    Attributes:
        ever_asked: a whole head of a request has come on it.
    """

    __slots__ = ("_busy", "_heard", "_late", "_server", "ever_asked")

    def __init__(self, server: Server, **options: Any) -> None:
        super().__init__(server, **options)
        self._server = server
        self._late: asyncio.TimerHandle | None = None
        self._heard = False
        self._busy: web.BaseRequest | None = None
        self.ever_asked = False

    @property
    def idle(self) -> bool:
        """Whether nothing is being answered, or what is asked has not come yet."""
        if not self.ever_asked or self._waiter is not None:
            return True  # the library waits for a request
        return self._busy is not None and not self._busy.content.is_eof()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless it is one too many."""
        super().connection_made(transport)
        if self.is_welcome(transport) and self._server.admit(self):
            self._wait(self._server.patience.idle, self._too_quiet)
        else:
            self.force_close()

    def is_welcome(self, transport: asyncio.BaseTransport) -> bool:
        """Whether who connects may; everybody, but for who says otherwise."""
        del transport
        return True

    def connection_lost(self, exc: BaseException | None) -> None:
        """Let go."""
        self._in_time()
        self._server.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; with the first of a request, its time begins to run."""
        if self._busy is None and not self._heard and data:
            self._heard = True
            self._wait(self._server.patience.head, self._too_slow)
        super().data_received(data)

    def asked(self, request: web.BaseRequest) -> None:
        """Note that the whole head of a request has come."""
        self._busy, self.ever_asked = request, True
        self._in_time()
        patience = self._server.patience.body
        if patience is not None and not request.content.is_eof():
            self._wait(patience, self._too_slow)

    def answered(self) -> None:
        """Note that its answer is ready."""
        self._busy = None
        self._in_time()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        if self._late is not None:
            self._late.cancel()
        self._late = asyncio.get_running_loop().call_later(seconds, then)

    def _in_time(self) -> None:
        self._heard = False
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_quiet(self) -> None:
        self._late = None
        self.force_close()

    def _too_slow(self) -> None:
        self._late = None
        if not self.idle:
            return  # the body has come meanwhile, and is being answered
        if self.transport is not None:
            self.transport.write(_SLOW)
        self.force_close()
