"""`attach`, driven through a real terminal: a pty whose other end the test holds."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError, UsageError
from constellagent.faces.terminal import Left
from tests.faces.person import CODE, ROOT, Person, Session
from tests.faces.terminal.conftest import PYTHON, Start


def test_the_end_of_the_program_ends_the_attach_with_its_status(start: Start) -> None:
    """Exit status and words are the program's."""
    with Person(start("sh", "-c", "echo on; read x; exit 3")) as person:
        person.sees(b"on")
        person.types(b"\r")
        assert b"the session ended: exit status 3" in person.leaves(3)


def test_a_program_that_a_signal_ends_is_named_with_it(start: Start) -> None:
    """As a shell would say it: 128 and the signal."""
    with Person(start("sh", "-c", "echo on; read x; kill -TERM $$")) as person:
        person.sees(b"on")
        person.types(b"\r")
        assert b"the session ended: killed by SIGTERM" in person.leaves(143)


def test_b7_a_holder_that_dies_restores_the_terminal(start: Start) -> None:
    """A kill -9 of the holder is an error in words, on a terminal that works."""
    session = start("sh", "-c", "echo on; read x")
    with Person(session) as person:
        person.sees(b"on")
        os.kill(session.status["holder_pid"], signal.SIGKILL)
        assert b"ERROR UnavailableError the session's holder is gone" in person.leaves(69)


def test_without_a_terminal_it_refuses(start: Start, tmp_path: Path) -> None:
    """Standard input that is no terminal is a usage error."""
    session = start("sleep", "60")
    argv = [sys.executable, "-c", CODE, str(ROOT), str(session.socket), str(session.log), "join", "0", ""]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert b"ERROR UsageError attach needs a terminal" in done.stdout
    assert UsageError.exit_code == 64


def test_a_session_that_is_over_cannot_be_joined(start: Start, tmp_path: Path) -> None:
    """No holder listens: unavailable, and the terminal was never touched."""
    session = start("sleep", "60")
    with Person(Session(tmp_path / "none", session.log, {})) as person:
        assert b"ERROR UnavailableError the session's holder cannot be reached" in person.leaves(69)
    assert UnavailableError.exit_code == 69


@pytest.mark.parametrize("answer", [b"", b"\xff" * 9])
def test_who_is_no_holder_is_told_apart(tmp_path: Path, answer: bytes) -> None:
    """A listener that hangs up, or talks nonsense, is unavailable."""
    place = Path(tempfile.mkdtemp(prefix="cst", dir="/tmp"))
    code = (
        "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\ns.listen()\n"
        "print('on',flush=True)\n"
        "c=s.accept()[0]\nc.recv(100)\nc.sendall(bytes.fromhex(sys.argv[2]))\nc.close()"
    )
    argv = [sys.executable, "-c", code, str(place / "s"), answer.hex()]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as fake:
        assert fake.stdout is not None
        fake.stdout.readline()
        with Person(Session(place / "s", tmp_path, {})) as person:
            assert b"ERROR UnavailableError" in person.leaves(69)
    shutil.rmtree(place)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_inside_tmux_the_screen_is_that_of_the_program(start: Start) -> None:
    """A real terminal emulator shows the program's screen, and the shell's again after the detach."""
    code = (
        "import os,signal\ndef draw(*_): os.write(1, b'\\x1b[2J\\x1b[3;5Hhere at three')\n"
        "signal.signal(signal.SIGWINCH, draw)\n"
        "os.write(1, b'\\x1b[?1049h')\ndraw()\nwhile True: signal.pause()"
    )
    session = start(*PYTHON, code)
    place = Path(tempfile.mkdtemp(prefix="cst", dir="/tmp"))
    tmux = ["tmux", "-S", str(place / "t"), "-f", "/dev/null"]
    args = [str(ROOT), str(session.socket), str(session.log), "join", "65536", "''"]
    (place / "run.py").write_text(CODE)

    def capture() -> list[str]:
        argv = [*tmux, "capture-pane", "-p"]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split("\n")

    def until(done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not done():
            assert time.monotonic() < deadline, capture()
            time.sleep(0.02)

    try:
        subprocess.run(
            [*tmux, "new-session", "-d", "-x", "80", "-y", "24", "sh"], check=True, stdin=subprocess.DEVNULL
        )
        line = " ".join([sys.executable, str(place / "run.py"), *args])
        subprocess.run([*tmux, "send-keys", "-l", f"echo before; {line}"], check=True)
        subprocess.run([*tmux, "send-keys", "Enter"], check=True)
        until(lambda: capture()[2] == "    here at three")
        assert not any("before" in line for line in capture())
        subprocess.run([*tmux, "send-keys", "C-]"], check=True)
        until(lambda: any("LEFT 0" in line for line in capture()))
        assert any("before" in line for line in capture())
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
        shutil.rmtree(place)


def test_the_words_for_an_end() -> None:
    """Known signals by name, others by number; who detached, or was told to end, has no status to give."""
    for left, code, words in (
        (Left({"signal": 9}), 137, "the session ended: killed by SIGKILL"),
        (Left({"signal": 63}), 191, "the session ended: killed by signal 63"),
        (Left({"exit_status": None}), 0, "the session ended: exit status 0"),
        (Left(), 0, "detached; the session goes on"),
        (Left(signal=15), 143, "detached; the session goes on"),
    ):
        assert (left.exit_code, left.words) == (code, words)
