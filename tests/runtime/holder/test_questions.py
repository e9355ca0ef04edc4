"""What a program asks its terminal gets one answer, whoever looks at it."""

import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator

import pytest

from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.stream import HolderStream, Item, Output
from tests.runtime.holder.conftest import PYTHON, Session, Start, until
from tests.runtime.holder.screen import Screen
from tests.runtime.holder.wire import Wire

ASKS = """
import os, tty
tty.setraw(0)
os.write(1, b'READY')
while True:
    if os.read(0, 1) == b'?':
        os.write(1, b'a\\x1b[6nb\\x1b[cc\\x1b]11;?\\x07d')
"""
"""Asks three things for each question mark that is typed."""
STRIPPED = b"abcd"
ASKED = b"a\x1b[6nb\x1b[cc\x1b]11;?\x07d"
ANSWERS = protocol.VIEW | protocol.EVERY | protocol.ANSWERS


@pytest.fixture
async def session(start: Start) -> Session:
    """Give a session whose program asks."""
    session = await start(*PYTHON, ASKS)
    await session.shows(b"READY")
    return session


@pytest.fixture
async def answering(session: Session) -> AsyncIterator[HolderStream]:
    """Give a connection that answers."""
    stream = await HolderStream.open(session.socket, offset=0, flags=ANSWERS)
    yield stream
    await stream.close()


@contextlib.contextmanager
def joined(session: Session) -> Iterator[tuple[Wire, Screen, int]]:
    """Join a terminal that the holder writes to, from now on."""
    with Wire(session.socket) as wire, Screen() as screen:
        master = wire.join(screen.terminal, offset=session.log.end())
        assert master is not None
        yield wire, screen, master
        os.close(master)


async def test_the_only_terminal_is_asked(session: Session) -> None:
    """With nobody else to answer, the person's terminal does."""
    with joined(session) as (wire, screen, master):
        os.write(master, b"?")
        assert screen.sees(b"d") == ASKED
        assert wire.ask()["answered"] is False


async def test_of_two_terminals_the_latest_active_one_is_asked(session: Session) -> None:
    """The other is spared, until it is the one that is typed on."""
    with joined(session) as (one, first, _), joined(session) as (two, second, master):
        for wire, rows in ((one, 30), (two, 40)):
            wire.send(protocol.resize(rows, 100))
            wire.ask()
        os.write(master, b"?")
        assert second.sees(b"d") == ASKED
        assert first.sees(b"d") == STRIPPED
        one.send(protocol.frame(protocol.INPUT))
        one.ask()
        first.seen = second.seen = b""
        os.write(master, b"?")
        assert first.sees(b"d") == ASKED
        assert second.sees(b"d") == STRIPPED


async def test_no_terminal_is_asked_while_somebody_answers(session: Session, answering: HolderStream) -> None:
    """All of them are spared, who answers gets every byte, and offsets stay those of the log."""
    items: list[Item] = []
    answering.deliver(items.append)
    with joined(session) as (wire, one, master), joined(session) as (_, two, _):
        assert wire.ask()["answered"] is True
        offset = session.log.end()
        os.write(master, b"?")
        assert one.sees(b"d") == STRIPPED
        assert two.sees(b"d") == STRIPPED
        wire.send(protocol.frame(protocol.DETACH))
        assert protocol.parse_written(wire.until(protocol.DETACHED)) == offset + len(ASKED)
    await until(lambda: ASKED in b"".join(item.data for item in items if isinstance(item, Output)))


async def test_the_terminal_is_asked_again_once_nobody_else_answers(
    session: Session, answering: HolderStream
) -> None:
    """The death of who answers is noticed at once, and told to those who take frames."""
    with joined(session) as (wire, screen, master), Wire(session.socket) as framed:
        framed.send(protocol.attach_tail(0))
        assert framed.ask()["answered"] is True
        os.write(master, b"?")
        assert screen.sees(b"d") == STRIPPED
        await answering.close()
        assert framed.report(protocol.STATUS)["answered"] is False
        screen.seen = b""
        os.write(master, b"?")
        assert screen.sees(b"d") == ASKED
        assert wire.ask()["answered"] is False


async def test_a_slow_terminal_is_not_asked_either(start: Start) -> None:
    """What it did not take at once, and what comes from the log, has no questions, and is whole."""
    code = (
        "import os, tty\ntty.setraw(0)\nos.write(1, b'READY')\nos.read(0, 1)\n"
        "for n in range(6000): os.write(1, b'%09d' % n * 20 + b'\\x1b[6n')\n"
        "os.write(1, b'END')\nos.read(0, 1)"
    )
    session = await start(*PYTHON, code, log_bytes=8 << 20)
    await session.shows(b"READY")
    with Wire(session.socket) as answers, Wire(session.socket) as wire, Screen() as screen:
        answers.send(protocol.attach(0, ANSWERS))
        answers.ask()
        master = wire.join(screen.terminal, protocol.EVERY, offset=session.log.end())
        assert master is not None
        os.write(master, b"x")
        await until(lambda: session.output().endswith(b"END"), within=30)
        shown = screen.sees(b"END", within=30)
        assert shown == b"".join(b"%09d" % n * 20 for n in range(6000)) + b"END"
        wire.send(protocol.frame(protocol.DETACH))
        assert protocol.parse_written(wire.until(protocol.DETACHED)) == session.log.end()
        os.close(master)


async def test_what_a_terminal_has_not_taken_comes_before_the_detach(start: Start) -> None:
    """Output counts as written from the moment that its questions are out; the rest is for the viewer."""
    session = await start(
        *PYTHON,
        "import os\nos.read(0,1)\nfor _ in range(800): os.write(1, b'x' * 999 + b'\\x1b[6n')\nos.read(0,1)",
    )
    with Wire(session.socket) as answers, Wire(session.socket) as wire, Screen() as screen:
        answers.send(protocol.attach_tail(0, protocol.VIEW | protocol.ANSWERS))
        answers.ask()
        master = wire.join(screen.terminal)
        assert master is not None
        os.write(master, b"\r")
        await until(lambda: session.log.end() == 2 + 800 * 1003, within=30)
        wire.send(protocol.frame(protocol.DETACH))
        rest = b""
        while (found := wire.frame()) is not None and found[0] != protocol.DETACHED:
            assert found[0] == protocol.OUTPUT
            rest += protocol.parse_output(found[1])[1]
        assert found is not None
        end = protocol.parse_written(found[1])
        data = session.output()[:end].replace(b"\x1b[6n", b"")
        assert screen.sees_bytes(len(data) - len(rest)) + rest == data
        assert rest
        os.close(master)


async def test_an_answer_reaches_the_program_and_nobody_else_notices(start: Start) -> None:
    """Who looks and answers may write; it gets no part in the size, and its answer waits its turn."""
    code = (
        "import os,tty,time\ntty.setraw(0)\nos.write(1,b'READY')\ntime.sleep(0.5)\nn=b''\n"
        "while not n.endswith(b'R'): n += os.read(0, 65536)\nos.write(1, b'<%d:' % len(n) + n[-9:] + b'>')\n"
        "time.sleep(60)"
    )
    session = await start(*PYTHON, code)
    await session.shows(b"READY")
    answering = await HolderStream.open(session.socket, offset=0, flags=ANSWERS)
    with Wire(session.socket) as typing:
        typing.send(protocol.resize(30, 90))
        typing.send(protocol.frame(protocol.INPUT, b"y" * 30_000))
        typing.ask()
        answering.resize(10, 10)
        answering.write(b"\x1b[1;2R")
        assert b"<30006:yyy\x1b[1;2R>" in await session.shows(b"R>")
        status = typing.ask()
        assert (status["rows"], status["columns"]) == (30, 90)
    await answering.close()


async def test_answers_that_nobody_reads_leave_room_for_what_is_typed(start: Start) -> None:
    """A program that asks and never reads fills up with its own answers only so far."""
    session = await start(*PYTHON, "import tty,time\ntty.setraw(0)\nprint('raw',flush=True)\ntime.sleep(60)")
    await session.shows(b"raw")
    answering = await HolderStream.open(session.socket, offset=0, flags=ANSWERS)
    for _ in range(400):
        answering.write(b"\x1b[1;2R" * 1000)
    await session.client.status()
    await session.client.send(b"typed" * 100_000)
    await answering.close()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_stripping_keeps_the_holder_small(session: Session, answering: HolderStream) -> None:
    """A terminal that is spared costs the holder no memory to speak of."""
    answering.deliver(lambda _item: None)
    with joined(session) as (_, screen, master):
        for _ in range(200):
            os.write(master, b"?")
        await until(lambda: screen.seen.count(b"d") == 200 or not screen.sees(b"abcd" * 200))
        with open(f"/proc/{session.first['holder_pid']}/status", encoding="ascii") as file:  # noqa: ASYNC230, PTH123 - it is memory
            (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", file.read())
    assert int(kilobytes) < 14_000
