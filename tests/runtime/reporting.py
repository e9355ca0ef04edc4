"""Reporting from tests: sessions that tell where and with which token, and hooks as whole processes."""

import asyncio
import os
import subprocess
import sys
import tempfile
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


async def door(log: Path) -> dict[str, str]:
    """Return the variables that the program `TELLS` of the session with this log was given."""
    for _ in range(2000):
        words = LogReader(log).read(0, 4096)[1].split()
        if b"|" in words:
            names = protocol.REPORT_SOCKET, protocol.REPORT_TOKEN
            return dict(zip(names, (word.decode() for word in words), strict=False))
        await asyncio.sleep(0.005)
    raise AssertionError("the program did not say how to report")


@contextmanager
def hook_program() -> Iterator[Path]:
    """Give an installed `constellagent-hook`."""
    with tempfile.TemporaryDirectory(prefix="ca-h-", dir="/tmp") as folder:
        yield programs.install(Paths(Path(folder)))[1]


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
