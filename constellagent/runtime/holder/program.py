"""The program of a session as its holder sees it: the pty's master, and the process behind it.

Every call returns at once: output is taken as it comes, input waits in a bounded queue while the program does
not read, and changes of size are merged.
"""

import contextlib
import os
from collections.abc import Callable

from ptyprocess import PtyProcess

from constellagent.runtime import processes

CHUNK = 1 << 16
INPUT = 1 << 20
"""Bytes of input that wait for a program that does not read."""
_READ = 1 << 13
"""Asked for at once: more than a pty ever gives, and cheap to allocate."""
_LITTLE = 1024
"""A shorter read has probably emptied the pty; more of it is waited for like any other output."""
_RESIZE_EVERY = 1 / 60
_REDRAW_FOR = 0.05
"""Seconds that the pty has one row less: enough for those that redraw only if the size has changed."""
_LOOK_AGAIN = 0.1
"""Seconds until a pty that nobody has open is looked at again: its program may open it once more."""


class Program:
    """The process in the pty.

    Attributes:
        fd: the pty's master, to wait on.
        pid: of the program.
        started: its start, as `processes` knows it.
        rows: what the pty has, or is about to have.
        columns: the same.
        exit_status: after the end, None where a signal ended it.
        signal: that signal, None otherwise.
        reaped: it has ended.
        on_size: is called with rows and columns once the pty has another size than before.
    """

    def __init__(self, child: PtyProcess, size: tuple[int, int]) -> None:
        self._child = child
        self.fd: int = child.fd
        self._input = bytearray()
        self._quiet_until = 0.0
        self._resized_at = 0.0
        self._resize_at: float | None = None
        self.pid: int = child.pid
        self.started = processes.start_of(self.pid) or ""
        self.rows, self.columns = size
        self.exit_status: int | None = None
        self.signal: int | None = None
        self.reaped = False
        self.on_size: Callable[[int, int], None] = _ignore

    def readable(self, now: float) -> bool:
        """Say whether it makes sense to wait for output."""
        return now >= self._quiet_until

    def look(self) -> None:
        """Read the pty next time, even if nobody had it open a moment ago."""
        self._quiet_until = 0.0

    @property
    def has_input(self) -> bool:
        """Some input waits for the program to read."""
        return bool(self._input)

    @property
    def deadline(self) -> float | None:
        """When `tick` has something to do, None for never."""
        if self._quiet_until and not self.reaped:
            return min(self._quiet_until, self._resize_at or self._quiet_until)
        return self._resize_at

    def read(self, now: float) -> bytes | None:
        """Return the output there is, empty for none at present, None where nobody has the pty open."""
        try:
            data = os.read(self.fd, _READ)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError:  # Linux says EIO, macOS the end of the file
            data = b""
        if not data:
            self._quiet_until = now + _LOOK_AGAIN
            return None
        self._quiet_until = 0.0
        return data if len(data) < _LITTLE else self._read_on(data, now)

    def _read_on(self, data: bytes, now: float) -> bytes:
        """Return `data` and what else there is, as far as it makes sense to take it at once."""
        parts = [data]
        size = len(data)
        while size < CHUNK and len(parts[-1]) >= _LITTLE:
            try:
                part = os.read(self.fd, _READ)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:
                part = b""
            if not part:
                self._quiet_until = now + _LOOK_AGAIN
                break
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def write(self, data: bytes, limit: int = INPUT) -> bool:
        """Give input to the program; False, and nothing is given, where more than `limit` would wait."""
        if self._input:
            if len(self._input) + len(data) > limit:
                return False
            self._input += data
            return True
        rest = data[self._put(data) :]
        self._input += rest
        return True

    def flush(self) -> None:
        """Give the program what it takes of the input that waits."""
        del self._input[: self._put(self._input)]

    def resize(self, rows: int, columns: int, now: float) -> None:
        """Give the pty this size: now, or a moment later where sizes come faster than anyone can draw."""
        if (rows, columns) == (self.rows, self.columns):
            return
        self.rows, self.columns = rows, columns
        if self._resize_at is None:
            self._resize_at = max(now, self._resized_at + _RESIZE_EVERY)
            self.tick(now)

    def redraw(self, now: float) -> None:
        """Make the program draw itself anew, by another size for a moment."""
        if self._resize_at is None:
            self._set_size(self.rows - 1 if self.rows > 1 else 2, self.columns)
            self._resize_at = now + _REDRAW_FOR

    def tick(self, now: float) -> None:
        """Do what is due."""
        if self._resize_at is not None and now >= self._resize_at:
            self._resize_at = None
            self._resized_at = now
            self._set_size(self.rows, self.columns)
            self.on_size(self.rows, self.columns)

    def send_signal(self, number: int) -> None:
        """Signal the program's process group, if it still runs."""
        if not self.reaped:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)

    def reap(self) -> None:
        """Collect whatever has ended, the orphans that came to the holder included."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.pid:
                self.reaped = True
                code = os.waitstatus_to_exitcode(status)
                self.exit_status, self.signal = (code, None) if code >= 0 else (None, -code)

    def _put(self, data: bytes | bytearray) -> int:
        try:
            return os.write(self.fd, data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            return len(data)  # nobody will ever read it

    def _set_size(self, rows: int, columns: int) -> None:
        with contextlib.suppress(OSError):  # the pty may have just gone
            self._child.setwinsize(rows, columns)


def _ignore(_rows: int, _columns: int) -> None:
    """Take a size that nobody wants to know."""
