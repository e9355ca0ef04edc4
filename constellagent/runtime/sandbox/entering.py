"""The outer half around a sandbox: it joins the limits and becomes bubblewrap.

Bubblewrap forwards no signal, and dies of the first one with all that runs in it. So what asks a program to
end is ignored here, which bubblewrap inherits; the inner half takes the default actions back. Both are in one
group of processes, so a signal to it reaches the program as it would without a sandbox. Stops by the terminal
are not ignored: whoever waits for the program must see that it has stopped.
"""

import os
import sys

from constellagent.runtime.sandbox import syscalls

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # what `signal` adds are enums, which take longer to import than all else here

_KEPT = {
    signal.SIGKILL,
    signal.SIGSTOP,
    signal.SIGCONT,
    signal.SIGCHLD,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGWINCH,
}
"""Signals that bubblewrap takes as anybody does."""
_NOT_RUN = 126
"""An exit status, as of a shell."""


def enter(place: str, ourselves: "tuple[str, ...]", argv: "list[str]") -> None:
    """Become bubblewrap with the outline at a place, and in it, at last, the program; never returns.

    `ourselves` are the words that start the inner half, but for what it is to be.
    """
    try:
        program, how, limits, forwards, words = read(place)
        for path, name, value in limits:
            _join(path, name, value)
        refused = syscalls.refusing()
        refusing = [b"--seccomp", b"%d" % _shown(refused)] if refused else []
        options = _shown(b"".join(word + b"\0" for word in (*refusing, *words)))
    except (OSError, ValueError, IndexError) as error:
        refuse(f"cannot prepare the sandbox: {error}", _NOT_RUN)
        return
    for number in signal.valid_signals() - _KEPT:
        signal.signal(number, signal.SIG_IGN)
    inner = (*ourselves, f"--{how}", *forwards, "--")
    try:
        os.execv(program, (program, "--args", str(options), "--", *inner, *argv))  # noqa: S606 - this is what we are for
    except OSError as error:
        refuse(f"cannot run {program}: {error.strerror}", _NOT_RUN)


def read(place: str) -> "tuple[str, str, list[tuple[str, str, str]], list[str], list[bytes]]":
    """Return what an outline says: program, what the inner half is to be, limits, forwards and options.

    Raises:
        OSError: there is none that can be read.
        ValueError: it is none.
        IndexError: it ends too early.
    """
    fd = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = b""
        while block := os.read(fd, 1 << 16):
            content += block
    finally:
        os.close(fd)
    parts = content.split(b"\0")
    texts = [os.fsdecode(part) for part in parts]
    after = 3 + 3 * int(texts[2])
    last = after + 1 + int(texts[after])
    limits = [(texts[n], texts[n + 1], texts[n + 2]) for n in range(3, after, 3)]
    return texts[0], texts[1], limits, texts[after + 1 : last], parts[last:]


def _shown(data: bytes) -> int:
    """Return a descriptor of a file that holds these bytes, for bubblewrap to read and to close."""
    fd = os.memfd_create("options", 0)
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def refuse(why: str, status: int) -> None:
    """Say why nothing runs, and end."""
    sys.stderr.write(f"constellagent: {why}\n")
    sys.stderr.flush()
    os._exit(status)


def _join(path: str, name: str, value: str) -> None:
    """Join a control group. Where that fails the program runs without it, as the plan has said."""
    try:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103 - pathlib is dear to import
        _put(f"{path}/{name}", value)
        _put(f"{path}/cgroup.procs", str(os.getpid()))
    except OSError:
        return


def _put(place: str, value: str) -> None:
    fd = os.open(place, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, value.encode())
    finally:
        os.close(fd)
