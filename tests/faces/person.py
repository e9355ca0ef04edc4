"""Someone at a real terminal in which `attach` runs."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
CODE = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from constellagent.errors import ConstellagentError
from constellagent.faces.terminal import attach
view = sys.argv[4] == "view"
try:
    socket, log, replay = Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[5])
    code = attach(socket, log, view=view, detach_key=b"\\x1d", replay=replay)
except ConstellagentError as error:
    print("ERROR", type(error).__name__, error.message)
    code = error.exit_code
print("LEFT", code)
"""


@dataclass
class Session:
    """A session behind a holder."""

    socket: Path
    log: Path
    status: dict[str, Any]


class Person:
    """Someone at a terminal of 24 by 80 in which `attach` runs."""

    def __init__(self, session: Session, *, view: bool = False, replay: int = 65536) -> None:
        argv = [str(ROOT), str(session.socket), str(session.log), "view" if view else "join", str(replay)]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(sys.executable, [sys.executable, "-c", CODE, *argv])
        self.resize(24, 80)
        self.seen = b""
        self.before = termios.tcgetattr(self.fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def resize(self, rows: int, columns: int) -> None:
        """Change the size of the window."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def types(self, data: bytes) -> None:
        """Press keys."""
        os.write(self.fd, data)

    def sees(self, text: bytes, within: float = 10.0) -> bytes:
        """Wait until `text` was shown; returns all that was."""
        deadline = time.monotonic() + within
        while text not in self.seen:
            left = deadline - time.monotonic()
            assert left > 0, f"{text!r} was not shown, only {self.seen!r}"
            if select.select([self.fd], [], [], left)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    data = b""
                assert data, f"the terminal closed before {text!r}: {self.seen!r}"
                self.seen += data
        return self.seen

    def leaves(self, code: int) -> bytes:
        """Wait for the end of `attach` with this status, and check that the terminal is as it was."""
        shown = self.sees(b"LEFT %d" % code)
        assert termios.tcgetattr(self.fd) == self.before
        os.waitpid(self.pid, 0)
        self.pid = 0
        return shown
