"""Someone at a real terminal in which a command of a lab runs, and agents that do as they are told.

The terminal is a pty with our own screen behind it: quick enough for floods, and it can stop reading.
"""

import ast
import base64
import contextlib
import fcntl
import os
import pty
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from constellagent.faces.blocking import BlockingClient
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.paths import Paths
from constellagent.runtime.screen_views import ScreenForm, ScreenRequest, ScreenView
from constellagent.term.screen import Screen
from tests.reliability.lab import Lab, wait_for

PATIENCE = 40.0
_OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
_PUPPET = '''
import os, random, signal, socket, sys, threading, time, tty

tty.setraw(0)
echoing, flooding, counted, taken, answer = threading.Event(), threading.Event(), 0, b"", None
pouring, echoed = None, 0
echoing.set()


def out(data):
    """Write all of it."""
    global counted
    data = memoryview(data)
    while data:
        done = os.write(1, data)
        counted += done
        data = data[done:]


def echo():
    """Repeat what is typed, while that is wanted; nothing is read otherwise."""
    global taken, echoed
    while True:
        echoing.wait()
        typed = os.read(0, 65536)
        taken += typed
        out(typed)
        echoed += len(typed)


def lines(first, count):
    """Return numbered lines in colours, the same for the same numbers."""
    return b"".join(
        b"\\x1b[%dm%06d\\x1b[m %s\\r\\n" % (31 + n % 6, n, b"lorem ipsum " * (n % 9))
        for n in range(first, first + count)
    )


def pour(pause):
    """Write lines until told otherwise."""
    at = 0
    while flooding.is_set():
        out(lines(at, 200))
        at += 200
        time.sleep(pause)


def flood(pause=0.0):
    global pouring
    flooding.set()
    pouring = threading.Thread(target=pour, args=(pause,), daemon=True)
    pouring.start()


def calm():
    """End the flood; what is written from now on comes after all of it."""
    flooding.clear()
    pouring.join()


threading.Thread(target=echo, daemon=True).start()
door = socket.socket(socket.AF_UNIX)
door.bind(sys.argv[1] + ".new")
door.listen()
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    line, _ = door.accept()
    with line, line.makefile() as orders:
        for order in orders:
            exec(order)
            line.sendall(repr(answer).encode() + b"\\n")
'''


class Theatre(Lab):
    """A lab whose agents are programs that write what a test wants, and repeat what is typed."""

    def __init__(self, *names: str, **settings: str) -> None:
        """Declare agents of these names, which `open` starts; `settings` are variables of all commands."""
        super().__init__(agents=0)
        self.names = names
        self.settings = settings

    def open(self) -> Self:
        """Start the agents."""
        script = self.folder / "puppet.py"
        script.write_text(_PUPPET)
        blocks = "".join(
            f"  {name}: {{command: [{sys.executable}, -I, {script}, {self.folder / name}.sock]}}\n"
            for name in self.names
        )
        self.file.write_text(f"version: 1\nname: lab\nagents:\n{blocks}")
        self.run("apply", "--yes")
        for name in self.names:
            wait_for(Path(f"{self.folder / name}.sock").exists, f"{name} to listen")
        return self

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the lab's commands."""
        return super().environment(**{**self.settings, **more})

    def tell(self, name: str, order: str, patience: float = PATIENCE) -> Any:
        """Have a program do one line of Python, and return what it has set `answer` to by then."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(patience)
            line.connect(f"{self.folder / name}.sock")
            line.sendall(f"{order}\n".encode())
            with line.makefile() as answers:
                return ast.literal_eval(answers.readline())

    def ask(self, name: str, expression: str) -> Any:
        """Return what an expression is to a program."""
        return self.tell(name, f"answer = {expression}")

    def view(self, name: str, form: ScreenForm = "text", history: int = 0) -> ScreenView:
        """Return what the daemon says that an agent's terminal shows."""
        request = ScreenRequest(file=str(self.file), subject=name, form=form, history=history)
        with BlockingClient.connect(Paths(self.home).control_socket) as client:
            return client.screen(request)

    def text(self, name: str) -> str:
        """Return the same as text."""
        return base64.b64decode(self.view(name)["data"]).decode()

    def session(self, name: str) -> dict[str, Any]:
        """Return the newest session of an agent."""
        (view,) = self.json("status")
        found: dict[str, Any] = next(agent["session"] for agent in view["agents"] if agent["name"] == name)
        return found

    def holder(self, name: str) -> int:
        """Return the pid of the holder of an agent's session."""
        marks = (self.session(name)["id"], "holder/__main__.py")
        return next(pid for pid, line in self.tree().items() if all(mark in line for mark in marks))

    def daemon(self) -> int:
        """Return the pid of the daemon, which must run."""
        pid = self.daemon_pid()
        assert pid is not None
        return pid

    def new_daemon(self) -> None:
        """Let another daemon run and take over."""
        self.json("status")


class Seat:
    """A terminal in which `constellagent attach` runs, and a thread that reads what it is shown.

    Attributes:
        pid: of the command.
        process: the command.
    """

    def __init__(self, lab: Lab, *args: str, rows: int = 24, columns: int = 80) -> None:
        """Sit down and start it."""
        self._master, slave = pty.openpty()
        self._lock = threading.Condition()
        self._screen = Screen(rows, columns)
        self._reading = threading.Event()
        self._reading.set()
        self._closing = False
        self._ended = False
        self.resize(rows, columns)
        os.set_blocking(self._master, False)
        argv = [sys.executable, "-m", "constellagent", "attach", *args]
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _OWN_TERMINAL, *argv],
            cwd=lab.folder / "repo",
            env=lab.environment(TERM="xterm-256color", LC_ALL="C.UTF-8", NO_COLOR=""),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.pid = self.process.pid
        self._thread = threading.Thread(target=self._read, name=f"seat {shlex.join(args)}")
        self._thread.start()

    def __enter__(self) -> Self:
        """Be used in a `with` statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the command if it runs, and take the terminal away."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait()
        self._closing = True
        self._reading.set()
        self._thread.join()
        os.close(self._master)
        self._screen.close()

    def resize(self, rows: int, columns: int) -> None:
        """Change the size of the terminal; the command is told by SIGWINCH."""
        with self._lock:
            self._screen.resize(rows, columns)
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, data: bytes) -> int:
        """Type as much as the terminal takes now; returns how many bytes that was."""
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def command(self, keys: bytes) -> None:
        """Press the multiplexer's prefix key and then these."""
        self.type(b"\x1d" + keys)

    def read_no_more(self) -> None:
        """Let what is written to the terminal wait."""
        self._reading.clear()

    def read_on(self) -> None:
        """Take it now."""
        self._reading.set()

    def text(self) -> str:
        """Return what is seen."""
        with self._lock:
            return "\n".join(self._screen.text())

    def shows(self, text: str, within: float = PATIENCE) -> float:
        """Wait until `text` is seen; returns how many seconds that took."""
        return self.until(lambda seen: text in seen, f"to see {text!r}", within)

    def until(self, holds: Callable[[str], object], what: str, within: float = PATIENCE) -> float:
        """Wait until something holds of what is seen."""
        begin = time.monotonic()
        with self._lock:
            met = self._lock.wait_for(lambda: holds("\n".join(self._screen.text())), within)
            shown = "\n".join(line[:160].rstrip() for line in self._screen.text()[:60]).rstrip()
            assert met, f"waited {within:g} s in vain {what}:\n{shown}"
        return time.monotonic() - begin

    def leaves(self) -> int:
        """Wait for the end of the command, and return its exit status."""
        return self.process.wait(PATIENCE)

    def plain(self) -> bool:
        """Say whether the terminal is one that a shell can be used in."""
        with self._lock:
            modes = self._screen.modes()
        other = modes.alternate_screen or modes.bracketed_paste or modes.kitty_flags or modes.mouse != "off"
        return not other

    def _read(self) -> None:
        while not self._closing:
            self._reading.wait()
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                data = os.read(self._master, 1 << 16)
            except BlockingIOError:
                continue
            except OSError:  # nobody has the other end any more
                return
            with self._lock:
                self._screen.feed(data)
                if answers := self._screen.take_replies():
                    self.type(answers)  # before anybody who saw what comes after the questions types
                self._lock.notify_all()


class Memory:
    """How much memory processes take at most from some moment on."""

    def __init__(self, **pids: int) -> None:
        """Begin now."""
        self._pids = pids
        self._before = {name: _kib(pid, "VmRSS") for name, pid in pids.items()}
        for pid in pids.values():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def grown(self) -> dict[str, float]:
        """Return by how many MB each was larger at its peak than in the beginning."""
        return {name: (_kib(pid, "VmHWM") - self._before[name]) / 1024 for name, pid in self._pids.items()}


def _kib(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no {name}")


def log_of(session: dict[str, Any]) -> bytes:
    """Return all output of a session that its log has, which must go back to the beginning."""
    reader = LogReader(Path(session["log"]))
    parts, offset = list[bytes](), 0
    while True:
        begin, data = reader.read(offset, 1 << 20)
        if not data:
            return b"".join(parts)
        assert begin == offset, "the log does not go back to the beginning"
        parts.append(data)
        offset += len(data)
