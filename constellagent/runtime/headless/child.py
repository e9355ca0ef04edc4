"""The program of a headless run, started in a process group of its own that has the terminal.

So a key typed at the terminal reaches the program and not the process that judges it.
"""

import contextlib
import os
import signal

_ERROR = 64
"""Bytes of an errno in digits, and more."""


def start(
    argv: tuple[str, ...], stdin: int | None = None, stdout: int | None = None, stderr: int | None = None
) -> int:
    """Start a program with these streams, None for our own; return its pid, which its group has, too.

    Raises:
        OSError: it cannot be run.
    """
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        _become(argv, (stdin, stdout, stderr), tell)
    os.close(tell)
    try:
        said = os.read(told, _ERROR)
    finally:
        os.close(told)
    if said:
        os.waitpid(pid, 0)
        number = int(said)
        raise OSError(number, os.strerror(number))
    return pid


def give_terminal(group: int) -> None:
    """Let a process group have the terminal, where there is one."""
    with contextlib.suppress(OSError):
        os.tcsetpgrp(2, group)


def capture(argv: tuple[str, ...]) -> bytes | None:
    """Return what a short program writes; None where it fails or cannot be run."""
    out, into = os.pipe()
    actions: list[tuple[int, int, int] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, into, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    try:
        pid = os.posix_spawnp(argv[0], argv, os.environ, file_actions=actions, setsigdef=_ignored())
    except OSError:
        os.close(out)
        return None
    finally:
        os.close(into)
    with os.fdopen(out, "rb") as file:
        found = file.read()
    return found if os.waitpid(pid, 0)[1] == 0 else None


def _become(argv: tuple[str, ...], streams: tuple[int | None, ...], tell: int) -> None:
    """Become the program; returns in no process."""
    try:
        os.setpgid(0, 0)
        give_terminal(os.getpid())  # SIGTTOU is ignored still
        for number in _ignored():
            signal.signal(number, signal.SIG_DFL)
        for place, fd in enumerate(streams):
            if fd is not None:
                os.dup2(fd, place)
        os.execvpe(argv[0], argv, os.environ)  # noqa: S606 - this is what we are for
    except OSError as error:
        os.write(tell, str(error.errno or 1).encode())
    finally:
        os._exit(127)


def _ignored() -> list[int]:
    """Return the signals that are ignored here, as Python does some, and that no program expects to be."""
    fixed = {signal.SIGKILL, signal.SIGSTOP}
    return [number for number in signal.valid_signals() - fixed if signal.getsignal(number) is signal.SIG_IGN]
