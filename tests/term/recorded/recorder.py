"""Runs a program on a pty, drives it, and keeps what it wrote between the sizes that it was given.

Our own screen answers its queries meanwhile, as it does in use; the answers are not part of the record.
"""

import os
import select
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import ptyprocess

from constellagent.term.screen import Screen

QUIET = 0.15
"""Seconds without output after which a program is taken to have done what a key asked for."""
PATIENCE = 30.0
"""Seconds to wait for the first output after something that must cause some."""

Size = tuple[int, int]
"""Rows and columns."""


class Drive(NamedTuple):
    """A size, and what is typed at it, one key after another."""

    size: Size
    keys: tuple[bytes, ...] = ()


class Part(NamedTuple):
    """What a program wrote while the terminal had one size."""

    size: Size
    output: bytes


def record(argv: list[str], drives: list[Drive], folder: Path, extra: Mapping[str, str]) -> list[Part]:
    """Return what the program writes. It starts at the size of the first drive and is killed at the end."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
        **extra,
    }
    rows, columns = drives[0].size
    screen = Screen(rows, columns)
    program = ptyprocess.PtyProcess.spawn(argv, cwd=str(folder), env=environment, dimensions=(rows, columns))
    try:
        return [_driven(program, screen, drive, first=drive is drives[0]) for drive in drives]
    finally:
        screen.close()
        if program.isalive():
            program.kill(signal.SIGKILL)
            program.wait()
        program.close()


def _driven(program: ptyprocess.PtyProcess, screen: Screen, drive: Drive, *, first: bool) -> Part:
    output = bytearray()
    if first:
        output += _output(program, screen, PATIENCE)
    else:
        screen.resize(*drive.size)
        if program.isalive():
            program.setwinsize(*drive.size)
        output += _output(program, screen, PATIENCE)
    for key in drive.keys:
        if program.isalive():
            _write(program.fd, key)
        output += _output(program, screen, 1.0)
    return Part(drive.size, bytes(output))


def _output(program: ptyprocess.PtyProcess, screen: Screen, patience: float) -> bytes:
    """Return what is written until it is quiet; `patience` is how long to wait for the beginning."""
    taken = bytearray()
    end = time.monotonic() + patience
    while True:
        wait = QUIET if taken else max(0.0, end - time.monotonic())
        if not select.select([program.fd], [], [], wait)[0]:
            if screen._terminal.unfinished() and time.monotonic() < end:
                continue  # a busy machine may stop a program in the middle of a sequence
            return bytes(taken)
        try:
            data = os.read(program.fd, 65536)
        except OSError:  # Linux says so when the program has ended
            data = b""
        if not data:
            return bytes(taken)
        taken += data
        screen.feed(data)
        answers = screen.take_replies()
        if answers:
            _write(program.fd, answers)


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
