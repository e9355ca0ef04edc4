"""Reporting from tests: sessions that tell where and with which token, and hooks as whole processes."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from constellagent.runtime import programs
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.paths import Paths

TELLS = f"""
import os, sys, time
print(os.environ["{protocol.REPORT_SOCKET}"], os.environ["{protocol.REPORT_TOKEN}"], "|", flush=True)
while sys.stdin.readline() != "end\\n":
    pass
"""
"""A program that shows what it may report with, and ends when it is told to."""
_CALL = "sys.exit(main())"
_MODULE = "from constellagent.runtime.hook_program import program"
_LONG = 30.0


async def door(log: Path) -> dict[str, str]:
    """Return the variables that the program `TELLS` of the session with this log was given."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        data = LogReader(log).read(0, 4096)[1]
        if b"|\r\n" in data:  # the whole line: its end may come by itself, and offsets count it
            words = data.split()
            names = protocol.REPORT_SOCKET, protocol.REPORT_TOKEN
            return dict(zip(names, (word.decode() for word in words), strict=False))
        await asyncio.sleep(0.005)
    raise AssertionError("the program did not say how to report")


@contextmanager
def hook_program(*, patience: float | None = _LONG) -> Iterator[Path]:
    """Give an installed `constellagent-hook`, with so much patience for a payload, and more for the holder.

    A machine that is busy may take longer than it has by itself, as it has with None.
    """
    with tempfile.TemporaryDirectory(prefix="ca-h-", dir="/tmp") as folder:
        program = programs.install(Paths(Path(folder)))[1]
        if patience is not None:
            script = program.read_text()
            assert script.count(_CALL) == 1
            limits = f"program._IN_ALL, program._PATIENCE = {_LONG}, {patience}"
            program.write_text(script.replace(_CALL, f"{_MODULE}\n{limits}\n{_CALL}"))
        yield program


def command(program: Path, *words: str) -> list[str]:
    """Return how to start the hook, as an agent does."""
    return [str(program), *words]


def call(
    program: Path, *words: str, env: Mapping[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Call the hook as a whole process and wait for its end."""
    return subprocess.run(
        command(program, *words), env=least(env), input=stdin, capture_output=True, timeout=30, check=False
    )


def least(env: Mapping[str, str]) -> dict[str, str]:
    """Return what a process needs to start, and `env`."""
    return {"PATH": os.defpath, **env}


PYTHON = (sys.executable, "-I", "-S", "-c")
