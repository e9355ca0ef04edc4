"""The two streams of bytes between a person's terminal and one connection to a holder.

No event loop, no daemon in between and no parsing of what is typed beyond the key that detaches. Where it can
be, a key costs one turn here and what it makes the program write one turn in the holder, which writes to this
terminal itself.
"""

import contextlib
import os
import select
import time
from typing import Any

from constellagent.faces.terminal.painting import TakeSnapshot, paint, replay
from constellagent.faces.terminal.raw import RawTerminal
from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.line import Line
from constellagent.runtime.holder.log import LogReader
from constellagent.term.keys import DetachScanner
from constellagent.term.scanner import QueryStripper
from constellagent.term.scanner.clipboard import ClipboardGuard

_CHUNK = 1 << 13
_SECOND_PRESS = 0.4
"""Seconds within which a second press of the detach key means the key itself."""


class Streams:
    """A terminal joined to a session, until the person or the session leaves, or the connection breaks.

    Attributes:
        detached: the person left.
        ending: the final status of a session that ended, None otherwise.
    """

    def __init__(
        self, line: Line, terminal: RawTerminal, log: LogReader, *, detach_key: bytes, snapshot: TakeSnapshot
    ) -> None:
        self._line = line
        self._terminal = terminal
        self._log = log
        self._snapshot = snapshot
        self._keys = DetachScanner(detach_key)
        self._expire_at: float | None = None
        self._stripper: QueryStripper | None = None
        self._guard = None if line.session.get("clipboard") else ClipboardGuard()
        self._place = 0
        self._direct = False
        self._over = False
        self.detached = False
        self.ending: dict[str, Any] | None = None

    def show(self) -> None:
        """Give the session our size, show its screen, and ask for what follows it.

        Raises:
            UnavailableError: the holder does not answer.
            OSError: the terminal or the log has gone.
        """
        terminal = self._terminal
        self._send_size()
        found = self._snapshot(terminal.size())
        self._place = paint(terminal, found) if found is not None else replay(terminal, self._log)
        self._answered(self._line.session)
        self._line.join(self._place, 1, view=False, take=self._take)
        self._direct = self._line.direct
        if not self._direct:
            self._line.ask()  # who answers the program's questions may have changed since the greeting

    def run(self) -> None:
        """Pass bytes both ways until somebody leaves.

        Raises:
            OSError: the terminal or the log has gone.
        """
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
        if not self._line.direct or self.ending is not None:
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
            self._output(protocol.parse_output(payload)[1])
        elif kind == protocol.ERROR:
            self._terminal.ring()
        elif kind in {protocol.WRITTEN, protocol.DETACHED}:
            self._follow(protocol.parse_written(payload))
        elif kind == protocol.RESYNC:
            self._place = protocol.parse_resync(payload)
        elif kind == protocol.ASIDE:
            self._line.aside()
        elif kind == protocol.STATUS:
            self._answered(protocol.parse_report(payload))
        elif kind == protocol.EXIT:
            self.ending = protocol.parse_report(payload)
            self._over = True

    def _output(self, data: bytes) -> None:
        if self._direct:  # what the holder could not write any more; the log tells its modes
            self._terminal.write(data)
            return
        self._write(self._stripper.feed(data) if self._stripper else data)
        self._terminal.modes.feed(data)

    def _write(self, data: bytes) -> None:
        self._terminal.write(self._guard.feed(data) if self._guard else data)

    def _answered(self, session: dict[str, Any]) -> None:
        """Keep the program's questions from a terminal that is not the one to answer."""
        if session.get("answered"):
            self._stripper = self._stripper or QueryStripper()
        elif self._stripper is not None:
            self._write(self._stripper.flush())
            self._stripper = None

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
        if not data:  # nothing comes where the terminal has gone
            self.detached = self._over = True
            return
        self._pass_on(*self._keys.feed(data))

    def _pass_on(self, typed: bytes, detached: bool) -> None:
        if typed and not self._line.press(typed):
            self._terminal.ring()
        if detached:
            self.detached = self._over = True
        self._expire_at = time.monotonic() + _SECOND_PRESS if self._keys.waiting else None

    def _send_size(self) -> None:
        self._line.resize(*self._terminal.size())
