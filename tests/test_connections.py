"""Connections of a server: few, and none for who asks nothing or does not come to an end."""

import asyncio
import logging
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import Any, cast

import pytest
from aiohttp import web

from constellagent import connections
from constellagent.connections import Patience, Server, backlog, most

LONG = 60.0
PATIENT = Patience(head=LONG, body=LONG, idle=LONG)
ASK = b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n"
LATER = b"GET /later HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf"

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Served:
    """A server whose answer to `/later` waits for `let_go`."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.asked = asyncio.Semaphore(0)
        self.port = 0
        self.lines = AsyncExitStack()

    async def answer(self, request: web.Request) -> web.Response:
        """Answer at once, or when it is let go."""
        if request.path == "/later":
            self.asked.release()
            await self.let_go.wait()
        return web.Response(body=await request.read() or b"told")

    async def dial(self, said: bytes = b"") -> Line:
        """Connect, and say something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.lines.enter_context(closing(writer))
        writer.write(said)
        return reader, writer


@asynccontextmanager
async def served(patience: Patience) -> AsyncIterator[Served]:
    """Serve for a while."""
    made = Served()

    def factory(*parts: Any) -> web.BaseRequest:
        made: Any = web.BaseRequest  # what its parts are is between aiohttp and aiohttp
        return cast("web.BaseRequest", made(*parts, asyncio.get_running_loop()))

    log = logging.getLogger("connections-test")
    server = Server(made.answer, request_factory=factory, patience=patience, log=log)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.port = int(runner.addresses[0][1])
        yield made
    finally:
        made.let_go.set()
        await made.lines.aclose()
        await runner.cleanup()


async def said(line: Line) -> bytes:
    """Return an answer up to its end, nothing where the connection is closed without one."""
    async with asyncio.timeout(30):
        try:
            return await line[0].readuntil(b"told")
        except asyncio.IncompleteReadError as error:
            return error.partial
        except ConnectionError:
            return b""


async def gone(line: Line) -> bool:
    """Wait until the other end closes; says whether nothing was said."""
    return await said(line) == b""


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be three connections."""
    monkeypatch.setattr(connections, "most", lambda: 3)


async def test_who_says_nothing_is_let_go() -> None:
    """A connection without a byte is closed without a word, and one that is kept for more, too."""
    async with served(Patience(head=LONG, idle=0.05)) as house:
        assert await gone(await house.dial())
        line = await house.dial(ASK)
        assert (await said(line)).startswith(b"HTTP/1.1 200")
        assert await gone(line)


async def test_a_head_that_does_not_come_is_given_up() -> None:
    """It has its time from its first byte on, however slowly more of it comes."""
    async with served(Patience(head=0.05, idle=LONG)) as house:
        line = await house.dial(ASK)
        assert (await said(line)).startswith(b"HTTP/1.1 200")
        line[1].write(b"GET /now HT")
        assert (await said(line)).startswith(b"HTTP/1.1 408")


async def test_a_body_that_does_not_come_is_given_up() -> None:
    """Its time begins with the end of the head; one that has come may be answered as late as it likes."""
    async with served(Patience(body=0.05, idle=LONG)) as house:
        assert (await said(await house.dial(POST))).startswith(b"HTTP/1.1 408")
        late = await house.dial(
            LATER.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 0\r\n\r\n")
        )
        await house.asked.acquire()
        assert (await said(await house.dial(POST))).startswith(b"HTTP/1.1 408")
        house.let_go.set()
        assert (await said(late)).startswith(b"HTTP/1.1 200")


@pytest.mark.usefixtures("three")
async def test_who_is_idle_makes_room(caplog: pytest.LogCaptureFixture) -> None:
    """The oldest that never asked goes first, then the oldest idle one; the log says so once a minute."""
    async with served(PATIENT) as house:
        kept = await house.dial(ASK)
        assert await said(kept)
        silent = await house.dial()
        slow = await house.dial(POST)
        first = await house.dial(ASK)
        assert await said(first)
        assert await gone(silent)
        second = await house.dial(ASK)
        assert await said(second)
        assert await gone(kept)
        assert await said(await house.dial(ASK))
        assert await gone(slow)
    told = [record.getMessage() for record in caplog.records if "too many" in record.getMessage()]
    assert told == ["there are too many connections, so the oldest idle one was closed"]


@pytest.mark.usefixtures("three")
async def test_who_is_being_answered_stays() -> None:
    """Where all are being answered the newcomer is closed; the others get their answers."""
    async with served(PATIENT) as house:
        lines = [await house.dial(LATER) for _ in range(3)]
        for _ in lines:
            await house.asked.acquire()
        assert await gone(await house.dial(ASK))
        house.let_go.set()
        assert [(await said(line))[:12] for line in lines] == [b"HTTP/1.1 200"] * 3
        assert (await said(await house.dial(ASK))).startswith(b"HTTP/1.1 200")


async def test_a_flood_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a few hundred idle connections only so many stay open, and a request is answered in between."""
    monkeypatch.setattr(connections, "most", lambda: 16)
    async with served(PATIENT) as house:
        lines = [await house.dial() for _ in range(200)]
        assert (await said(await house.dial(ASK))).startswith(b"HTTP/1.1 200")
        open_ones = [line for line in lines if not line[0].at_eof()]
        assert len(open_ones) <= 16


def test_there_are_few_by_the_limit_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several entrances together leave half of a process's files to it, and none takes thousands."""
    for limit, count in ((256, 32), (1024, 128), (1 << 20, 1000), (resource.RLIM_INFINITY, 1000), (4, 1)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=limit: (soft, soft))
        assert most() == count
        assert backlog() == max(1, min(128, count // 4))
