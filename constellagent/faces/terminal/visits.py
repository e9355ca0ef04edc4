"""One visit to a session: stay through connections that break, and say how it was left."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from constellagent.errors import UnavailableError, UsageError
from constellagent.faces.terminal.raw import RawTerminal, Signalled
from constellagent.runtime import processes
from constellagent.runtime.holder import status
from constellagent.runtime.holder.line import Line

_PATIENCE = 5.0
"""Seconds within which a holder that lives must let us join again."""
_AGAIN = 0.1
_TRIES = 5
"""Connections that break so soon one after the other are enough."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a session was left: it ended, a signal asks this process to end, or else the person detached.

    Attributes:
        ending: the final status of a session that ended.
        signal: the number of the signal, 0 for none.
    """

    ending: Mapping[str, Any] | None = None
    signal: int = 0

    @property
    def exit_code(self) -> int:
        """The exit status for a process that did nothing else: 0 after a detach, else the program's own."""
        if self.ending is None:
            return 128 + self.signal if self.signal else 0
        number = self.ending.get("signal")
        return 128 + int(number) if number else int(self.ending.get("exit_status") or 0)

    @property
    def words(self) -> str:
        """The same for a person."""
        if self.ending is None:
            return "detached; the session goes on"
        number = self.ending.get("signal")
        if not number:
            return f"the session ended: exit status {self.exit_code}"
        name = next((known.name for known in signal.Signals if known == number), f"signal {number}")
        return f"the session ended: killed by {name}"


class Visit(Protocol):
    """What is done over one connection: `show` first, then `run` until somebody leaves, and `leave`.

    Attributes:
        detached: the person left.
        ending: the final status of a session that ended, None otherwise.
    """

    detached: bool
    ending: dict[str, Any] | None

    def show(self) -> None:
        """Show the session."""
        ...

    def run(self) -> None:
        """Go on until the person or the session leaves, or the connection breaks."""
        ...

    def leave(self) -> None:
        """Make sure that nothing but this process writes to the terminal from now on."""
        ...


Begin = Callable[[Line, RawTerminal], Visit]


def stay(socket: Path, begin: Begin) -> Left:
    """Visit the session behind `socket` with this terminal until it ends or the person leaves.

    Standard input and output are the terminal, and this is the main thread. A connection that breaks while
    the holder lives is made anew, with a visit of its own.

    Raises:
        UnavailableError: the session's holder cannot be reached, or died meanwhile.
    """
    line = Line.open(socket)
    broken = 0
    try:
        with RawTerminal() as terminal:
            while True:
                began = time.monotonic()
                visit = begin(line, terminal)
                _live(visit, line)
                if visit.ending is not None or visit.detached:
                    return Left(visit.ending)
                broken = broken + 1 if time.monotonic() < began + _PATIENCE else 1
                if broken > _TRIES:
                    raise UnavailableError(
                        "the session's holder hangs up again and again",
                        hint="`constellagent status` shows whether the session still runs",
                    )
                found = _again(socket, line.session)
                if not isinstance(found, Line):
                    return Left(found)
                line = found
                terminal.start_over()
    except Signalled as signalled:
        return Left(signal=signalled.number)
    except OSError as error:
        raise UnavailableError(f"the terminal or the session's log has gone: {error.strerror}") from error
    finally:
        line.close()


def told(visit: Callable[[], Left]) -> int:
    """Make a visit and say how it was left; returns the exit status to use.

    Raises:
        UsageError: standard input or output is no terminal.
        UnavailableError: as `stay`.
    """
    if not (os.isatty(0) and os.isatty(1)):
        raise UsageError(
            "attach needs a terminal", hint="`constellagent logs -f` follows the output without one"
        )
    left = visit()
    if not left.signal:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"{left.words}\n")
            sys.stderr.flush()
    return left.exit_code


def _live(visit: Visit, line: Line) -> None:
    with line:
        try:
            visit.show()
            visit.run()
        finally:
            visit.leave()


def _again(socket: Path, session: Mapping[str, Any]) -> Line | dict[str, Any]:
    """Return a new connection to the session's holder, or its last word where the session is over.

    Raises:
        UnavailableError: it is gone without a word, or does not answer.
    """
    deadline = time.monotonic() + _PATIENCE
    while _runs(session):
        time.sleep(_AGAIN)
        try:
            return Line.open(socket)
        except UnavailableError:
            if time.monotonic() >= deadline:
                raise
    with contextlib.suppress(OSError, ValueError):
        found = status.read(str(session["folder"]))
        if found is not None and found.get("ended_at") is not None:
            return found
    raise UnavailableError(
        "the session's holder is gone", hint="`constellagent status` shows what became of the session"
    )


def _runs(session: Mapping[str, Any]) -> bool:
    try:
        return processes.alive(session["holder_pid"], session["holder_start"])
    except OSError:
        return True  # nobody can tell; that it answers will
