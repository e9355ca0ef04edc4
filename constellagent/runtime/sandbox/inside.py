"""The inner half around a sandbox: it becomes the program.

A program that has its terminal to itself gets a group of processes of its own, because the number of a group
outside is 0 inside, and no shell can give a terminal back to that. The inner half then stays as its parent.
"""

import os
import time

from constellagent.runtime.sandbox import scope
from constellagent.runtime.sandbox.entering import refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # what `signal` adds are enums, which take longer to import than all else here

_NOT_FOUND, _NOT_RUN = 127, 126
"""Exit statuses, as of a shell."""
_LATER = 0.05


def become(program: "list[str]", *, leading: bool) -> None:
    """Become the program, or start it and stay where it is `leading` a group of its own; never returns."""
    if leading and (pid := _apart()):
        _stay(pid)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    scope.keep_apart()
    try:
        os.execvp(program[0], program)  # noqa: S606 - this is what we are for
    except FileNotFoundError:
        refuse(
            f"command not found in the sandbox: {program[0]}; `sandbox.read` gives a place back", _NOT_FOUND
        )
    except OSError as error:
        refuse(f"cannot run {program[0]} in the sandbox: {error.strerror}", _NOT_RUN)


def _apart() -> int:
    """Fork; return the pid in the parent, and 0 in the child, which leads a group that has the terminal."""
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            os.tcsetpgrp(0, os.getpid())
        except OSError:
            return 0  # there is no terminal
    return pid


def _stay(pid: int) -> None:
    """Wait for the program, and end as it did; let it go on where a key has stopped it.

    Without a sandbox nobody is there to wait for it, and the system does not let such keys stop it.
    """
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os._exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
        if os.WSTOPSIG(status) != signal.SIGSTOP:
            time.sleep(_LATER)  # one that wants a terminal that another group has asks again and again
            os.killpg(pid, signal.SIGCONT)
