"""Handing a person's terminal to a session, until one of them leaves."""

from pathlib import Path

from constellagent.faces.terminal.painting import TakeSnapshot
from constellagent.faces.terminal.streams import Streams
from constellagent.faces.terminal.visits import Left, stay, told
from constellagent.runtime.holder.log import LogReader


def _unknown(_size: tuple[int, int] | None) -> None:
    """Know no screen."""


def attach(socket: Path, log: Path, *, detach_key: bytes, snapshot: TakeSnapshot = _unknown) -> int:
    """Take over this terminal and say how that ended; returns the exit status to use.

    Raises:
        UsageError: standard input or output is no terminal.
        UnavailableError: the session's holder cannot be reached, or died meanwhile.
    """
    return told(lambda: take_over(socket, log, detach_key=detach_key, snapshot=snapshot))


def take_over(socket: Path, log: Path, *, detach_key: bytes, snapshot: TakeSnapshot = _unknown) -> Left:
    """Join this terminal to the session behind `socket` until it ends or the detach key is pressed.

    Says nothing of its own. To be called in the main thread, which it keeps meanwhile, with standard input
    and output at the terminal.

    Args:
        socket: where the session's holder listens.
        log: the folder of the session's output.
        detach_key: one control byte; pressed twice it goes to the program.
        snapshot: returns the session's screen, for the first sight of it.

    Raises:
        UnavailableError: the session's holder cannot be reached, or died meanwhile.
    """
    return stay(
        socket,
        lambda line, terminal: Streams(
            line, terminal, LogReader(log), detach_key=detach_key, snapshot=snapshot
        ),
    )
