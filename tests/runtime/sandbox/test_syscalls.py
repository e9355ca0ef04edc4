"""Tests for the filter of calls: it refuses keyrings to every kind of program, and nothing else."""

import os
import shutil
import struct
import subprocess
import sys
import tempfile

import pytest

from constellagent.runtime.sandbox import syscalls

KEYS = {0xC000003E: (248, 249, 250), 0x40000003: (286, 287, 288)}
_ALLOWED, _REFUSED = 0x7FFF0000, 0x00050001


def judged(program: bytes, arch: int, number: int) -> int:
    """Run a filter on one call, as the kernel does; returns what it says."""
    steps = list(struct.iter_unpack("=HBBI", program))
    data, at, value = {0: number, 4: arch}, 0, 0
    while True:
        code, met, unmet, operand = steps[at]
        at += 1
        match code:
            case 0x20:
                value = data[operand]
            case 0x54:
                value &= operand
            case 0x15:
                at += met if value == operand else unmet
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="says the numbers of x86-64")
@pytest.mark.parametrize("arch", KEYS)
def test_keyrings_are_refused_and_nothing_else(arch: int) -> None:
    """Each of the three calls is refused to 64-bit, 32-bit and x32 programs; their neighbours are not."""
    program = syscalls.refusing()

    for number in range(500):
        wanted = _REFUSED if number in KEYS[arch] else _ALLOWED
        assert judged(program, arch, number) == wanted, number
    assert judged(program, 0xC000003E, 250 | 0x40000000) == _REFUSED
    assert judged(program, 0xC00000B7, 250) == _ALLOWED


def test_other_machines_have_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the numbers are not known nothing is refused, rather than something wrong."""
    names = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*names[:4], "vax")))
    assert syscalls.refusing() == b""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert syscalls.refusing() == b""


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
def test_bubblewrap_takes_it() -> None:
    """A program under it runs, and is told that it may not ask for keys."""
    code = (
        "import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); "
        "n = {'x86_64': 250}.get(os.uname().machine, 219); "
        "print(libc.syscall(n, 0, -4, 0, 0, 0), ctypes.get_errno())"
    )
    with tempfile.TemporaryFile() as file:
        file.write(syscalls.refusing())
        file.seek(0)
        argv = ("bwrap", "--ro-bind", "/", "/", "--seccomp", str(file.fileno()), "--", sys.executable)
        done = subprocess.run(
            (*argv, "-c", code), pass_fds=[file.fileno()], capture_output=True, text=True, check=True
        )

    assert done.stdout.split() == ["-1", "1"]
