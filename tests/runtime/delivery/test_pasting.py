"""A prompt reaches a program as a paste, the Enter behind it as a key, and what it came to is known."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from constellagent.runtime import processes
from constellagent.runtime.delivery import Delivery, pasting
from constellagent.runtime.delivery.pasting import Hands
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.sessions_rig import Rig, until

ON, OFF = b"\x1b[?2004h", b"\x1b[?2004l"

READER = r"""
import os, sys, time, tty
tty.setraw(0)
os.write(1, b"\x1b[?2004hready\r\n")
time.sleep(float(sys.argv[1]))
got = []
while got.count(b"\r") < int(sys.argv[2]):
    got.append(os.read(0, 65536))
    if sys.argv[3] == "echo":
        os.write(1, b".")
os.write(1, repr(got).encode() + b"\r\n")
"""
"""Asks for bracketed paste, begins to read after a while, and at last writes what it got by each read."""

SILENT = r"""
import os, tty
tty.setraw(0)
os.write(1, b"ready\r\n")
while True:
    os.read(0, 65536)
"""


class Pty:
    """Takes what is written, with the moment of each write."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.writes: list[bytes] = []
        self.times: list[float] = []

    async def write(self, data: bytes) -> None:
        """Take one write."""
        self.writes.append(data)
        self.times.append(asyncio.get_running_loop().time())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait just long enough to see what is waited for."""
    monkeypatch.setattr(pasting, "PAUSE", 0.05)
    monkeypatch.setattr(pasting, "SHOWN_WITHIN", 0.2)
    for name in ("READ_WITHIN", "TAKEN_WITHIN"):
        monkeypatch.setattr(pasting, name, 20.0)  # a busy machine takes its time


@pytest.fixture
def _shows(_quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait until the program shows something of the paste, as it will."""
    monkeypatch.setattr(pasting, "SHOWN_WITHIN", 20.0)


async def reading(rig: Rig, *, late: float = 0, lines: int = 1, echo: bool = True) -> SessionRow:
    """Start a program that reads the terminal byte by byte, as agents do."""
    words = [str(late), str(lines), "echo" if echo else "mute"]
    row = await rig.start("/usr/bin/env", "python3", "-c", READER, *words)
    await until(lambda: b"ready" in rig.output(row.id), "the program")
    return row


async def send(rig: Rig, row: SessionRow, text: str, *, enter: bool = True) -> Delivery:
    """Deliver to a session as the daemon does."""

    async def write(data: bytes) -> None:
        await rig.registry.send(row.id, data)

    pid = rig.registry.view(row)["pid"]
    assert pid is not None
    return await Hands(rig.registry.log(row.id), write, pid).deliver(text, enter=enter)


async def stop(rig: Rig, row: SessionRow) -> None:
    """Stop the program of a session as Ctrl-Z does; until it has stopped, it may still read something."""
    pid = rig.registry.view(row)["pid"]
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    await until(lambda: processes.state_of(pid) == "T", "the program to stop")


@pytest.mark.parametrize(
    ("output", "first"),
    [
        (b"", b"hello"),
        (b"$ " + ON + b"> ", b"\x1b[200~hello\x1b[201~"),
        (ON + b"text" + OFF, b"hello"),
        (OFF + b"x" * (1 << 17) + ON, b"\x1b[200~hello\x1b[201~"),
    ],
    ids=["no output", "asked for", "taken back", "asked for late"],
)
async def test_brackets_are_for_who_asked(tmp_path: Path, output: bytes, first: bytes) -> None:
    """A paste is bracketed exactly where the program's output so far has switched that on."""
    log, pty = LogWriter(str(tmp_path), 1 << 20), Pty()
    log.append(output)
    log.close()

    await Hands(tmp_path, pty.write, None).deliver("hello", enter=False)

    assert pty.writes == [first]


async def test_who_knows_whether_brackets_are_asked_for(tmp_path: Path) -> None:
    """What the screen tells counts: a program may have asked longer ago than its output is searched."""
    log, pty = LogWriter(str(tmp_path), 1 << 22), Pty()
    log.append(ON + b"x" * (1 << 21))
    log.close()

    await Hands(tmp_path, pty.write, None).deliver("hello", enter=False, brackets=True)

    assert pty.writes == [b"\x1b[200~hello\x1b[201~"]


async def test_the_enter_comes_alone_and_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paste and Enter are two writes with a pause, or the Enter would be a part of the paste."""
    monkeypatch.setattr(pasting, "TAKEN_WITHIN", 0.05)
    pty = Pty()

    went = await Hands(tmp_path, pty.write, None).deliver("hello", enter=True)

    assert pty.writes == [b"hello", b"\r"]
    assert pty.times[1] - pty.times[0] >= 0.04
    assert went == Delivery(False, "its terminal shows nothing new since Enter was pressed")


async def test_text_cannot_break_out_of_the_paste(tmp_path: Path) -> None:
    """An end-of-paste in the text does not end the paste, so nothing in it acts as a key."""
    log, pty = LogWriter(str(tmp_path), 1 << 20), Pty()
    log.append(ON)
    log.close()

    await Hands(tmp_path, pty.write, None).deliver("a\x1b[201~\rrm -rf\x03", enter=False)

    (data,) = pty.writes
    assert data.startswith(b"\x1b[200~")
    assert data.endswith(b"\x1b[201~")
    assert data.count(b"\x1b") == 2
    assert b"\x03" not in data


@pytest.mark.usefixtures("_shows")
async def test_a_real_program_gets_paste_and_enter(rig: Rig) -> None:
    """Through a real pty: the program reads paste and Enter apart, and its output confirms it."""
    row = await reading(rig)

    went = await send(rig, row, "two\nlines")

    await rig.until_ended(row.id)
    assert rb"[b'\x1b[200~two\rlines\x1b[201~', b'\r']" in rig.output(row.id)
    assert went == Delivery(True)


@pytest.mark.usefixtures("_shows")
async def test_a_program_that_reads_late_still_gets_the_enter_alone(rig: Rig) -> None:
    """Enter waits until the paste was read: a busy program does not find both together."""
    row = await reading(rig, late=1.0)

    went = await send(rig, row, "hello")

    await rig.until_ended(row.id)
    assert rb"[b'\x1b[200~hello\x1b[201~', b'\r']" in rig.output(row.id)
    assert went.confirmed


async def test_a_program_that_shows_nothing_of_the_paste(rig: Rig) -> None:
    """One that echoes nothing gets its Enter all the same, and what it writes then confirms it."""
    row = await reading(rig, echo=False)

    assert (await send(rig, row, "secret")).confirmed


@pytest.mark.parametrize("enter", [True, False])
async def test_a_stopped_program_gets_no_enter(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, enter: bool
) -> None:
    """What is not read is not confirmed, with the reason, and no Enter comes after it."""
    monkeypatch.setattr(pasting, "READ_WITHIN", 0.2)
    monkeypatch.setattr(pasting, "SHOWN_WITHIN", 4.0)  # a busy machine takes its time
    row = await reading(rig)
    await stop(rig, row)

    went = await send(rig, row, "hello", enter=enter)

    assert not went.confirmed
    assert went.why.startswith("the program is stopped; the text waits in its terminal")
    assert ("Enter was not pressed" in went.why) is enter


async def test_what_arrives_late_is_waited_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal that seems to be read because the paste is still on its way gets no Enter behind it."""
    monkeypatch.setattr(pasting, "SHOWN_WITHIN", 0.0)
    monkeypatch.setattr(pasting, "PAUSE", 1.5)
    row = await reading(rig)
    await stop(rig, row)
    on_its_way: list[asyncio.Task[None]] = []

    async def write(data: bytes) -> None:
        async def arrive() -> None:
            await asyncio.sleep(0.3)
            await rig.registry.send(row.id, data)

        on_its_way.append(asyncio.ensure_future(arrive()))

    hands = Hands(rig.registry.log(row.id), write, rig.registry.view(row)["pid"])
    went = await hands.deliver("hello", enter=True)

    await asyncio.gather(*on_its_way)
    assert len(on_its_way) == 1
    assert "Enter was not pressed" in went.why


async def test_a_program_that_never_reads(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel echoes is no sign of the program: a line that nobody reads is not confirmed."""
    monkeypatch.setattr(pasting, "TAKEN_WITHIN", 0.2)
    row = await rig.start("/bin/sh", "-c", "echo ready; exec sleep 1000")
    await until(lambda: b"ready" in rig.output(row.id), "the program")

    went = await send(rig, row, "hello")

    assert b"hello" in rig.output(row.id)
    assert went == Delivery(
        False, "the program does not read its input now; the text waits in its terminal until it does"
    )


async def test_a_program_that_reads_lines(rig: Rig) -> None:
    """One that the kernel collects lines for has taken what it has read."""
    row = await rig.start("/bin/sh", "-c", 'echo ready; while read -r line; do echo "got <$line>"; done')
    await until(lambda: b"ready" in rig.output(row.id), "the program")

    assert (await send(rig, row, "hello")).confirmed
    await until(lambda: b"got <hello>" in rig.output(row.id), "the line")
    assert (await send(rig, row, "")).confirmed
    await until(lambda: b"got <>" in rig.output(row.id), "an Enter alone")


async def test_a_program_that_stays_silent(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads everything and shows nothing may have thrown it away."""
    monkeypatch.setattr(pasting, "TAKEN_WITHIN", 0.2)
    row = await rig.start("/usr/bin/env", "python3", "-c", SILENT)
    await until(lambda: b"ready" in rig.output(row.id), "the program")

    typed = await send(rig, row, "hello", enter=False)
    entered = await send(rig, row, "hello")

    assert typed == Delivery(False, "its terminal shows nothing of it")
    assert entered == Delivery(False, "its terminal shows nothing new since Enter was pressed")


@pytest.mark.usefixtures("_shows")
async def test_text_without_enter(rig: Rig) -> None:
    """Without Enter it is enough that the terminal shows something of it."""
    row = await reading(rig)

    assert await send(rig, row, "draft", enter=False) == Delivery(True)


async def test_a_session_that_ends_of_it(rig: Rig) -> None:
    """A program that takes the line and is gone has taken it."""
    row = await rig.start("/bin/sh", "-c", "echo ready; read -r line")
    await until(lambda: b"ready" in rig.output(row.id), "the program")

    assert (await send(rig, row, "bye")).confirmed


async def test_what_cannot_be_looked_at(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the terminal cannot be looked at, the output alone tells."""

    def fail(_: int) -> str:
        raise OSError("no /proc")

    monkeypatch.setattr(processes, "terminal_of", fail)
    row = await reading(rig)

    assert (await send(rig, row, "hello")).confirmed
