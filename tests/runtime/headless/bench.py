"""The small process of headless runs, started as a holder starts it, without a holder."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constellagent.runtime.headless import order
from constellagent.runtime.headless.order import Order
from constellagent.runtime.headless.result import Result, read

RESULT = '{"type": "result", "subtype": "success", "is_error": false, "result": "Done."'
"""The last line of a run of Claude Code, but for its end."""


class Bench:
    """One session's folder, and a worktree beside it."""

    def __init__(self, folder: Path) -> None:
        """Make the folders."""
        self.folder = folder / "session"
        self.worktree = folder / "worktree"
        for made in (self.folder, self.worktree):
            made.mkdir()

    def prepare(self, given: Order, prompt: str | None = None) -> tuple[str, ...]:
        """Write the order down, and return the words that carry it out."""
        (self.folder / order.NAME).write_text(order.write(given), encoding="utf-8")
        if prompt is not None:
            (self.folder / order.PROMPT).write_text(prompt, encoding="utf-8")
        return order.words(str(self.folder))

    def start(self, given: Order, prompt: str | None = None, **more: Any) -> subprocess.Popen[bytes]:
        """Start the process; its output is a pipe."""
        return subprocess.Popen(
            self.prepare(given, prompt),
            cwd=self.worktree,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(),
            start_new_session=True,
            **more,
        )

    def carry_out(self, given: Order, prompt: str | None = None) -> tuple[int, str, Result | None]:
        """Carry an order out; return exit status, what a person sees, and the verdict."""
        with self.start(given, prompt) as process:
            out, err = process.communicate(timeout=50)
        assert b"Traceback" not in err, err.decode()
        return process.returncode, out.decode(errors="replace"), self.result()

    def result(self) -> Result | None:
        """Return the verdict."""
        return read(str(self.folder))

    def environment(self) -> Mapping[str, str]:
        """Return a small environment."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.worktree), "LANG": "C.UTF-8"}


def python(code: str) -> tuple[str, ...]:
    """Return words that run a few lines of Python."""
    return (sys.executable, "-S", "-c", code)


def shell(code: str) -> tuple[str, ...]:
    """Return words that run a few lines of shell."""
    return ("/bin/sh", "-c", code)
