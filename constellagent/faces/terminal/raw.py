"""The person's own terminal: raw while a session has it, and given back as it was found, whatever happens."""

import atexit
import contextlib
import fcntl
import os
import signal
import struct
import termios
import tty
from types import FrameType
from typing import Any, Self

from constellagent.term.scanner import ModeTracker

_CANCEL = b"\x18"
"""Ends whatever sequence was cut off."""
_PLAIN = b"\x1b(B\x0f\x1b>\x1b[2;4;20l\x1b[?5;67;69l\x1b]8;;\x1b\\"
"""Ends character sets, insert mode, margins, links and the like; harmless where none was on."""
_KEYS_OFF = b"\x1b[=0;1u"
_FRESH_LINE = b"\r\n\x1b[J"
"""What is below the cursor belongs to the program that has just left."""


class Signalled(BaseException):
    """A signal asks this process to end; carries its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class RawTerminal:
    """Standard input and output, raw while inside.

    Attributes:
        modes: what the session's program has switched on in it.
        keys_set: the flags of the kitty keyboard protocol were set on the screen that is shown, not pushed.
        woken: readable once the size has changed or the process was continued.
    """

    def __init__(self) -> None:
        self.modes = ModeTracker()
        self.keys_set = False
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

    def start_over(self) -> None:
        """Switch off what the program has switched on, as its screen is about to be shown anew."""
        self.write(self.reset())
        self.modes = ModeTracker()
        self.keys_set = False

    def reset(self) -> bytes:
        """Return what switches off what the program has switched on."""
        return _CANCEL + (_KEYS_OFF if self.keys_set else b"") + self.modes.reset_sequence() + _PLAIN

    def restore(self) -> None:
        """Give the terminal back: its modes, its settings, a fresh line. Harmless if done twice."""
        if self._before is None:
            return
        before, self._before = self._before, None
        with contextlib.suppress(OSError):
            self.write(self.reset() + _FRESH_LINE)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, before)

    def show(self, data: bytes) -> None:
        """Write what is not written by the program, and follow the modes that it switches."""
        self.modes.feed(data)
        self.write(data)

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
    raise Signalled(number)
