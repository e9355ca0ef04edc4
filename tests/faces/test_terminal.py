"""`attach`, driven through a real terminal: a pty whose other end the test holds."""

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError, UsageError
from constellagent.faces import terminal
from constellagent.runtime.holder.launch import launch, sweep
from constellagent.runtime.ports import Launch
from tests.faces.person import CODE, ROOT, Person, Session


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


Start = Callable[..., Session]
DETACH = b"\x1d"
PYTHON = (sys.executable, "-I", "-S", "-c")
ECHO = "import os,tty\ntty.setraw(0)\nos.write(1,b'READY')\nwhile True: os.write(1,b'<'+os.read(0,99)+b'>')"


def test_keys_and_output_go_straight_through_and_the_detach_key_leaves(start: Start) -> None:
    """What is typed reaches the program as it is, controls too; detaching leaves it running."""
    session = start(*PYTHON, ECHO)
    with Person(session) as person:
        person.sees(b"READY")
        for keys in (b"a", b"\x03", b"\x1b[A", b"\x1a", "ü".encode()):
            person.types(keys)
            person.sees(b"<" + keys + b">")
        person.types(DETACH)
        assert b"detached; the session goes on" in person.leaves(0)
    os.kill(session.status["pid"], 0)


def test_the_detach_key_pressed_twice_is_a_key(start: Start) -> None:
    """The program gets it once."""
    with Person(start(*PYTHON, ECHO)) as person:
        person.sees(b"READY")
        person.types(DETACH)
        time.sleep(0.05)  # two presses of a person, not one chunk
        person.types(DETACH)
        person.sees(b"<" + DETACH + b">")
        person.types(b"x")
        person.sees(b"<x>")


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


def test_recent_output_is_shown_without_its_queries(start: Start) -> None:
    """A question asked before is not asked again: this terminal would answer it now."""
    session = start(
        "sh", "-c", r"printf 'old\033[6n\033[c\033]11;?\007text'; read x; printf 'live\033[6n'; read y"
    )
    time.sleep(0.2)
    with Person(session) as person:
        assert b"oldtext" in person.sees(b"oldtext")
        person.types(b"\r")
        assert b"live\x1b[6n" in person.sees(b"\x1b[6n")


def test_only_the_recent_output_is_shown_from_a_whole_line_on(start: Start) -> None:
    """`replay` bounds it, and it never begins in the middle of a line."""
    session = start("sh", "-c", "for i in $(seq 1000 1999); do echo line-$i; done; read x")
    time.sleep(0.3)
    with Person(session, replay=105) as person:
        shown = person.sees(b"line-1999\r\n")
        assert shown.startswith(b"line-1991\r\n")


def test_modes_are_set_up_on_attach_and_taken_back_on_detach(start: Start) -> None:
    """Bracketed paste and mouse asked for long ago are on while attached, and off afterwards."""
    code = "printf '\\033[?2004h\\033[?1000h'; for i in $(seq 500); do echo filler-$i; done; read x"
    session = start("sh", "-c", code)
    time.sleep(0.3)
    with Person(session, replay=100) as person:
        shown = person.sees(b"filler-500")
        assert b"filler-1\r" not in shown
        assert b"\x1b[?2004h" in shown
        assert b"\x1b[?1000h" in shown
        person.types(DETACH)
        shown = person.leaves(0)
        assert shown.rindex(b"\x1b[?2004l") > shown.rindex(b"filler")
        assert b"\x1b[?1000l" in shown


def test_a_full_screen_program_redraws_instead_of_a_replay(start: Start) -> None:
    """On the alternate screen old bytes would be garbage: it is entered, cleared and drawn by the program."""
    code = (
        "import os,signal\ndef draw(*_): os.write(1, b'DRAWN%d ' % os.get_terminal_size().lines)\n"
        "signal.signal(signal.SIGWINCH, draw)\n"
        "os.write(1, b'\\x1b[?1049hOLD')\nwhile True: signal.pause()"
    )
    session = start(*PYTHON, code)
    time.sleep(0.3)
    with Person(session) as person:
        shown = person.sees(b"DRAWN24")
        assert b"\x1b[?1049h\x1b[2J" in shown
        assert b"OLD" not in shown
        person.types(DETACH)
        assert b"\x1b[?1049l" in person.leaves(0)


def test_the_window_size_follows(start: Start) -> None:
    """The program gets the size of the window, on attach and on each change."""
    code = (
        "import os,signal\ndef show(*_): os.write(1, str(os.get_terminal_size()).encode())\n"
        "signal.signal(signal.SIGWINCH, show)\nprint('on',flush=True)\nwhile True: signal.pause()"
    )
    with Person(start(*PYTHON, code)) as person:
        person.sees(b"on")
        person.resize(41, 141)
        person.sees(b"columns=141, lines=41")


def test_a_looker_changes_nothing(start: Start) -> None:
    """With `view` keys go nowhere, live queries are not asked, and Ctrl-C leaves."""
    session = start("sh", "-c", r"while :; do printf 'tick\033[6n'; sleep 0.05; done")
    with Person(session, view=True) as person:
        person.resize(50, 150)
        person.types(b"keys\r")
        for _ in range(3):
            person.seen = b""
            assert b"\x1b[6n" not in person.sees(b"ticktick")
        person.types(b"\x03")
        person.leaves(0)


def test_a_looker_can_detach_with_the_key(start: Start) -> None:
    """The detach key works for a looker as well."""
    with Person(start("sh", "-c", "echo on; read x"), view=True) as person:
        person.sees(b"on")
        person.types(DETACH)
        person.leaves(0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_restores_the_terminal(start: Start, number: int) -> None:
    """Whoever ends `attach`, the terminal is given back and the session goes on."""
    session = start("sh", "-c", r"printf '\033[?2004hon'; read x")
    with Person(session) as person:
        person.sees(b"on")
        os.kill(person.pid, number)
        assert b"\x1b[?2004l" in person.leaves(128 + number)
    os.kill(session.status["pid"], 0)


def test_a_holder_that_dies_restores_the_terminal(start: Start) -> None:
    """A kill -9 of the holder is an error in words, on a terminal that works."""
    session = start("sh", "-c", "echo on; read x")
    with Person(session) as person:
        person.sees(b"on")
        os.kill(session.status["holder_pid"], signal.SIGKILL)
        assert b"ERROR UnavailableError the session's holder is gone" in person.leaves(69)


def test_a_terminal_that_closes_ends_the_attach(start: Start) -> None:
    """A window that is closed leaves no attach behind."""
    session = start("sh", "-c", "echo on; read x")
    person = Person(session)
    person.sees(b"on")
    os.close(person.fd)
    assert os.waitpid(person.pid, 0)[1] >= 0
    os.kill(session.status["pid"], 0)


def test_a_continued_attach_is_raw_again(start: Start) -> None:
    """After a stop, during which the shell had the terminal, keys go through one by one again."""
    with Person(start(*PYTHON, ECHO)) as person:
        person.sees(b"READY")
        os.kill(person.pid, signal.SIGSTOP)
        termios.tcsetattr(person.fd, termios.TCSANOW, person.before)
        os.kill(person.pid, signal.SIGCONT)
        deadline = time.monotonic() + 5
        while termios.tcgetattr(person.fd)[3] & termios.ICANON:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        person.types(b"k")
        person.sees(b"<k>")


def test_input_that_is_refused_rings_the_bell(start: Start) -> None:
    """A program that does not read, and too much typed: the terminal rings, nothing hangs."""
    session = start(*PYTHON, "import tty,time\ntty.setraw(0)\nprint('raw',flush=True)\ntime.sleep(60)")
    with Person(session) as person:
        person.sees(b"raw")
        os.set_blocking(person.fd, False)
        deadline = time.monotonic() + 20
        while b"\a" not in person.seen and time.monotonic() < deadline:
            _, writable, _ = select.select([], [person.fd], [], 0.1)
            if writable:
                os.write(person.fd, b"y" * 4000)
            if select.select([person.fd], [], [], 0)[0]:
                person.seen += os.read(person.fd, 65536)
        assert b"\a" in person.seen


def test_without_a_terminal_it_refuses(start: Start, tmp_path: Path) -> None:
    """Standard input that is no terminal is a usage error."""
    session = start("sleep", "60")
    argv = [sys.executable, "-c", CODE, str(ROOT), str(session.socket), str(session.log), "join", "0"]
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
    args = [str(ROOT), str(session.socket), str(session.log), "join", "65536"]
    (place / "run.py").write_text(CODE)

    def capture() -> list[str]:
        argv = [*tmux, "capture-pane", "-p"]
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split("\n")

    def until(done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
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
    """Known signals by name, others by number."""
    assert terminal._outcome({"signal": 9}) == (137, "killed by SIGKILL")
    assert terminal._outcome({"signal": 63}) == (191, "killed by signal 63")
    assert terminal._outcome({"exit_status": None}) == (0, "exit status 0")
