"""Someone at a real terminal in which `attach` runs."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
CODE = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from constellagent.errors import ConstellagentError
from constellagent.faces.terminal import Snapshot, attach, painting
painting.RECENT = int(sys.argv[5])
for name, seconds in json.loads(sys.argv[7]).items() if len(sys.argv) > 7 else ():
    module, _, name = name.rpartition(".")
    setattr(importlib.import_module(f"constellagent.faces.terminal.{module}"), name, seconds)
offset, _, data = sys.argv[6].partition(":")
found = Snapshot(int(offset), bytes.fromhex(data), 24, 80) if data else None
try:
    if sys.argv[4] == "view":
        from constellagent.faces.terminal.looking import look as attach
    code = attach(Path(sys.argv[2]), Path(sys.argv[3]), detach_key=b"\\x1d", snapshot=lambda size: found)
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
    """Someone at a terminal in which `attach` runs."""

    def __init__(
        self,
        session: Session,
        *,
        view: bool = False,
        replay: int = 65536,
        snapshot: tuple[int, bytes] | None = None,
        rows: int = 24,
        columns: int = 80,
        timings: Mapping[str, float] | None = None,
    ) -> None:
        """Start it; `snapshot` is the screen that a daemon would know, with its offset.

        `timings` replaces times, such as `visits._PATIENCE`, where a test is not about them.
        """
        known = f"{snapshot[0]}:{snapshot[1].hex()}" if snapshot else ""
        kind = "view" if view else "join"
        argv = [str(ROOT), str(session.socket), str(session.log), kind, str(replay), known]
        argv.append(json.dumps(dict(timings or {})))
        prepared, done = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.close(done)
            os.read(prepared, 1)  # its end: the terminal has its size, and how it was is known
            os.execv(sys.executable, [sys.executable, "-c", CODE, *argv])
        self.resize(rows, columns)
        self.seen = b""
        self.before = termios.tcgetattr(self.fd)
        os.close(prepared)
        os.close(done)

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

    def sees(self, text: bytes, within: float = 30.0) -> bytes:
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

    def reads(self, within: float = 0.05) -> None:
        """Take what is shown within a moment."""
        if select.select([self.fd], [], [], within)[0]:
            self.seen += os.read(self.fd, 65536)

    def leaves(self, code: int) -> bytes:
        """Wait for the end of `attach` with this status, and check that the terminal is as it was."""
        shown = self.sees(b"LEFT %d" % code)
        assert termios.tcgetattr(self.fd) == self.before
        os.waitpid(self.pid, 0)
        self.pid = 0
        return shown
