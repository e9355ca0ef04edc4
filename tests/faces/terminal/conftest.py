"""Real sessions to join."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from constellagent.runtime.holder.launch import launch, sweep
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.ports import Launch
from tests.faces.person import Session

Start = Callable[..., Session]
DETACH = b"\x1d"
PYTHON = (sys.executable, "-I", "-S", "-c")
ECHO = "import os,tty\ntty.setraw(0)\nos.write(1,b'READY')\nwhile True: os.write(1,b'<'+os.read(0,99)+b'>')"


@pytest.fixture
def start() -> Iterator[Callable[..., Session]]:
    """Give a way to start sessions, which end with the test."""
    place = Path(tempfile.mkdtemp(prefix="cst", dir="/tmp"))
    names: list[str] = []

    def begin(*argv: str) -> Session:
        name = f"terminal-{os.getpid()}-{len(names)}"
        folder = place / name
        folder.mkdir(mode=0o700)
        names.append(name)
        wanted = Launch(
            subject="docs",
            role="agent",
            argv=argv,
            cwd=place,
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color"},
            grace=timedelta(seconds=1),
            rows=24,
            columns=80,
        )
        status = asyncio.run(launch(wanted, name, folder, place / f"{len(names)}.s", 1 << 20))
        return Session(place / f"{len(names)}.s", folder / "log", status)

    yield begin
    for name in names:
        asyncio.run(sweep(name, grace=0.2))
    shutil.rmtree(place)


def written(session: Session, text: bytes) -> None:
    """Wait until what a session has written ends with `text`."""
    log = LogReader(session.log)
    deadline = time.monotonic() + 30
    while not (found := log.tail(1 << 20)[1]).endswith(text):
        assert time.monotonic() < deadline, f"the output does not end with {text!r} but with {found[-200:]!r}"
        time.sleep(0.005)
