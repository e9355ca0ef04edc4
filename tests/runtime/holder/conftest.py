"""Starting real sessions, and making sure that none outlives its test."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

import pytest

from constellagent.runtime.holder import line
from constellagent.runtime.holder.client import HolderClient
from constellagent.runtime.holder.launch import launch, read_status, sweep
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.ports import Launch

PYTHON = (sys.executable, "-I", "-S", "-c")


@dataclass
class Session:
    """A session that runs, or ran."""

    id: str
    folder: Path
    socket: Path
    first: dict[str, Any]
    client: HolderClient

    @property
    def log(self) -> LogReader:
        """Its output."""
        return LogReader(self.folder / "log")

    def output(self) -> bytes:
        """Return all output that is kept."""
        return self.log.tail(1 << 30)[1]

    def status(self) -> dict[str, Any]:
        """Return what its holder wrote last."""
        found = read_status(self.folder)
        assert found is not None
        return found

    async def shows(self, text: bytes, *, within: float = 30.0) -> bytes:
        """Wait until the output holds `text`, and return the output."""
        await until(lambda: text in self.output(), within=within, what=f"{text!r} in the output")
        return self.output()


class Start(Protocol):
    """Starts a session."""

    def __call__(
        self,
        *argv: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        log_bytes: int = 1 << 20,
        rows: int = 24,
        columns: int = 80,
        folder: Path | None = None,
        pty_size: Literal["latest", "smallest"] = "latest",
        clipboard: bool = False,
    ) -> Awaitable[Session]:
        """Start `argv` in a pty."""
        ...


async def until(done: Callable[[], object], *, within: float = 30.0, what: str = "the condition") -> None:
    """Poll until `done` is true; fails the test after `within` seconds."""
    deadline = time.monotonic() + within
    while not done():
        assert time.monotonic() < deadline, f"{what} did not come within {within:g} s"
        await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let lines of this process wait as long as a busy machine may take."""
    for name in ("_ANSWER", "_FAREWELL"):
        monkeypatch.setattr(line, name, 30.0)


@pytest.fixture
def place() -> Iterator[Path]:
    """Give a private folder whose path leaves room for a socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="cst", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def start(place: Path) -> AsyncIterator[Start]:
    """Give a way to start sessions; whatever is left of them is ended after the test."""
    started: list[str] = []
    clients: list[HolderClient] = []

    async def begin(
        *argv: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        log_bytes: int = 1 << 20,
        rows: int = 24,
        columns: int = 80,
        folder: Path | None = None,
        pty_size: Literal["latest", "smallest"] = "latest",
        clipboard: bool = False,
    ) -> Session:
        session = uuid.uuid4().hex
        folder = folder or place / session
        folder.mkdir(mode=0o700, exist_ok=True)
        socket = place / f"{session[:8]}.sock"
        wanted = Launch(
            subject="docs",
            role="agent",
            argv=argv,
            cwd=cwd or place,
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", "HOME": str(place)} | (env or {}),
            grace=timedelta(seconds=1),
            rows=rows,
            columns=columns,
        )
        started.append(session)
        first = await launch(
            wanted, session, folder, socket, log_bytes, pty_size=pty_size, clipboard=clipboard
        )
        client = await HolderClient.connect(socket)
        clients.append(client)
        return Session(session, folder, socket, first, client)

    yield begin
    for client in clients:
        await client.close()
    for session in started:
        await sweep(session, grace=0.1)
