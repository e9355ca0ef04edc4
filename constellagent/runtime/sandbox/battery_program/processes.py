"""Processes outside: the daemon, holders, other agents. Not to be seen, read, signalled or traced."""

import ctypes
import os
from collections.abc import Callable

from constellagent.runtime.sandbox.battery_program.lines import (
    Answer,
    Asked,
    line,
    of_each,
    openable,
    readable,
)

_SEIZE = 0x4206
"""`PTRACE_SEIZE`: attaches without stopping; the end of the tracer lets go."""


def _is(pid: int, start: int) -> bool:
    """Say whether a pid means here the process that it means outside."""
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - plain paths
        return int(file.read().rpartition(b") ")[2].split()[19]) == start


def _each(asked: Asked, attempt: Callable[[int], bool]) -> Answer:
    known = {str(pid): start for pid, start in asked.processes()}
    return of_each(known, lambda pid: _is(int(pid), known[pid]) and attempt(int(pid)))


@line("see processes outside", "kept")
def see(asked: Asked) -> Answer:
    """By its number, and it is the same one."""
    return _each(asked, lambda _: True)


@line("read the environment of processes outside", "kept")
def environment(asked: Asked) -> Answer:
    """Keys of agents are in it."""
    return _each(asked, lambda pid: readable(f"/proc/{pid}/environ"))


@line("signal processes outside", "kept")
def signal(asked: Asked) -> Answer:
    """With the signal 0, which does nothing."""

    def attempt(pid: int) -> bool:
        os.kill(pid, 0)
        return True

    return _each(asked, attempt)


@line("trace processes outside", "kept")
def trace(asked: Asked) -> Answer:
    """Whoever traces a process makes it do anything; one that traces and ends does no harm."""

    def attempt(pid: int) -> bool:
        child = os.fork()
        if child == 0:
            libc = ctypes.CDLL(None, use_errno=True)
            os._exit(0 if libc.ptrace(_SEIZE, pid, None, None) == 0 else 1)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    return _each(asked, attempt)


@line("read the memory of processes outside", "kept")
def memory(asked: Asked) -> Answer:
    """By opening it; nothing of it is read."""
    return _each(asked, lambda pid: openable(f"/proc/{pid}/mem", os.O_RDONLY))


@line("reach the state through another process's root", "kept")
def root(asked: Asked) -> Answer:
    """`/proc/PID/root` and `/proc/PID/cwd` lead to what that process sees."""
    pids = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - plain paths

    def any_root(place: str) -> bool:
        return bool(of_each(pids, lambda pid: openable(f"/proc/{pid}/root{place}", os.O_RDONLY)).reached)

    return of_each([asked.text("canary")], any_root)
