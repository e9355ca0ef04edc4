"""Long output on a terminal goes through the user's pager, as git's does.

`GIT_PAGER` is asked first, then `PAGER`, and `less` is the last resort; `cat` or an empty value is none. What
is written looks as it would on the terminal itself: the pager passes colours on.
"""

import io
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from constellagent.faces.cli import screen

_LESS = {"LESS": "FRX", "LV": "-c"}
"""Where nothing else is said: leave at once what fits one screen, pass colours on, keep the screen's text."""


class _ToPager(io.TextIOWrapper):
    """The pager's input, which says of itself what is true of the terminal behind the pager."""

    terminal = -1

    def isatty(self) -> bool:
        """It is read on a terminal."""
        return True

    def fileno(self) -> int:
        """Return the terminal's, whose size is asked for."""
        return self.terminal


def command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return how to run the user's pager; empty for none."""
    said = next((environ[name] for name in ("GIT_PAGER", "PAGER") if name in environ), "less")
    try:
        argv = shlex.split(said)
    except ValueError:
        return []
    return [] if argv == ["cat"] else argv


@contextmanager
def paged() -> Iterator[None]:
    """Send stdout through the pager while the body runs, where stdout is a terminal.

    Who leaves the pager early ends the body there. One that cannot be started is told of and done without.
    """
    argv = command() if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else []
    try:
        pager = subprocess.Popen(argv, stdin=subprocess.PIPE, env={**_LESS, **os.environ}) if argv else None
    except OSError as error:
        screen.tell(f"note: cannot start the pager {argv[0]}: {error.strerror}")
        pager = None
    if pager is None or pager.stdin is None:
        yield
        return
    terminal = sys.stdout
    stream = _ToPager(pager.stdin, encoding="utf-8", errors="replace", write_through=False)
    stream.terminal = terminal.fileno()
    sys.stdout = stream
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with suppress(BrokenPipeError):
            yield
    finally:
        sys.stdout = terminal
        with suppress(BrokenPipeError):
            stream.close()
        pager.wait()
        signal.signal(signal.SIGINT, interrupt)
