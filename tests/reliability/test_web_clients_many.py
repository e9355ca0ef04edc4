"""Very many clients of a real daemon: those who come and go, and those who look at the same thing."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.api.served import UPGRADE
from tests.reliability.lab import wait_for
from tests.reliability.seat import Memory
from tests.reliability.test_web_clients_slow import MOST, TERMINAL, Stage

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(900),
]
VIEWERS = 100


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Give a stage with one agent."""
    with Stage("one") as made:
        yield made.open()


@pytest.fixture
def own_stage() -> Iterator[Stage]:
    """Give a stage to a test that ends its agent, which the others still need."""
    with Stage("one") as made:
        yield made.open()


@asynccontextmanager
async def client(stage: Stage) -> AsyncIterator[aiohttp.ClientSession]:
    """Give a client with as many connections as it likes."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    headers = {"Authorization": f"Bearer {stage.api.admin}"}
    base = f"http://127.0.0.1:{stage.api.port}"
    async with aiohttp.ClientSession(base, connector=connector, headers=headers) as session:
        yield session


def open_files(stage: Stage) -> int:
    """Return how many files the daemon has open."""
    return sum(1 for _ in Path(f"/proc/{stage.daemon()}/fd").iterdir())


def come_and_go(stage: Stage, times: int) -> None:
    """Let so many WebSockets come and go, in each of the ways in which one can, and look what stays."""
    paths = ["/live", TERMINAL, f"{TERMINAL}?mode=write"]
    heads = [stage.api.head("GET", path, *UPGRADE.items()) for path in paths]

    async def visit(number: int, turn: asyncio.Semaphore) -> None:
        async with turn:
            reader, writer = await asyncio.open_connection("127.0.0.1", stage.api.port)
            writer.write(heads[number % len(heads)])
            match number % 5:
                case 0:
                    pass  # gone before it is answered
                case 1 | 2:
                    await reader.readuntil(b"\r\n\r\n")
                case 3:
                    await reader.readuntil(b"\r\n\r\n")
                    await reader.read(100)
                case _:
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(b"\x88\x82\0\0\0\0\x03\xe8")
                    await reader.read()
            if number % 2:
                writer.transport.abort()
            else:
                writer.close()

    async def all_of(count: int) -> None:
        turn = asyncio.Semaphore(20)
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                tasks.create_task(visit(number, turn))

    asyncio.run(all_of(50))  # what is made once for all is made now
    before, watch, begin = open_files(stage), Memory(daemon=stage.daemon()), time.monotonic()
    asyncio.run(all_of(times))
    took = time.monotonic() - begin
    wait_for(lambda: open_files(stage) <= before + 2, "the files to be closed")
    grown = watch.grown()["daemon"]
    print(f"{times} came and went in {took:.1f} s; the daemon grew by {grown:.1f} MB at most")
    assert grown < MOST
    assert "Traceback" not in stage.daemon_log()


def test_e9_1000_websockets_that_come_and_go_leave_nothing(stage: Stage) -> None:
    """E9: broken off or closed, at any moment: no file stays open, and no memory is kept."""
    come_and_go(stage, 1000)


@pytest.mark.long
def test_e9_10000_websockets_that_come_and_go_leave_nothing(stage: Stage) -> None:
    """E9: the same with ten thousand."""
    come_and_go(stage, 10_000)


async def test_b6_100_viewers_of_a_terminal_see_the_same(stage: Stage) -> None:
    """E9: what the program writes reaches each of them, in time, for a bounded price."""
    watch = Memory(daemon=stage.daemon())
    async with client(stage) as session, AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(session.ws_connect(f"/api/v1{TERMINAL}")) for _ in range(VIEWERS)
        ]

        async def sees(socket: aiohttp.ClientWebSocketResponse, text: bytes) -> float:
            seen = b""
            async with asyncio.timeout(30):
                while text not in seen:
                    message = await socket.receive()
                    assert message.type in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}, message
                    if message.type is aiohttp.WSMsgType.BINARY:
                        seen = (seen + message.data)[-100_000:]
                        await socket.send_json({"type": "ack", "bytes": len(message.data)})
            return time.monotonic()

        for number in range(3):
            begin = time.monotonic()
            word = f"word {number} for all"
            await asyncio.to_thread(stage.tell, "one", f"out(b'{word}\\r\\n')")
            ends = await asyncio.gather(*(sees(socket, word.encode()) for socket in sockets))
            print(f"the last of {VIEWERS} saw it after {(max(ends) - begin) * 1000:.0f} ms")
            assert max(ends) - begin < 10
        grown = watch.grown()["daemon"]
    print(f"the daemon grew by {grown:.1f} MB")
    assert grown < MOST * 2, "the screen and its history are made for each of them"


async def test_e9_100_viewers_of_everything_cost_one_look(own_stage: Stage) -> None:
    """E9: all are told of a change, and a plain request beside them is answered at once."""
    watch = Memory(daemon=own_stage.daemon())
    async with client(own_stage) as session, AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(session.ws_connect("/api/v1/live")) for _ in range(VIEWERS)
        ]
        for socket in sockets:
            first = await socket.receive_json(timeout=30)
            assert first["fresh"]
        begin = time.monotonic()
        await asyncio.to_thread(own_stage.run, "stop", "one")
        for socket in sockets:
            async with asyncio.timeout(30):
                while not stopped(await socket.receive_json()):
                    pass
        told = time.monotonic() - begin
        async with session.get("/api/v1/constellations") as answer:
            assert answer.status == 200
    grown = watch.grown()["daemon"]
    print(f"all {VIEWERS} were told within {told:.1f} s; the daemon grew by {grown:.1f} MB")
    assert grown < MOST


def stopped(frame: dict[str, object]) -> bool:
    """Say whether a frame shows that the agent's session has ended."""
    rows = frame.get("agents")
    if not isinstance(rows, dict):
        return False
    return any(row["session"] and not row["session"]["live"] for one in rows.values() for row in one)
