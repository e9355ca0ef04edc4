"""Runs the suite on a pty whose other end is one of the terminals."""

import json
import os
import select
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import ptyprocess

from tests.conformance.terminals import COLUMNS, ROWS, Terminal

DRIVER = Path(__file__).with_name("driver.py")
SECONDS = 3600


class Result(NamedTuple):
    """What one test came to: passed, expected failure, other level, or failed with a message."""

    name: str
    outcome: str
    message: str
    seconds: float

    @property
    def group(self) -> str:
        """The class of the suite that it is of."""
        return self.name.partition(".")[0].removesuffix("Tests")


def run(checkout: Path, terminal: Terminal, pattern: str) -> list[Result]:
    """Return the result of every test whose name matches."""
    with tempfile.TemporaryDirectory(prefix="cst-") as folder:
        results = Path(folder) / "results"
        argv = [sys.executable, "-B", str(DRIVER), str(checkout), str(results), pattern]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
        }
        program = ptyprocess.PtyProcess.spawn(argv, env=environment, dimensions=(ROWS, COLUMNS))
        try:
            last = _serve(program, terminal)
        finally:
            if program.isalive():
                program.kill(signal.SIGKILL)
                program.wait()
            program.close()
        if not results.exists():
            raise RuntimeError(f"the suite did not start: {last.decode(errors='replace')}")
        lines = results.read_text(encoding="utf-8").splitlines()
        return [Result(**json.loads(line)) for line in lines]


def _serve(program: ptyprocess.PtyProcess, terminal: Terminal) -> bytes:
    """Be its terminal until it ends; return the last of what it wrote."""
    size, last = terminal.size, b""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if not select.select([program.fd], [], [], 1.0)[0]:
            continue
        try:
            data = os.read(program.fd, 65536)
        except OSError:  # Linux says so when the program has ended
            data = b""
        if not data:
            return last
        last = (last + data)[-2000:]
        answers = terminal.take(data)
        if terminal.size != size:
            size = terminal.size
            program.setwinsize(*size)
        while answers:
            answers = answers[os.write(program.fd, answers) :]
    raise TimeoutError(f"the suite took more than {SECONDS} s")
