"""A server that answers as it is told, over a real socket: whole, cut short, never, or with a reset."""

import asyncio
import json
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

HANG = "hang"
RESET = "reset"
CLOSE = "close"


def answer(
    status: int, body: object = None, *, headers: str = "", raw: bytes | None = None, cut: int = 0
) -> bytes:
    """Return the bytes of an answer; `cut` promises so many more than are sent."""
    content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Length: {len(content) + cut}\r\nConnection: close\r\n{headers}\r\n"
    )
    return head.encode() + content


@dataclass(slots=True)
class Scripted:
    """What is answered next, and what was asked.

    Attributes:
        url: where it listens.
        answers: what each request in turn gets; the last one is repeated.
        asked: method and path of each request.
        heads: the whole head of each request.
        bodies: the body of each request.
    """

    url: str = ""
    answers: list[bytes | str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(h[15:]) for h in head.lower().split("\r\n") if h.startswith("content-length:")), 0)
        self.bodies.append(await reader.readexactly(length))
        self.heads.append(head)
        self.asked.append(" ".join(head.split(" ")[:2]))
        reply = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if reply == HANG:
            await reader.read()
        elif reply == RESET:
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif isinstance(reply, bytes):
            writer.write(reply)
            await writer.drain()
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    context: ssl.SSLContext | None = None,
    port: int = 0,
) -> AsyncIterator[str]:
    """Serve connections for a while and give the address; ends with every connection closed."""
    tasks: set[asyncio.Task[None]] = set()

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await serve(reader, writer)
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(tracked, "127.0.0.1", port, ssl=context)
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def scripted(*answers: bytes | str, context: ssl.SSLContext | None = None) -> AsyncIterator[Scripted]:
    """Run such a server for a while."""
    script = Scripted(answers=list(answers))
    async with listening(script.serve, context) as script.url:
        yield script
