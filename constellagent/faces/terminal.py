"""`attach`: a person's terminal joined to one session, byte for byte, straight through its holder.

No event loop, no daemon in between and no parsing of what is typed beyond the key that detaches. Where it can
be, a key costs one turn here and what it makes the program write one turn in the holder, which writes to this
terminal itself. However it ends, the terminal is given back as it was found.
"""

import atexit
import contextlib
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time
import tty
from pathlib import Path
from types import FrameType
from typing import Any, Self

from constellagent.errors import UnavailableError, UsageError
from constellagent.runtime.holder import protocol, status
from constellagent.runtime.holder.line import Line
from constellagent.runtime.holder.log import LogReader
from constellagent.term.keys import DetachScanner
from constellagent.term.scanner import ModeTracker, QueryStripper

_CHUNK = 1 << 13
_SECOND_PRESS = 0.4
"""Seconds within which a second press of the detach key means the key itself."""
_INTERRUPT = b"\x03"


class _Signalled(BaseException):
    """A signal asks this process to end; carries its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def attach(socket: Path, log: Path, *, view: bool, detach_key: bytes, replay: int) -> int:
    """Join this terminal to the session behind `socket` until it ends or the detach key is pressed.

    Args:
        socket: where the session's holder listens.
        log: the folder of the session's output.
        view: only look: what is typed goes nowhere, and the session keeps its size.
        detach_key: one control byte; pressed twice it goes to the program.
        replay: how many bytes of recent output to show first.

    Returns:
        The exit status to use: 0 after a detach, the program's own after its end.

    Raises:
        UsageError: standard input or output is no terminal.
        UnavailableError: the session's holder cannot be reached, or died meanwhile.
    """
    if not (os.isatty(0) and os.isatty(1)):
        raise UsageError(
            "attach needs a terminal", hint="`constellagent logs -f` follows the output without one"
        )
    with Line.open(socket) as line:
        try:
            with _Terminal() as terminal:
                attachment = _Attachment(line, terminal, LogReader(log), view=view, detach_key=detach_key)
                try:
                    attachment.show(replay)
                    ending = attachment.run()
                finally:
                    attachment.leave()
        except _Signalled as signalled:
            return 128 + signalled.number
        except OSError as error:
            raise UnavailableError(f"the terminal or the session's log has gone: {error.strerror}") from error
    if ending is None and attachment.detached:
        _say("detached; the session goes on")
        return 0
    final = ending or _last_word(line.session)
    code, words = _outcome(final)
    _say(f"the session ended: {words}")
    return code


def _last_word(session: dict[str, Any]) -> dict[str, Any]:
    """Return what a holder that is gone wrote about the end."""
    with contextlib.suppress(OSError, ValueError):
        found = status.read(str(session["folder"]))
        if found is not None and found.get("ended_at") is not None:
            return found
    raise UnavailableError(
        "the session's holder is gone", hint="`constellagent status` shows what became of the session"
    )


def _outcome(final: dict[str, Any]) -> tuple[int, str]:
    number = final.get("signal")
    if not number:
        code = int(final.get("exit_status") or 0)
        return code, f"exit status {code}"
    name = next((known.name for known in signal.Signals if known == number), f"signal {number}")
    return 128 + int(number), f"killed by {name}"


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


class _Terminal:
    """The person's terminal: raw while inside, and restored whatever happens.

    Attributes:
        modes: what the session's program has switched on in it.
        woken: readable once the size has changed or the process was continued.
    """

    def __init__(self) -> None:
        self.modes = ModeTracker()
        self._before: list[Any] | None = None
        self._handlers: dict[int, Any] = {}
        self.woken, self._wake = os.pipe()
        for fd in (self.woken, self._wake):
            os.set_blocking(fd, False)

    def __enter__(self) -> Self:
        atexit.register(self.restore)
        self._before = termios.tcgetattr(0)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            self._handlers[number] = signal.signal(number, _end)
        for number in (signal.SIGWINCH, signal.SIGCONT):
            self._handlers[number] = signal.signal(number, self._note)
        self.make_raw()
        return self

    def __exit__(self, *_: object) -> None:
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)  # nothing may cut the restoring short
        self.restore()
        for number, handler in self._handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        atexit.unregister(self.restore)
        os.close(self.woken)
        os.close(self._wake)

    def make_raw(self) -> None:
        """Let every key through as it is."""
        tty.setraw(0, termios.TCSANOW)

    def restore(self) -> None:
        """Give the terminal back: its modes, its settings, a fresh line. Harmless if done twice."""
        if self._before is None:
            return
        before, self._before = self._before, None
        with contextlib.suppress(OSError):
            self.write(self.modes.reset_sequence() + b"\r\n")
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, before)

    def write(self, data: bytes) -> None:
        """Write all of it; waits for a slow terminal, which makes us, and nobody else, a slow viewer."""
        while data:
            data = data[os.write(1, data) :]

    def ring(self) -> None:
        """Sound the bell: something that was typed was refused."""
        self.write(b"\a")

    def size(self) -> tuple[int, int]:
        """Return rows and columns."""
        rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8)))
        return rows or 24, columns or 80

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGCONT and self._before is not None:
            self.make_raw()  # the shell that had the terminal meanwhile has set it to its own taste
        with contextlib.suppress(BlockingIOError):
            os.write(self._wake, b"\0")


def _end(number: int, _frame: FrameType | None) -> None:
    raise _Signalled(number)


class _Attachment:
    """The two streams of bytes between a terminal and a holder."""

    def __init__(
        self, line: Line, terminal: _Terminal, log: LogReader, *, view: bool, detach_key: bytes
    ) -> None:
        self._line = line
        self._terminal = terminal
        self._log = log
        self._view = view
        self._keys = DetachScanner(detach_key)
        self._expire_at: float | None = None
        self._live = QueryStripper() if view else None
        self._place = 0
        self._ending: dict[str, Any] | None = None
        self._over = False
        self.detached = False

    def show(self, replay: int) -> None:
        """Put the terminal into the program's modes, show the recent output, and ask for what follows it."""
        modes, log = self._terminal.modes, self._log
        offset = log.begin()
        start = max(offset, log.end() - replay)
        while offset < start:
            begin, data = log.read(offset, min(start - offset, 1 << 20))
            if not data:
                break
            modes.feed(data)
            offset = begin + len(data)
        setup = modes.setup_sequence()
        first = offset
        offset, data = log.tail(max(0, log.end() - first))
        modes.feed(data)
        if modes.alternate_screen and not self._view:
            self._terminal.write(modes.setup_sequence() + b"\x1b[2J\x1b[H")  # the program will draw all of it
        else:
            stripper = QueryStripper()
            recent = data if first == 0 else _from_line(data)
            self._terminal.write(setup + stripper.feed(recent) + stripper.flush())
        self._place = offset
        self._line.join(offset, 1, view=self._view, take=self._take)
        self._send_size()

    def run(self) -> dict[str, Any] | None:
        """Pass bytes both ways; returns the final status of a session that ended, None otherwise."""
        line, woken = self._line, self._terminal.woken
        holder = line.fileno()
        everything, no_keys = [0, holder, woken], [holder, woken]
        writable: list[int] = []
        while not self._over:
            if line.settled and self._expire_at is None:
                ready = self._stream(everything)
            else:
                readers = no_keys if line.full else everything
                ready, writable, _ = select.select(readers, line.waiting(), (), self._timeout())
            if 0 in ready:
                self._typed(os.read(0, _CHUNK))
            if holder in ready:
                self._receive()
            if woken in ready:
                os.read(woken, 4096)
                self._send_size()
            if writable:
                line.flush()
            if self._expire_at is not None and time.monotonic() >= self._expire_at:
                self._pass_on(*self._keys.expire())
        return self._ending

    def _stream(self, readers: list[int]) -> list[int]:
        """Pass keys on while there is nothing else to do; returns what else is ready.

        Every key comes this way, so there is nothing in it that need not be.
        """
        feed, give, keys_only = self._keys.feed, self._line.type, readers[:1]
        while True:
            ready, _, _ = select.select(readers, (), ())
            if ready != keys_only:
                return ready
            data = os.read(0, _CHUNK)
            typed, detached = feed(data)
            taken = give(typed)
            if not data:
                self._typed(data)
                return []
            if taken < len(data):  # the scanner has kept something, or the program does not take it all
                self._pass_on(typed[taken:], detached)
                return []

    def leave(self) -> None:
        """Make sure that nothing but this process writes to the terminal from now on."""
        if not self._line.direct or self._ending is not None:
            return
        with contextlib.suppress(OSError):  # the log is gone: the terminal is given back all the same
            if not self._line.leave(self._take):
                self._follow(self._log.end())

    def _timeout(self) -> float | None:
        return None if self._expire_at is None else max(0.0, self._expire_at - time.monotonic())

    def _receive(self) -> None:
        frames = self._line.receive()
        if frames is None:
            self._over = True
            return
        for kind, payload in frames:
            self._take(kind, payload)

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == protocol.OUTPUT:
            output = protocol.parse_output(payload)[1]
            self._terminal.write(self._live.feed(output) if self._live else output)
            self._terminal.modes.feed(output)
        elif kind == protocol.ERROR:
            self._terminal.ring()
        elif kind in {protocol.WRITTEN, protocol.DETACHED}:
            self._follow(protocol.parse_written(payload))
        elif kind == protocol.RESYNC:
            self._place = protocol.parse_resync(payload)
        elif kind == protocol.ASIDE:
            self._line.aside()
        elif kind == protocol.EXIT:
            self._ending = protocol.parse_report(payload)
            self._over = True

    def _follow(self, end: int) -> None:
        """Take note of what the holder has written to the terminal."""
        while self._place < end:
            begin, data = self._log.read(self._place, min(end - self._place, 1 << 20))
            if not data or begin >= end:
                break
            self._terminal.modes.feed(data[: end - begin])
            self._place = begin + len(data)
        self._place = max(self._place, end)

    def _typed(self, data: bytes) -> None:
        if not data or (self._view and _INTERRUPT in data):  # nothing comes where the terminal has gone
            self.detached = self._over = True
            return
        self._pass_on(*self._keys.feed(data))

    def _pass_on(self, typed: bytes, detached: bool) -> None:
        if typed and not self._view and not self._line.press(typed):
            self._terminal.ring()
        if detached:
            self.detached = self._over = True
        self._expire_at = time.monotonic() + _SECOND_PRESS if self._keys.waiting else None

    def _send_size(self) -> None:
        if not self._view:
            self._line.resize(*self._terminal.size())


def _from_line(data: bytes) -> bytes:
    """Return `data` from its first whole line on, as it may begin in the middle of anything."""
    return data[data.find(b"\n", 0, 4096) + 1 :]
