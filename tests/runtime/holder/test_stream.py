"""Output, sizes and keys over one connection, in an event loop."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.line import Line
from constellagent.runtime.holder.stream import (
    Exit,
    Gone,
    HolderStream,
    Item,
    Output,
    Refused,
    Resync,
    Sized,
    Typed,
)
from tests.runtime.holder.conftest import PYTHON, Session, Start, until
from tests.runtime.holder.screen import Screen
from tests.runtime.holder.test_viewers import SIZES

READS = "import os,tty\ntty.setraw(0)\nos.write(1,b'READY')\nwhile True: os.write(1,b'<'+os.read(0,99)+b'>')"
LOOKS = protocol.VIEW | protocol.EVERY


@asynccontextmanager
async def opened(session: Session, offset: int | None = 0, flags: int = 0) -> AsyncIterator[HolderStream]:
    """Open a stream, and close it afterwards."""
    stream = await HolderStream.open(session.socket, offset=offset, flags=flags)
    try:
        yield stream
    finally:
        await stream.close()


async def text_until(stream: HolderStream, text: bytes) -> bytes:
    """Read output until it holds this."""
    found = b""
    async with asyncio.timeout(30):
        async for item in stream:
            if isinstance(item, Output):
                found += item.data
                if text in found:
                    return found
    raise AssertionError(f"the stream ended before {text!r}")


async def test_keys_go_in_and_output_comes_out(start: Start) -> None:
    """Over one connection; the status is that of the greeting."""
    session = await start(*PYTHON, READS)
    async with opened(session) as stream:
        assert stream.status["session"] == session.id
        await text_until(stream, b"READY")
        assert stream.write(b"key")
        assert await text_until(stream, b"<key>") == b"<key>"


async def test_each_item_comes_at_once_to_who_wants_it_delivered(start: Start) -> None:
    """What came before `deliver` is delivered first; the end comes last, and nothing after it."""
    session = await start("sh", "-c", "printf one; read x; printf two; exit 4")
    items: list[Item] = []
    async with opened(session) as stream:
        await until(lambda: len(stream._items) == 2, what="the size and the output")
        stream.deliver(items.append)
        assert items == [Sized(0, 24, 80), Output(0, b"one")]
        stream.write(b"\r")
        await until(lambda: isinstance(items[-1], Exit))
    last = items[-1]
    assert isinstance(last, Exit)
    assert last.status["exit_status"] == 4
    output = [item for item in items if isinstance(item, Output)]
    assert b"".join(item.data for item in output) == b"one\r\ntwo"
    assert [item.offset for item in output] == sorted(item.offset for item in output)


async def test_a_stream_ends_with_the_session(start: Start) -> None:
    """Iteration stops after the exit, also where it is begun once more."""
    session = await start("sh", "-c", "read x; exit 3")
    async with opened(session, flags=LOOKS) as stream:
        await session.client.send(b"\r")
        items = [item async for item in stream]
        again = [item async for item in stream]
    assert isinstance(items[-1], Exit)
    assert items[-1].status["exit_status"] == 3
    assert again == items[-1:]


async def test_the_size_is_told_first_and_at_each_change_in_its_place(start: Start) -> None:
    """A screen that follows knows the size for every byte, live and when it reads up on them later."""
    session = await start(*PYTHON, SIZES)
    await session.shows(b"ready")
    async with opened(session, flags=LOOKS) as live, opened(session, None) as person:
        for rows in (30, 31, 40):
            person.resize(rows, 100)
            await session.shows(b"<%dx100>" % rows)
        later = await HolderStream.open(session.socket, offset=0, flags=LOOKS)
        for stream in (live, later):
            size = None
            seen = b""
            async for item in stream:
                if isinstance(item, Sized):
                    assert item.offset == len(seen)
                    size = item.rows, item.columns
                elif isinstance(item, Output):
                    seen += item.data
                    for line in item.data.split(b"\r\n"):
                        assert size is not None
                        assert line in {b"", b"ready", b"<%dx%d>" % size}
                    if b"<40x" in seen:
                        break
            assert size == (40, 100)
        await later.close()


async def test_nothing_comes_before_attach_is_asked_for(start: Start) -> None:
    """Who wants the size set first opens without an offset, and attaches afterwards."""
    session = await start(*PYTHON, SIZES)
    await session.shows(b"ready\r\n")
    async with opened(session, None) as stream:
        stream.resize(33, 99)
        await session.shows(b"<33x99>")
        items: list[Item] = []
        stream.deliver(items.append)
        assert items == []
        stream.attach(2)
        await until(lambda: len(items) > 2)
        assert items[:2] == [Sized(2, 24, 80), Output(2, b"ady\r\n")]
        assert items[2] == Sized(7, 33, 99)


async def test_what_is_gone_or_refused_is_told(start: Start) -> None:
    """RESYNC where the log begins later, and a refusal in words."""
    session = await start(
        *PYTHON, "print('x' * 999 + '\\n', end='', flush=True)\n" * 200 + "input()", log_bytes=1 << 16
    )
    await until(lambda: session.log.end() == 200 * 1001)
    async with opened(session, flags=protocol.VIEW) as stream:
        assert stream.write(b"typed")
        items: list[Item] = []
        stream.deliver(items.append)
        await until(lambda: {Refused, Resync} <= {type(item) for item in items})
    assert Resync(session.log.begin()) in items
    assert any("only looks" in item.text for item in items if isinstance(item, Refused))


async def test_a_reader_that_is_slow_keeps_little(start: Start) -> None:
    """Beyond a mebibyte the holder keeps the output, and gives all of it later."""
    code = "import os\nfor n in range(600000): os.write(1, b'%09d' % n)\ninput()"
    session = await start(*PYTHON, code, log_bytes=16 << 20)
    async with opened(session, flags=LOOKS) as stream:
        await until(lambda: session.log.end() >= 5_400_000, within=60)
        await asyncio.sleep(0.05)
        assert stream._unread < 2 << 20
        size = 0
        async for item in stream:
            if isinstance(item, Output):
                assert item.offset == size
                size += len(item.data)
                if size == 5_400_000:
                    break


async def test_a_paused_stream_takes_nothing_in(start: Start) -> None:
    """Nothing is delivered between `pause` and `resume`, and nothing is lost."""
    session = await start(*PYTHON, READS)
    async with opened(session) as stream:
        items: list[Item] = []
        stream.deliver(items.append)
        await until(lambda: any(isinstance(item, Output) for item in items))
        stream.pause()
        before = len(items)
        stream.write(b"more")
        await session.shows(b"<more>")
        await asyncio.sleep(0.05)
        assert len(items) == before
        stream.resume()
        await until(lambda: items[-1] == Output(5, b"<more>"))


async def test_input_that_the_holder_does_not_take_is_dropped(start: Start) -> None:
    """A holder that hangs costs no memory and no time: what is typed is refused."""
    session = await start("sleep", "60")
    holder = session.first["holder_pid"]
    async with opened(session) as stream:
        os.kill(holder, signal.SIGSTOP)
        try:
            taken = [stream.write(b"y" * 100_000) for _ in range(40)]
        finally:
            os.kill(holder, signal.SIGCONT)
    assert taken[0]
    assert not taken[-1]
    assert not stream.write(b"after the end")


async def test_a_holder_that_is_killed_is_gone(start: Start) -> None:
    """Who iterates gets an error, who has it delivered the last item; neither waits for ever."""
    session = await start("sleep", "60")
    async with opened(session) as one, opened(session) as two:
        items: list[Item] = []
        two.deliver(items.append)
        os.kill(session.first["holder_pid"], signal.SIGKILL)
        for _ in range(2):
            with pytest.raises(UnavailableError, match="is gone"):
                _ = [item async for item in one]
        await until(lambda: items and isinstance(items[-1], Gone))


async def test_a_closed_stream_is_over(start: Start) -> None:
    """Who still reads from it is told, and closing twice is harmless."""
    session = await start("sleep", "60")
    async with opened(session) as stream:
        await stream.close()
        with pytest.raises(UnavailableError):
            _ = [item async for item in stream]


async def test_nobody_there_is_unavailable(place: Path) -> None:
    """No socket at all."""
    with pytest.raises(UnavailableError, match="cannot be reached"):
        await HolderStream.open(place / "none", offset=0, flags=0)


@pytest.mark.parametrize("answer", [b"", b"\xff" * 9, protocol.frame(protocol.WELCOME, b"[]")])
async def test_who_is_no_holder_is_unavailable(place: Path, answer: bytes) -> None:
    """One that hangs up, or talks nonsense."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(serve, place / "s"):
        with pytest.raises(UnavailableError):
            await HolderStream.open(place / "s", offset=0, flags=0)


async def test_who_never_answers_is_unavailable(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the connection and says nothing."""
    within, timeout = iter([30.0, 0.1]), asyncio.timeout
    monkeypatch.setattr(
        asyncio, "timeout", lambda _within: timeout(next(within))
    )  # to connect, and the answer
    ended = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    async with await asyncio.start_unix_server(serve, place / "s"):
        with pytest.raises(UnavailableError, match="does not answer"):
            await HolderStream.open(place / "s", offset=0, flags=0)
        ended.set()


async def test_a_flood_reaches_who_has_it_delivered(start: Start) -> None:
    """Every byte, in order, while the event loop goes on with other things."""
    code = "import os\nfor n in range(3000): os.write(1, b'%08d' % n * 125)\ninput()"
    session = await start(sys.executable, "-I", "-S", "-c", code, log_bytes=8 << 20)
    seen = bytearray()

    def take(item: Item) -> None:
        if isinstance(item, Output):
            assert item.offset == len(seen)
            seen.extend(item.data)

    async with opened(session, flags=LOOKS) as stream:
        stream.deliver(take)
        await until(lambda: len(seen) == 3_000_000, within=30)


async def test_who_answers_hears_of_typing(start: Start) -> None:
    """Input of a person is told to who answers, seldom; an answer is no typing, and others hear nothing."""
    session = await start("/bin/cat")
    answers = protocol.VIEW | protocol.ANSWERS
    async with opened(session, flags=answers) as looking, opened(session, flags=0) as person:
        typed: list[Typed] = []
        others: list[Typed] = []
        looking.deliver(lambda item: typed.append(item) if isinstance(item, Typed) else None)
        person.deliver(lambda item: others.append(item) if isinstance(item, Typed) else None)
        looking.write(b"answer")
        began = time.monotonic()
        for _ in range(20):
            person.write(b"x")
        await until(lambda: typed, what="the word about typing")
        assert len(typed) <= 1 + (time.monotonic() - began) / 0.25
        assert others == []


async def test_keys_past_the_holder_are_told_too(start: Start) -> None:
    """Who writes keys to the pty itself says so, and who answers hears of it."""
    session = await start("/bin/cat")
    async with opened(session, flags=protocol.VIEW | protocol.ANSWERS) as looking:
        typed: list[Typed] = []
        looking.deliver(lambda item: typed.append(item) if isinstance(item, Typed) else None)
        with Line.open(session.socket) as line, Screen() as screen:
            line.join(0, screen.terminal, view=False, take=lambda _kind, _payload: None)
            assert line.direct
            line.type(b"x")
            await until(lambda: typed, what="the word about typing")
