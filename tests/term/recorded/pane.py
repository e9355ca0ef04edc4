"""A pane of a tmux server of our own: what it shows for bytes that we send it."""

import contextlib
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple, Self

RELAY = Path(__file__).with_name("relay.py")
ASK = b"\x1b[5n"
ANSWERS = (b"\x1b[0n", b"\x9b0n")
SECONDS = 20.0
OPTIONS = ("status off", "history-limit 10000", "default-terminal tmux-256color")


class Facts(NamedTuple):
    """What tmux says of a pane in numbers, by the names of its formats."""

    cursor_x: int
    cursor_y: int
    cursor_flag: int
    alternate_on: int
    keypad_cursor_flag: int
    keypad_flag: int
    mouse_standard_flag: int
    mouse_button_flag: int
    mouse_all_flag: int
    mouse_sgr_flag: int
    insert_flag: int
    wrap_flag: int
    origin_flag: int
    scroll_region_upper: int
    scroll_region_lower: int


def version() -> str:
    """Return which tmux there is, empty without one."""
    program = shutil.which("tmux")
    if program is None:
        return ""
    return subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stdout.strip()


class Pane:
    """The pane, and a line to it. It is of `tmux -L`'s own server, which ends with it."""

    def __init__(self, rows: int, columns: int) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cst-", dir="/tmp"))
        self._stop = contextlib.ExitStack()
        self._stop.callback(shutil.rmtree, self._folder)
        with contextlib.ExitStack() as undo:
            undo.callback(self._stop.close)
            self.line = self._start(rows, columns)
            undo.pop_all()

    def _start(self, rows: int, columns: int) -> socket.socket:
        """Start the server with a relay in its only pane, and return the line to it."""
        config = self._folder / "conf"
        config.write_text("".join(f"set -g {option}\n" for option in OPTIONS), encoding="utf-8")
        listener = self._stop.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(self._folder / "line"))
        listener.listen()
        listener.settimeout(SECONDS)
        relay = [sys.executable, "-S", "-E", str(RELAY), str(self._folder / "line")]
        size = ["-x", str(columns), "-y", str(rows)]
        self.tmux("-f", str(config), "new-session", "-d", *size, *relay)
        self._stop.callback(self._end)
        return self._stop.enter_context(listener.accept()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.close()

    def _end(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # it ends by itself with its last pane
            self.tmux("kill-server")

    def tmux(self, *words: str) -> str:
        """Return what a command of tmux prints."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
        }
        argv = ["tmux", "-u", "-S", str(self._folder / "server"), *words]
        done = subprocess.run(argv, env=environment, capture_output=True, check=True, timeout=SECONDS)
        return done.stdout.decode("utf-8", "surrogateescape")

    def feed(self, data: bytes) -> bytes:
        """Let it read whole sequences, wait until it has, and return what it answered."""
        answers, wanted = bytearray(), data.count(ASK) + 1
        # In parts: the pane's own answers come back meanwhile, and nobody else fetches them.
        for start in range(0, len(data), 4096):
            self.line.sendall(data[start : start + 4096])
            if select.select([self.line], [], [], 0)[0]:
                answers += self.line.recv(65536)
        self.line.sendall(ASK)
        end = time.monotonic() + SECONDS
        while sum(answers.count(answer) for answer in ANSWERS) < wanted:
            if not select.select([self.line], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError("tmux does not answer: does the data end within a sequence?")
            answers += self.line.recv(65536)
        last = max(answers.rfind(answer) for answer in ANSWERS)
        del answers[last:]
        return bytes(answers)

    def resize(self, rows: int, columns: int) -> None:
        """Give it a size."""
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def capture(self, *, looks: bool = True) -> list[str]:
        """Return its rows; with `looks`, as text between SGR sequences."""
        return self.tmux("capture-pane", "-p", "-N", *(["-e"] if looks else [])).split("\n")[:-1]

    def facts(self) -> Facts:
        """Return what else is known of it."""
        words = self.tmux("display", "-p", " ".join(f"#{{{flag}}}" for flag in Facts._fields)).split()
        return Facts(*map(int, words))
