"""A fake daemon behind a real socket, and the command line in this process."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from constellagent.faces import launching
from constellagent.faces.cli import boundary
from constellagent.faces.server import listening
from constellagent.runtime import processes
from constellagent.runtime.paths import Paths
from tests.faces import fake_daemon
from tests.faces.fake_control import FakeControl


@pytest.fixture
def paths() -> Iterator[Paths]:
    """Give state folders of their own, in a place short enough for sockets."""
    home = Path(tempfile.mkdtemp(prefix="cst", dir="/tmp"))
    home.chmod(0o700)
    paths = Paths(home)
    paths.create()
    yield paths
    shutil.rmtree(home)


@pytest.fixture
def control() -> FakeControl:
    """Give a fake Control to set up and to ask afterwards."""
    return FakeControl()


@pytest.fixture
def daemon(paths: Paths, control: FakeControl, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeControl]:
    """Serve `control` at the usual socket, from a thread of its own, and point the command line at it."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    ready = threading.Event()
    stops: list[Callable[[], object]] = []

    async def serve() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        stops.append(lambda: loop.call_soon_threadsafe(ended.set))
        async with listening(control, paths.control_socket):
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(40)
    yield control
    stops[0]()
    thread.join(40)
    assert not thread.is_alive()


@pytest.fixture
async def served(paths: Paths, control: FakeControl) -> AsyncIterator[Paths]:
    """Serve `control` in this event loop."""
    async with listening(control, paths.control_socket):
        yield paths


@dataclass(frozen=True)
class Ran:
    """How one command line ended."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ran]


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Give a function that runs a command line in this process, without a terminal."""
    monkeypatch.delenv("CONSTELLAGENT_DEBUG", raising=False)

    def run(*words: str) -> Ran:
        code = boundary.run(words)
        said = capfd.readouterr()
        return Ran(code, said.out, said.err)

    return run


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that looks like a git checkout with a constellation file."""
    folder = tmp_path / "acme"
    (folder / ".git").mkdir(parents=True)
    (folder / "constellation.yaml").write_text("version: 1\nagents: {}\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def state(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paths]:
    """Point commands at a state of its own, where the daemon is the fake one; no daemon outlives the test."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    monkeypatch.setenv("PYTHONPATH", fake_daemon.python_path(tmp_path))
    spawn = launching._spawn
    started: list[tuple[int, str]] = []

    def remember(paths: Paths, log: Path) -> subprocess.Popen[bytes]:
        child = spawn(paths, log)
        started.append((child.pid, processes.start_of(child.pid) or ""))
        return child

    monkeypatch.setattr(launching, "_spawn", remember)
    monkeypatch.setattr(launching, "START_TIMEOUT", 50.0)  # eight at once, on a machine that has other work
    yield paths
    for pid, start in started:
        processes.send(pid, start, signal.SIGKILL)
    while any(processes.alive(pid, start) for pid, start in started):
        time.sleep(0.01)
    for pid, _ in started:  # nobody waits for a daemon that goes on without its starter
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
