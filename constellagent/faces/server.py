"""The daemon's door: serves any `Control` over a unix socket that only this user can use.

Nothing that a client does (garbage, leaving in the middle, never reading) ends the server or holds up the
daemon. An apply that was asked for is finished whether or not anybody still listens.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import constellagent
from constellagent.errors import ConstellagentError, RefusedError, UsageError
from constellagent.faces import wire
from constellagent.runtime.control import PROTOCOL, Control, StreamItem
from constellagent.runtime.peers import uid_of
from constellagent.runtime.tasks import spawn

MAX_WAITING_ITEMS = 4096
"""Progress items kept for a client that does not read; older ones make room, the result is always last."""

ROOT = 0
"""The one other user who may connect: root can do everything here anyway."""

CLOSE_TIMEOUT = 1.0
"""Seconds that a client gets to take what was already said to it when the server ends."""

_METHODS: Mapping[str, frozenset[str]] = {
    "info": frozenset(),
    "plan": frozenset({"request"}),
    "apply": frozenset({"request"}),
    "status": frozenset({"file"}),
    "adopt": frozenset({"file", "agent", "path", "identity"}),
    "trust": frozenset({"file", "revoke"}),
    "session": frozenset({"file", "subject"}),
    "send": frozenset({"file", "agent", "text", "enter", "wait", "force", "over_limit"}),
    "stop": frozenset({"file", "subject"}),
    "restart": frozenset({"request"}),
    "run": frozenset({"request"}),
    "usage": frozenset({"request"}),
    "resume": frozenset({"request"}),
    "identities": frozenset({"file"}),
    "identity": frozenset({"request"}),
    "audit": frozenset({"request"}),
    "audit_verify": frozenset(),
    "provider": frozenset({"request"}),
    "schedule": frozenset({"request"}),
    "race": frozenset({"request"}),
    "sandbox": frozenset({"request"}),
    "screen": frozenset({"request"}),
    "diff": frozenset({"request"}),
    "browse": frozenset({"request"}),
    "change": frozenset({"request"}),
    "comments": frozenset({"request"}),
    "watch": frozenset({"file"}),
    "shutdown": frozenset({"stop_sessions"}),
}
"""The methods of `Control` and their parameters; nothing else of it can be called from outside."""

_log = logging.getLogger(__name__)


@asynccontextmanager
async def listening(control: Control, path: Path) -> AsyncIterator[None]:
    """Serve `control` at the socket `path` while the body runs. The caller holds the lock of the one daemon.

    On the way out no new request is taken, connections are closed, and applies still running are cancelled.
    """
    door = _Door(control)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(path))
    path.chmod(0o600)
    server = await asyncio.start_unix_server(door.greet, sock=sock, limit=wire.MAX_LINE + 1, backlog=128)
    try:
        yield
    finally:
        server.close()
        await door.close()
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


class _Door:
    """All connections of one server."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._writers: set[asyncio.StreamWriter] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._applies: set[asyncio.Task[None]] = set()

    async def greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends."""
        self._writers.add(writer)
        self._idle.clear()
        try:
            _refuse_strangers(writer.get_extra_info("socket"))
            greeting = {"protocol": PROTOCOL, "version": constellagent.__version__, "pid": os.getpid()}
            await _write(writer, greeting)
            while line := await _next_line(reader, writer):
                await self._handle(line, reader, writer)
        except OSError:
            _log.debug("client left")
        except RefusedError:
            _log.warning("connection of another user refused")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._writers.discard(writer)
            if not self._writers:
                self._idle.set()

    async def close(self) -> None:
        """Cancel the applies that run, say so to their clients, and close all connections."""
        for task in self._applies:
            task.cancel()
        await asyncio.gather(*self._applies, return_exceptions=True)
        for end in (asyncio.StreamWriter.close, _abort):
            for writer in set(self._writers):
                end(writer)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), CLOSE_TIMEOUT)

    async def _handle(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ident: object = None
        try:
            request = wire.decode(line)
            ident = request.get("id")
            method, params = _parts(request)
            if method in wire.ENDLESS:
                await self._watch(ident, _call(self._control, method, params), reader, writer)
                return
            if method in wire.STREAMED:
                await self._stream(ident, method, params, writer)
                return
            answer = wire.encode({"id": ident, "result": await _call(self._control, method, params)})
        except ConstellagentError as error:
            answer = wire.encode({"id": ident, "error": wire.error_body(error)})
        except Exception as error:  # noqa: BLE001 - a defect in one method must not end the connection, nor the daemon
            answer = wire.encode({"id": ident, "error": wire.error_body(_unexpected(error))})
        await _send(writer, answer)

    async def _stream(
        self, ident: object, method: str, params: Mapping[str, Any], writer: asyncio.StreamWriter
    ) -> None:
        """Send what an apply says; the apply itself runs in a task that outlives the connection."""
        items = _Outbox()
        task = spawn(_pump(_call(self._control, method, params), items), name=method)
        self._applies.add(task)
        task.add_done_callback(self._applies.discard)
        async for item in items:
            await _write(writer, {"id": ident, **item})

    async def _watch(
        self,
        ident: object,
        items: AsyncIterator[Any],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Send items until the client leaves, or says anything more."""

        async def send() -> None:
            try:
                async with contextlib.aclosing(cast("AsyncGenerator[Any, None]", items)) as open_items:
                    async for item in open_items:
                        await _write(writer, {"id": ident, "item": item})
            except ConstellagentError as error:
                await _write(writer, {"id": ident, "error": wire.error_body(error)})
            except OSError:
                _log.debug("watcher left")

        sending = spawn(send(), name="watch")
        leaving = spawn(_left(reader), name="watcher leaves")
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.gather(sending, leaving, return_exceptions=True)
            writer.close()


class _Outbox:
    """What waits to be sent to one client: bounded, and never in the way of the producer."""

    def __init__(self) -> None:
        self._items: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING_ITEMS)
        self._news = asyncio.Event()
        self._left_out = 0
        self._last = False

    def put(self, item: dict[str, Any], *, last: bool = False) -> None:
        """Take one item; where the client is too slow the oldest is dropped."""
        if len(self._items) == MAX_WAITING_ITEMS:
            self._left_out += 1
        self._items.append(item)
        self._last = last
        self._news.set()

    async def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the items until the last one."""
        while self._items or not self._last:
            if not self._items:
                self._news.clear()
                await self._news.wait()
            if self._left_out:
                text = f"{self._left_out} earlier lines left out: the reader was too slow"
                self._left_out = 0
                event = {"subject": "", "text": text, "level": "warning", "data": {}}
                yield {"item": {"event": event}}
            yield self._items.popleft()


async def _left(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        await reader.read(1)


def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _pump(stream: AsyncIterator[StreamItem], items: _Outbox) -> None:
    last: dict[str, Any] = {"end": True}
    try:
        async for item in stream:
            items.put({"item": item})
    except ConstellagentError as error:
        last = {"error": wire.error_body(error)}
    except Exception as error:  # noqa: BLE001 - a defect must reach the client as an error, not as silence
        last = {"error": wire.error_body(_unexpected(error))}
    except asyncio.CancelledError:
        last = {"error": wire.error_body(ConstellagentError("the daemon was stopped before it was done"))}
        raise
    finally:
        items.put(last, last=True)


def _parts(request: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return method and params of a request.

    Raises:
        UsageError: one of them is missing or of another type.
    """
    method, params = request.get("method"), request.get("params")
    if not isinstance(method, str) or not isinstance(params, dict):
        raise UsageError("a request needs method (text) and params (an object)")
    return method, params


def _call(control: Control, method: str, params: Mapping[str, Any]) -> Any:
    """Call one method of `control` with the parameters by name, and return what it returns.

    Raises:
        UsageError: no such method, or its parameters do not fit.
    """
    names = _METHODS.get(method)
    if names is None:
        raise UsageError(f"the daemon knows no method {method!r}", hint="update the older of the two")
    if params.keys() != names:
        raise UsageError(f"the params of {method} must be: {', '.join(sorted(names)) or 'none'}")
    return getattr(control, method)(**params)


def _unexpected(error: Exception) -> ConstellagentError:
    """Log a defect and return the error that stands for it; its own text may hold secrets and stays here."""
    _log.error("request failed", exc_info=error)
    return ConstellagentError(
        f"the daemon met a defect ({type(error).__name__})", hint="the daemon's log has the traceback"
    )


def _refuse_strangers(sock: socket.socket) -> None:
    """Check who connects.

    Raises:
        RefusedError: the other end belongs to another user.
    """
    if uid_of(sock) not in {os.getuid(), ROOT}:
        raise RefusedError("the daemon belongs to another user")


async def _next_line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Return the next line, or nothing where the connection ends or the line is too long to be read."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError:
        return b""
    except asyncio.LimitOverrunError:
        error = UsageError(f"a request line is longer than {wire.MAX_LINE} bytes")
        await _write(writer, {"id": None, "error": wire.error_body(error)})
        return b""


async def _write(writer: asyncio.StreamWriter, value: Mapping[str, Any]) -> None:
    await _send(writer, wire.encode(value))


async def _send(writer: asyncio.StreamWriter, line: bytes) -> None:
    """Write a line; waits only for this client, whose connection holds at most what the transport buffers."""
    writer.write(line)
    await writer.drain()
