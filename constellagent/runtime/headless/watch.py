"""Watching the program of a headless run: its lines, our signals, its time limit, and its end."""

import os
import select
import signal
import time

from constellagent.agents.streams.outcome import Reader
from constellagent.runtime.headless import progress
from constellagent.runtime.headless.lines import Lines
from constellagent.runtime.headless.order import Order
from constellagent.runtime.headless.progress import PAUSE, RESUME, Progress
from constellagent.runtime.headless.result import End
from constellagent.runtime.headless.show import TOO_LONG, Terminal, harmless

_BLOCK = 1 << 16
_MOST_LEFT = 16
"""Blocks that are read after the program's end: no pipe holds more, and what it left may write for ever."""
_LATER = 1.0
"""Seconds after which the program is told of a signal that may have gone to all of the session."""
_AT_ONCE = signal.SIGINT
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_TELL_EVERY = 0.5
"""Seconds between two words on what the program has used."""


class Watch:
    """One run.

    Attributes:
        pid: of the program, set once it is started.
        sources: the pipes that its output comes from, ours to close, each with the line begun in it; none
            where it writes to the terminal.
    """

    def __init__(self, folder: str, order: Order, reader: Reader, terminal: Terminal) -> None:
        """Take signals from now on; none is lost that comes before the program runs.

        What the program uses is written into `folder` while it runs.
        """
        self._folder = folder
        self._told_used = Progress()
        self._tell_at = 0.0
        self._paused_at: float | None = None
        self.pid = 0
        self.sources: dict[int, Lines] = {}
        self._order = order
        self._reader = reader
        self._terminal = terminal
        self._limit = ""
        self._deadline: float | None = None
        self._told: list[int] = []
        self._forward: dict[int, float] = {}
        """Signals that the program is to get, by when."""
        self._wake = _wake_up(self._told)

    def until_over(self) -> End:
        """Read, show and forward until the program has ended; return how it did."""
        if self._order.limit is not None:
            self._deadline = time.monotonic() + self._order.limit
        for source in self.sources:
            os.set_blocking(source, False)
        while (end := self._reap()) is None:
            self._wait()
            self._tell_used()
            self._forward_signals()
            self._keep_limit()
        for source in list(self.sources):
            for _ in range(_MOST_LEFT):
                if not self._read(source):
                    break
            if source in self.sources:
                self._close(source)
        return end

    def _wait(self) -> None:
        """Wait until something is to be read or done."""
        deadline = self._deadline if self._paused_at is None else None
        times = [*self._forward.values(), *([] if deadline is None else [deadline])]
        wait = max(0.0, min(times) - time.monotonic()) if times else None
        ready = select.select([self._wake, *self.sources], [], [], wait)[0]
        if self._wake in ready:
            os.read(self._wake, _BLOCK)
        for source in list(self.sources):
            if source in ready:
                self._read(source)

    def _read(self, source: int) -> bool:
        """Read a block of the output; says whether there may be more at once."""
        try:
            data = os.read(source, _BLOCK)
        except BlockingIOError:
            return False
        if data:
            self._show(self.sources[source].feed(data))
        else:
            self._close(source)
        return bool(data)

    def _close(self, source: int) -> None:
        """Read no more of a pipe; what was begun in it is a line too."""
        os.close(source)
        self._show(self.sources.pop(source).rest())

    def _show(self, lines: list[str | None]) -> None:
        found: list[str] = []
        for line in lines:
            if line is None:
                found.append(TOO_LONG)
                continue
            try:
                shown = list(self._reader.feed(line))
            except Exception:  # noqa: BLE001 - a defect of a reader must not end the run
                shown = [line]
            found += harmless(line, shown)
        self._terminal.write(found)

    def _forward_signals(self) -> None:
        now = time.monotonic()
        while self._told:
            number = self._told.pop(0)
            if number in {PAUSE, RESUME}:
                self._pause(now, on=number == PAUSE)
                continue
            self._forward.setdefault(number, now if number == _AT_ONCE else now + _LATER)
        for number, due in list(self._forward.items()):
            if due <= now:
                del self._forward[number]
                _send(-self.pid, number)
                self._pause(now, on=False)  # one that is stopped does not hear it

    def _pause(self, now: float, *, on: bool) -> None:
        """Stop the program for a while, or let it go on; what passes meanwhile does not count as its time."""
        if on == (self._paused_at is not None):
            return
        if self._paused_at is None:
            self._paused_at = now
            _send(-self.pid, signal.SIGSTOP)
            self._terminal.write(["it is paused"])
            return
        if self._deadline is not None:
            self._deadline += now - self._paused_at
        self._paused_at = None
        _send(-self.pid, signal.SIGCONT)
        self._terminal.write(["it goes on"])

    def _tell_used(self) -> None:
        """Write down what the program has used so far, now and then."""
        now = time.monotonic()
        if now < self._tell_at or not self.sources:
            return
        try:
            said = self._reader.outcome()
            used = Progress(said.input, said.output, said.cost)
            if used != self._told_used:
                self._tell_at = now + _TELL_EVERY
                progress.write(self._folder, used)
                self._told_used = used
        except Exception:  # noqa: BLE001 - whatever it is (a full disk, a defect of a reader), the run goes on
            self._tell_at = now + _TELL_EVERY

    def _keep_limit(self) -> None:
        """Ask a program that takes too long to end; kill it and its group where it does not."""
        now = time.monotonic()
        if self._deadline is None or now < self._deadline or self._paused_at is not None:
            return
        if self._limit:
            self._deadline = None
            _send(-self.pid, signal.SIGKILL)
            return
        self._limit = span(self._order.limit or 0.0)
        self._terminal.write([f"it takes longer than its limit of {self._limit} and is ended"])
        self._deadline = now + self._order.grace
        _send(-self.pid, signal.SIGTERM)

    def _reap(self) -> End | None:
        """Return how the program ended, None while it goes on. One that a key has stopped goes on."""
        pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
        if pid == 0:
            return None
        if os.WIFSTOPPED(status):
            if self._paused_at is None:
                _send(-self.pid, signal.SIGCONT)
            return None
        if os.WIFSIGNALED(status):
            return End(None, os.WTERMSIG(status), self._limit)
        return End(os.WEXITSTATUS(status), 0, self._limit)


def _wake_up(told: list[int]) -> int:
    """Take note of signals in a list, and return what becomes readable when one comes."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (*_FORWARDED, PAUSE, RESUME):
        signal.signal(number, lambda number, _: told.append(number))
    for number in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    return read


def _send(pid: int, number: int) -> None:
    """Send a signal to a process, or to a group where it is negative; harmless where it has ended."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def span(seconds: float) -> str:
    """Return a span as a constellation file says it, in its largest whole unit."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size and not seconds % size:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"
