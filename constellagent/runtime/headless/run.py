"""Carrying out a headless run: start the program, show what it says, end with it, and judge it."""

import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable
from typing import NoReturn

from constellagent.agents.streams.outcome import Outcome, Reader
from constellagent.runtime.headless import child, order, result, worktree
from constellagent.runtime.headless.lines import Lines
from constellagent.runtime.headless.order import Order
from constellagent.runtime.headless.show import Terminal, harmless
from constellagent.runtime.headless.watch import Watch

TIMED_OUT = 124
"""The exit status of a run that took too long, as of timeout(1)."""
NOT_STARTED = 127


class Silent:
    """The reader of a program that keeps the terminal to itself: only its exit status tells."""

    def feed(self, line: str) -> Iterable[str]:
        """Show the line as it is."""
        return (line,)

    def outcome(self) -> Outcome:
        """Return that all is well as far as was read."""
        return Outcome(ok=True)


def carry_out(folder: str) -> NoReturn:
    """Carry out the order in a session's folder, write down how it went, and end as its program did.

    Raises:
        OSError: there is no order that can be read.
        ValueError: it is none.
    """
    given = order.read(folder)
    terminal = Terminal()
    reader: Reader = _reader(given.stream)
    began = time.time()
    base = worktree.head(given.around) if given.stream else ""
    watch = Watch(folder, given, reader, terminal)
    try:
        watch.pid = _start(folder, given, watch)
    except OSError as error:
        end, outcome = result.End(), Outcome(ok=False, why=_not_started(given.argv[0], error))
    else:
        end, outcome = watch.until_over(), _outcome(reader)
        child.give_terminal(os.getpgrp())
    found = result.judge(outcome, end, lambda: worktree.changed(base, began, given.around))
    if given.stream or not found.ok:
        _close(terminal, given, found)
    _leave(end, found, written=_write(folder, found, terminal))


def _start(folder: str, given: Order, watch: Watch) -> int:
    """Start the program, such that it can be watched; return its pid.

    Raises:
        OSError: it cannot be started.
    """
    stdin, outs, own = None, [], []
    if given.stdin or given.stream:
        source = f"{folder}/{order.PROMPT}" if given.stdin else os.devnull
        stdin = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
        own.append(stdin)
    for _ in range(2 if given.stream else 0):
        # Whole lines of both: a program may say only in its log what it was not allowed to do.
        out, into = os.pipe()
        watch.sources[out] = Lines()
        outs.append(into)
    own += outs
    try:
        return child.start((*given.around, *given.argv), stdin, *outs)
    finally:
        for fd in own:
            os.close(fd)


def _reader(stream: str) -> Reader:
    if not stream:
        return Silent()
    found: Reader = importlib.import_module(f"constellagent.agents.streams.{stream}").Reader()
    return found


def _outcome(reader: Reader) -> Outcome:
    try:
        return reader.outcome()
    except Exception as error:  # noqa: BLE001 - a defect of a reader must not take the verdict along
        return Outcome(ok=False, why=f"what it said cannot be understood: {error!r}")


def _close(terminal: Terminal, given: Order, found: result.Result) -> None:
    """Show the verdict last, for whoever reads the output without asking us."""
    program = os.path.basename(given.argv[0])  # noqa: PTH119 - pathlib is dear to import
    if not found.ok or found.why:
        terminal.write(harmless("", [f"{program} {'' if found.ok else 'failed: '}{found.why}"]))


def _write(folder: str, found: result.Result, terminal: Terminal) -> bool:
    try:
        result.write(folder, found)
    except OSError as error:
        terminal.write([f"how the run went cannot be written down: {error.strerror}"])
        return False
    return True


def _leave(end: result.End, found: result.Result, *, written: bool) -> NoReturn:
    """End as the program did, but never well where its run did not."""
    if end.limit:
        sys.exit(TIMED_OUT)
    if end.signal:
        # Its signal is ours, so that whoever waits for us sees how it died; but no second core is dumped.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        if end.signal not in {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(end.signal, signal.SIG_DFL)
        os.kill(os.getpid(), end.signal)
        sys.exit(128 + end.signal)
    if end.exit_status is None:
        sys.exit(NOT_STARTED)
    sys.exit(end.exit_status or (0 if found.ok and written else 1))


def _not_started(program: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return f"command not found: {program}; install it, or correct the agent's command or PATH"
    at = f"{error.filename}: " if error.filename else ""
    return f"cannot run {program}: {at}{error.strerror}"
