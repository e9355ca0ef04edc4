"""The life of a session: what it writes is kept, how it ends is known."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.errors import BusyError, UnavailableError
from constellagent.runtime import processes
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.stream import Output
from tests.runtime.holder.conftest import PYTHON, Session, Start, until
from tests.runtime.holder.wire import Wire

NUMBERS = """
import os, select, time, tty
tty.setraw(0)
n = 0
while not select.select([0], [], [], 0.001)[0]:
    for n in range(n, n + 50):
        os.write(1, b'%08d\\n' % n)
    n += 1
raise SystemExit(7)
"""
READER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from constellagent.runtime.holder import protocol
from tests.runtime.holder.wire import Wire
out = open(sys.argv[3], "r+b")
offset = out.seek(0, 2)
wire = Wire(Path(sys.argv[1]))
wire.send(protocol.attach(offset, protocol.VIEW | protocol.EVERY))
while (frame := wire.frame(30)) and frame[0] != protocol.EXIT:
    if frame[0] == protocol.OUTPUT:
        start, data = protocol.parse_output(frame[1])
        assert start == offset, (start, offset)
        out.write(data)
        out.flush()
        offset += len(data)
"""


async def kill_readers(session: Session, copy: Path, kills: int) -> int:
    """Follow the session with readers that are killed again and again; returns how many were."""
    root = str(Path(__file__).parents[3])
    copy.touch()
    killed = 0
    for _ in range(kills):
        reader = await asyncio.create_subprocess_exec(
            sys.executable, "-c", READER, str(session.socket), root, str(copy), stdin=subprocess.DEVNULL
        )
        await until(_progress(reader, copy))
        if reader.returncode is None:
            os.kill(reader.pid, signal.SIGKILL)
            killed += 1
        await reader.wait()
    return killed


def _progress(reader: asyncio.subprocess.Process, copy: Path) -> Callable[[], bool]:
    before = copy.stat().st_size
    return lambda: copy.stat().st_size > before or reader.returncode is not None


async def follow_numbers(start: Start, place: Path, kills: int) -> int:
    """Write numbered lines while readers are killed, then compare with what was read and what is kept."""
    session = await start(*PYTHON, NUMBERS, log_bytes=1 << 30)
    waiting = asyncio.ensure_future(session.client.wait())
    copy = place / "copy"
    killed = await kill_readers(session, copy, kills)
    await session.client.send(b"\r")
    assert (await waiting)["exit_status"] == 7
    expected = session.output()
    assert expected == b"".join(b"%08d\n" % n for n in range(len(expected) // 9))
    have = copy.stat().st_size
    assert copy.read_bytes() == expected[:have]
    return killed


async def test_killed_readers_lose_and_repeat_nothing(start: Start, place: Path) -> None:
    """Readers that die at any moment go on from their offset: no gap, no repeat, the exit status kept."""
    assert await follow_numbers(start, place, 5) == 5


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_a_hundred_killed_readers_lose_and_repeat_nothing(start: Start, place: Path) -> None:
    """The same with a hundred kills."""
    assert await follow_numbers(start, place, 100) == 100


async def test_the_last_output_of_a_program_is_kept(start: Start) -> None:
    """A program that writes and ends at once loses none of it, every time."""
    for _ in range(10):
        session = await start(*PYTHON, "import os; os.write(1, b'y' * 3000 + b'end')")
        await session.client.wait()
        assert session.output() == b"y" * 3000 + b"end"


async def test_output_until_the_end_reaches_a_viewer_before_the_news_of_it(start: Start) -> None:
    """EXIT comes after the last byte of output."""
    session = await start(*PYTHON, "input(); import os; os.write(1, b'z' * 2_000_000)", log_bytes=4 << 20)
    with Wire(session.socket) as wire:
        wire.send(protocol.attach(0, protocol.EVERY))
        wire.send(protocol.frame(protocol.INPUT, b"\r"))
        size = 0
        while (frame := wire.frame()) is not None and frame[0] != protocol.EXIT:
            size += len(protocol.parse_output(frame[1])[1]) if frame[0] == protocol.OUTPUT else 0
        assert frame is not None
        assert size == 2_000_002


@pytest.mark.parametrize(
    ("code", "status", "number"),
    [("exit 0", 0, None), ("exit 255", 255, None), ("kill -SEGV $$", None, 11), ("kill -KILL $$", None, 9)],
)
async def test_how_a_program_ended_is_kept(
    start: Start, code: str, status: int | None, number: int | None
) -> None:
    """Exit status or signal, in the answer and on disk."""
    session = await start("sh", "-c", f"ulimit -c 0; {code}")
    ended = await session.client.wait()
    assert (ended["exit_status"], ended["signal"], ended["ended_by"]) == (status, number, "itself")
    assert session.status() == ended
    assert ended["ended_at"] >= ended["started_at"]
    await until(lambda: not session.socket.exists())


async def test_a_program_that_lets_go_of_its_terminal_is_still_held(start: Start) -> None:
    """Closing the pty is not the end; opening it again shows output again."""
    code = (
        "import os,time\nname=os.ttyname(0)\nfor fd in (0,1,2): os.close(fd)\ntime.sleep(0.3)\n"
        "fd=os.open(name,os.O_RDWR)\nos.write(fd,b'back')\ntime.sleep(0.2)\nos._exit(3)"
    )
    session = await start(*PYTHON, code)
    ended = await session.client.wait()
    assert ended["exit_status"] == 3
    assert session.output() == b"back"


async def test_b5_a_flood_is_kept_within_bounds(start: Start) -> None:
    """A program that writes flat out fills neither disk nor memory, and questions are answered meanwhile."""
    session = await start(*PYTHON, "import os\nwhile True: os.write(1, b'x' * 4000)", log_bytes=1 << 20)
    await until(lambda: session.log.end() > (8 << 20), within=40)
    began = time.monotonic()
    await session.client.status()
    assert time.monotonic() - began < 15
    assert await _size_of_log(session) <= 1 << 20
    ended = await session.client.stop(1)
    assert ended["log_lost"] == 0
    assert ended["log_begin"] >= ended["log_end"] - (1 << 20)


async def _size_of_log(session: Session) -> int:
    """Return how large the log is, while its holder stands still: it drops segments all the time."""
    holder = session.first["holder_pid"]
    os.kill(holder, signal.SIGSTOP)
    try:
        await until(lambda: processes.state_of(holder) == "T")
        return sum(file.stat().st_size for file in (session.folder / "log").iterdir())
    finally:
        os.kill(holder, signal.SIGCONT)


async def test_a_full_disk_costs_output_and_not_the_session(start: Start, place: Path) -> None:
    """With a file size limit for a full disk: output is lost and counted, the end is still recorded."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        session = await start(*PYTHON, "import os\nfor n in range(100): os.write(1, b'x' * 1000)\ninput()")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    await until(lambda: session.log.end() > 0)
    with Wire(session.socket) as wire:
        wire.send(protocol.attach_tail(0))
        while wire.ask()["log_end"] < 100_000:
            await asyncio.sleep(0.01)
        assert wire.ask()["log_lost"] > 0
        wire.send(protocol.frame(protocol.INPUT, b"\r"))
        assert wire.report(protocol.EXIT)["exit_status"] == 0
    assert session.status()["ended_by"] == "itself"


async def test_the_session_of_a_killed_holder_is_lost(start: Start) -> None:
    """A kill -9 of the holder: clients learn that it is gone, and the status has no end."""
    session = await start("sleep", "60")
    waiting = asyncio.ensure_future(session.client.wait())
    follower = asyncio.ensure_future(_follow(session.client))
    await asyncio.sleep(0.1)
    os.kill(session.first["holder_pid"], signal.SIGKILL)
    assert (await waiting)["ended_by"] == "lost"
    with pytest.raises(UnavailableError):
        await follower
    with pytest.raises(UnavailableError):
        await session.client.status()
    with pytest.raises(UnavailableError):
        await HolderClient.connect(session.socket)
    assert (await session.client.stop(0))["ended_by"] == "lost"
    assert session.status()["ended_at"] is None


async def _follow(client: HolderClient) -> bytes:
    stream = await client.stream(0, protocol.VIEW | protocol.EVERY)
    try:
        return b"".join([item.data async for item in stream if isinstance(item, Output)])
    finally:
        await stream.close()


async def test_a_client_can_do_everything_a_daemon_needs(start: Start) -> None:
    """Input, size, signal, output until the end, and waiting afterwards."""
    code = (
        "import os,sys\ntry:\n x=input()\n print('<'+x+'>', os.get_terminal_size().lines)\n input()\n"
        "except KeyboardInterrupt: sys.exit(9)"
    )
    session = await start(*PYTHON, code)
    following = asyncio.ensure_future(_follow(session.client))
    await session.client.resize(31, 91)
    await session.client.send(b"hello\r")
    await session.shows(b"<hello> 31")
    await session.client.signal(signal.SIGINT)
    ended = await session.client.wait()
    assert ended["exit_status"] == 9
    assert await following == session.output()
    assert await session.client.wait() == ended


async def test_input_that_does_not_fit_is_reported_to_who_sent_it(start: Start) -> None:
    """A program that never reads makes `send` raise, not wait."""
    session = await start(*PYTHON, "import tty,time\ntty.setraw(0)\nprint('raw',flush=True)\ntime.sleep(60)")
    await session.shows(b"raw")
    with pytest.raises(BusyError, match="does not read"):
        await session.client.send(b"x" * (3 << 20))
    assert (await session.client.status())["session"] == session.id


async def test_a_connection_to_nobody_is_unavailable(place: Path) -> None:
    """No socket, or one that nobody listens on."""
    with pytest.raises(UnavailableError):
        await HolderClient.connect(place / "none")


async def test_waiting_survives_a_broken_connection(start: Start) -> None:
    """A viewer's connection that breaks says nothing about the session: waiting goes on."""
    session = await start("sh", "-c", "read x; exit 5")
    wait = asyncio.ensure_future(session.client.wait())
    await asyncio.sleep(0.1)
    wires = [Wire(session.socket, hello=False) for _ in range(5)]
    for wire in wires:
        wire.send(b"\xff" * 9)
        wire.socket.close()
    await session.client.send(b"\r")
    assert (await wait)["exit_status"] == 5
