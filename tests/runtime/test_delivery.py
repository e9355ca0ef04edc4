"""A prompt reaches a program as a paste, and the Enter behind it as a key."""

import asyncio
from pathlib import Path

import pytest

from constellagent.runtime import delivery
from constellagent.runtime.delivery import deliver
from constellagent.runtime.holder.log import LogWriter
from tests.runtime.sessions_rig import Rig, until

ON, OFF = b"\x1b[?2004h", b"\x1b[?2004l"

PROGRAM = r"""
import os, sys, termios, time, tty
tty.setraw(0)
os.write(1, b"\x1b[?2004hready\r\n")
got = []
while b"\r" not in got:
    got.append(os.read(0, 65536))
os.write(1, repr(got).encode() + b"\r\n")
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
    """Pause just long enough to be seen."""
    monkeypatch.setattr(delivery, "PAUSE", 0.05)


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

    await deliver("hello", tmp_path, pty.write, enter=False)

    assert pty.writes == [first]


async def test_the_enter_comes_alone_and_later(tmp_path: Path) -> None:
    """Paste and Enter are two writes with a pause, or the Enter would be a part of the paste."""
    pty = Pty()

    await deliver("hello", tmp_path, pty.write, enter=True)

    assert pty.writes == [b"hello", b"\r"]
    assert pty.times[1] - pty.times[0] >= 0.04


async def test_text_cannot_break_out_of_the_paste(tmp_path: Path) -> None:
    """An end-of-paste in the text does not end the paste, so nothing in it acts as a key."""
    log, pty = LogWriter(str(tmp_path), 1 << 20), Pty()
    log.append(ON)
    log.close()

    await deliver("a\x1b[201~\rrm -rf\x03", tmp_path, pty.write, enter=False)

    (data,) = pty.writes
    assert data.startswith(b"\x1b[200~")
    assert data.endswith(b"\x1b[201~")
    assert data.count(b"\x1b") == 2
    assert b"\x03" not in data


async def test_a_real_program_gets_paste_and_enter(rig: Rig) -> None:
    """Through a real pty: the program reads the bracketed paste, and the Enter in a read of its own."""
    row = await rig.start("/usr/bin/env", "python3", "-c", PROGRAM)
    await until(lambda: b"ready" in rig.output(row.id), "the program")

    async def write(data: bytes) -> None:
        await rig.registry.send(row.id, data)

    await deliver("two\nlines", rig.registry.log(row.id), write, enter=True)

    await rig.until_ended(row.id)
    assert rb"[b'\x1b[200~two\rlines\x1b[201~', b'\r']" in rig.output(row.id)
