"""Several viewers of one session: sizes, history, and slow ones that bother nobody."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from constellagent.runtime.holder import protocol
from tests.runtime.holder.conftest import PYTHON, Start, until
from tests.runtime.holder.wire import Wire

SIZES = """
import os, signal
signal.signal(signal.SIGWINCH, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
print('ready', flush=True)
while True:
    signal.sigwait([signal.SIGWINCH])
    size = os.get_terminal_size(); os.write(1, f'<{size.lines}x{size.columns}>\\n'.encode())
"""
"""Shows each size; it waits for the signal, as a handler could come between the look and the writing."""
FLOOD = "import os\nwhile True: os.write(1, b'x' * 79 + b'\\n')"


def output_of(wire: Wire, size: int, within: float = 30.0) -> tuple[int, bytes]:
    """Return where output starts and at least `size` bytes of it, without a gap."""
    start, data = protocol.parse_output(wire.until(protocol.OUTPUT, within))
    while len(data) < size:
        offset, more = protocol.parse_output(wire.until(protocol.OUTPUT, within))
        assert offset == start + len(data)
        data += more
    return start, data


async def test_output_can_be_had_from_any_offset_and_live(start: Start) -> None:
    """From the beginning, from the middle, the last bytes, or only what is new."""
    session = await start("sh", "-c", "printf 0123456789; read x; printf abc; read x")
    await session.shows(b"9")
    asked = [protocol.attach(0), protocol.attach(4), protocol.attach_tail(3), protocol.attach_tail(0)]
    wires = [Wire(session.socket) for _ in asked]
    for wire, frame in zip(wires, asked, strict=True):
        wire.send(frame)
    assert [output_of(wire, 1) for wire in wires[:3]] == [(0, b"0123456789"), (4, b"456789"), (7, b"789")]
    wires[0].send(protocol.frame(protocol.INPUT, b"\r"))
    for wire in wires:
        assert output_of(wire, 5) == (10, b"\r\nabc")
        wire.socket.close()


async def test_what_the_log_no_longer_has_is_announced(start: Start) -> None:
    """A viewer that wants more than is kept gets a RESYNC to where output begins."""
    session = await start(
        *PYTHON, "print('x' * 999 + '\\n', end='', flush=True)\n" * 200 + "input()", log_bytes=1 << 16
    )
    await until(lambda: session.log.end() == 200 * 1001)
    with Wire(session.socket) as wire:
        wire.send(protocol.attach(0))
        begin = protocol.parse_resync(wire.until(protocol.RESYNC))
        assert begin == session.log.begin() > 0
        assert output_of(wire, 200 * 1001 - begin)[0] == begin


async def test_the_latest_active_viewer_decides_the_size(start: Start) -> None:
    """Attaching, typing and leaving move the size; looking only does not."""
    session = await start(*PYTHON, SIZES)
    await session.shows(b"ready")
    with Wire(session.socket) as one, Wire(session.socket) as two, Wire(session.socket) as looker:
        looker.send(protocol.attach(0, protocol.VIEW))
        for wire, rows in ((one, 30), (two, 40), (looker, 50)):
            wire.send(protocol.resize(rows, 100))
            wire.ask()
        await until(lambda: session.output().endswith(b"<40x100>\r\n"))
        one.send(protocol.frame(protocol.INPUT, b"x"))
        await until(lambda: session.output().endswith(b"<30x100>\r\n"))
        one.socket.close()
        await until(lambda: session.output().endswith(b"<40x100>\r\n"))
        status = two.ask()
        assert (status["rows"], status["columns"]) == (40, 100)
    assert b"<50x" not in session.output()


async def test_the_smallest_terminal_can_decide_the_size(start: Start) -> None:
    """The fewest rows and the fewest columns of all, whoever types; who leaves gives room back."""
    session = await start(*PYTHON, SIZES, pty_size="smallest")
    await session.shows(b"ready")
    with Wire(session.socket) as one, Wire(session.socket) as two:
        one.send(protocol.resize(50, 90))
        await session.shows(b"<50x90>")
        two.send(protocol.resize(40, 160))
        await session.shows(b"<40x90>")
        one.send(protocol.frame(protocol.INPUT, b"x"))
        one.ask()
        assert (two.ask()["rows"], two.ask()["columns"]) == (40, 90)
        one.socket.close()
        await session.shows(b"<40x160>")


async def test_an_attach_of_the_same_size_makes_the_program_redraw(start: Start) -> None:
    """The program sees another size for a moment, then its own again."""
    session = await start(*PYTHON, SIZES, rows=24, columns=80)
    output = await session.shows(b"ready\r\n")
    for _ in range(20):  # a program that was kept from running for that moment finds only its own size again
        before = len(output)
        with Wire(session.socket) as wire:
            wire.send(protocol.resize(24, 80))
            await until(lambda: b"<24x80>" in session.output()[before:])  # noqa: B023 - awaited here
        output = session.output()
        if b"<23x80>" in output:
            break
    assert set(output.split()) == {b"ready", b"<23x80>", b"<24x80>"}


async def test_b8_a_storm_of_sizes_ends_at_the_last(start: Start) -> None:
    """A thousand sizes reach the program as a few, and the final one is right."""
    session = await start(*PYTHON, SIZES)
    await session.shows(b"ready")
    with Wire(session.socket) as wire:
        began = time.monotonic()
        for number in range(1000):
            wire.send(protocol.resize(20 + number % 50, 100))
        wire.send(protocol.resize(77, 177))
        await session.shows(b"<77x177>")
        took = time.monotonic() - began
    assert session.output().count(b"<") <= took * 60 + 3


async def test_b6_a_stopped_viewer_bothers_nobody(start: Start) -> None:
    """A viewer stopped in a flood: the program goes on, others see it live, the stopped one skips ahead."""
    session = await start(*PYTHON, FLOOD)
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path\n"
        "from tests.runtime.holder.wire import Wire\nfrom constellagent.runtime.holder import protocol\n"
        "wire = Wire(Path(sys.argv[1])); wire.send(protocol.attach_tail(0))\n"
        "print(wire.until(protocol.OUTPUT) and 'on', flush=True)\n"
        "while True: print(protocol.parse_resync(wire.until(protocol.RESYNC)), flush=True)\n"
    )
    argv = [sys.executable, "-c", code, str(session.socket), str(Path(__file__).parents[3])]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as viewer:
        assert viewer.stdout is not None
        assert viewer.stdout.readline() == b"on\n"
        viewer.send_signal(signal.SIGSTOP)
        before = session.log.end()
        await until(lambda: session.log.end() > before + (6 << 20), within=30)
        with Wire(session.socket) as other:
            began = time.monotonic()
            status = other.ask()
            assert time.monotonic() - began < 15
            other.send(protocol.attach_tail(0))
            start_, _ = output_of(other, 1)
            assert start_ >= status["log_end"]
        viewer.send_signal(signal.SIGCONT)
        while int(viewer.stdout.readline()) <= before:
            pass  # it was slow before it was stopped, too
        viewer.kill()
    holder = session.first["holder_pid"]
    if sys.platform == "linux":
        assert (
            int(Path(f"/proc/{holder}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") < 24 << 20
        )


async def test_b6_a_slow_reader_that_wants_every_byte_gets_it(start: Start) -> None:
    """With EVERY, nobody skips ahead: a late reader is fed from the log."""
    code = "import os\nfor n in range(300000): os.write(1, b'%09d' % n)\ninput()"
    session = await start(*PYTHON, code, log_bytes=8 << 20)
    with Wire(session.socket) as wire:
        wire.send(protocol.attach(0, protocol.EVERY))
        await until(lambda: session.log.end() >= 2_700_000, within=40)
        begin, data = output_of(wire, 2_700_000)
    assert begin == 0
    assert data == b"".join(b"%09d" % n for n in range(300000))


async def test_input_for_a_program_that_does_not_read_is_bounded(start: Start) -> None:
    """Beyond a mebibyte input is refused with an error; the holder stays awake and small."""
    session = await start(*PYTHON, "import tty,time\ntty.setraw(0)\nprint('raw',flush=True)\ntime.sleep(60)")
    await session.shows(b"raw")
    with Wire(session.socket) as wire:
        for _ in range(40):
            wire.send(protocol.frame(protocol.INPUT, b"y" * 60_000))
        assert b"does not read" in wire.until(protocol.ERROR)
        assert wire.ask()["exit_status"] is None


async def test_waiting_input_arrives_whole_once_the_program_reads(start: Start) -> None:
    """What was accepted is delivered in order."""
    code = (
        "import tty,time,os\ntty.setraw(0)\nprint('raw',flush=True)\ntime.sleep(0.3)\nn=0\n"
        "while n < 500000: n += len(os.read(0, 65536))\nprint('got', n)"
    )
    session = await start(*PYTHON, code)
    await session.shows(b"raw")
    await session.client.send(b"z" * 500_000)
    await session.shows(b"got 500000")


async def test_a_viewer_that_only_looks_cannot_type(start: Start) -> None:
    """Its input is refused and reaches nobody."""
    session = await start("cat")
    with Wire(session.socket) as wire:
        wire.send(protocol.attach(0, protocol.VIEW))
        wire.send(protocol.frame(protocol.INPUT, b"x\r"))
        assert b"only looks" in wire.until(protocol.ERROR)
        wire.ask()
    assert session.output() == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff" * 20,
        protocol.frame(protocol.STATUS),
        protocol.frame(protocol.HELLO, b""),
        protocol.hello() + protocol.frame(protocol.RESIZE, b"\0\0\0\0"),
        protocol.hello() + protocol.frame(protocol.SIGNAL, b"\0"),
    ],
)
async def test_who_breaks_the_protocol_is_dropped_alone(start: Start, sent: bytes) -> None:
    """Nonsense ends that connection with an error; the session and the others go on."""
    session = await start("sleep", "60")
    with Wire(session.socket, hello=False) as broken, Wire(session.socket) as other:
        broken.send(sent)
        kinds = []
        while (found := broken.frame()) is not None:
            kinds.append(found[0])
        assert kinds[-1] == protocol.ERROR
        assert other.ask()["ended_at"] is None


async def test_an_unknown_frame_is_skipped(start: Start) -> None:
    """A newer client may say what this holder does not know."""
    session = await start("sleep", "60")
    with Wire(session.socket) as wire:
        wire.send(protocol.frame(200, b"whatever"))
        assert wire.ask()["session"] == session.id


async def test_b6_who_asks_and_never_reads_is_dropped(start: Start) -> None:
    """Unread answers are bounded: such a client loses its connection, nobody else notices."""
    session = await start("sleep", "60")
    with Wire(session.socket) as wire:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            flood(wire)
        assert (await session.client.status())["ended_at"] is None


def flood(wire: Wire) -> None:
    """Ask until the connection is lost."""
    for _ in range(200_000):
        wire.send(protocol.frame(protocol.STATUS))


async def test_connections_beyond_the_limit_are_refused_and_room_comes_back(start: Start) -> None:
    """Two hundred viewers are served; one more is closed at once; after they left there is room again."""
    session = await start("sleep", "60")
    wires = [Wire(session.socket) for _ in range(199)]
    extra = Wire(session.socket, hello=False)
    assert extra.frame() is None
    extra.socket.close()
    for wire in wires:
        wire.socket.close()
    await until(lambda: _can_connect(session.socket))


def _can_connect(path: Path) -> bool:
    with Wire(path, hello=False) as wire:
        try:
            wire.send(protocol.hello())
        except (BrokenPipeError, ConnectionResetError):  # it was closed at once
            return False
        return wire.frame() is not None
