"""Those connected to a holder. None of them can make it wait, and none costs more than a little memory.

A viewer that attached has a place in the log. New output goes to it directly while it keeps up; otherwise its
place stays behind, and it is fed from the log as fast as it reads. Who falls too far behind skips ahead.
Output goes over the connection, or to the viewer's terminal itself where it gave that to the holder: then its
process does not have to wake up for each key that is echoed.
"""

import contextlib
import os
import socket

from constellagent.runtime.holder import passing, protocol
from constellagent.runtime.holder.direct import Terminal
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.holder.sizes import Sizes

CHUNK = 1 << 16
LAG = 1 << 20
"""Bytes behind the end at which a viewer skips ahead instead of reading history."""
_SCREEN_CHUNK = 1 << 14
"""Bytes of history read at once for a terminal, which takes little at a time."""
_TELL_EVERY = 1 << 20
"""Bytes after which a viewer is told how much its terminal was given."""
_RECEIVE = 1 << 14
_REPLIES = 1 << 20
"""Bytes of unread answers at which a client that only asks is dropped."""


class Viewer:
    """One connection.

    Attributes:
        place: offset of the next output to send, None before ATTACH and after DETACH.
        flags: of ATTACH.
        size: rows and columns of its terminal, None where it told none.
        turn: grows with each sign of activity; the latest active viewer decides the size.
        greeted: it said HELLO.
        gone: the connection is of no more use.
        skipped: it lost output for being slow, and should be shown the screen anew.
        screen: its terminal, where the holder writes to it; None otherwise.
        sized: the number of the size that it was told last.
    """

    __slots__ = (
        "_connection",
        "_decoder",
        "_live",
        "_passed",
        "_sizes",
        "_socket",
        "_tell_at",
        "_unsent",
        "flags",
        "gone",
        "greeted",
        "place",
        "screen",
        "size",
        "sized",
        "skipped",
        "turn",
    )

    def __init__(self, connection: socket.socket, sizes: Sizes) -> None:
        connection.setblocking(False)
        self._sizes = sizes
        self._socket = connection
        self._connection = connection.fileno()
        self._decoder = protocol.Decoder()
        self._unsent = bytearray()
        self._live = False
        self._passed: int | None = None
        self._tell_at = 0
        self.place: int | None = None
        self.flags = 0
        self.size: tuple[int, int] | None = None
        self.turn = 0
        self.greeted = False
        self.gone = False
        self.skipped = False
        self.screen: Terminal | None = None
        self.sized = -1

    @property
    def attached(self) -> bool:
        """Whether it shows the session to somebody who may type."""
        return self.place is not None and not self.flags & protocol.VIEW

    def receive(self) -> list[tuple[int, bytes]]:
        """Return the frames that have come in; sets `gone` at the end of the connection.

        Raises:
            protocol.ProtocolError: it does not speak our protocol.
        """
        try:
            if self.place is None:  # afterwards the kernel closes what is passed
                data, passed = passing.receive(self._socket, _RECEIVE)
                if passed is not None:
                    self._drop_passed()
                    self._passed = passed
            else:
                data = self._socket.recv(_RECEIVE)
        except (BlockingIOError, InterruptedError):
            return []
        except OSError:
            data = b""
        if not data:
            self.gone = True
            return []
        return self._decoder.feed(data)

    def send(self, frame: bytes) -> None:
        """Send at once what the socket takes, and keep the rest for `advance`."""
        if not self._unsent:
            frame = frame[self._write(frame) :]
        if frame:
            self._unsent += frame
            if len(self._unsent) > _REPLIES + protocol.MAX_PAYLOAD:
                self.gone = True

    def waits_for(self, end: int) -> tuple[int, ...]:
        """Return which descriptors must take more before `advance` makes sense, none if nothing is left."""
        behind = self.place is not None and self.place < end
        if self.screen is None:
            return (self._connection,) if behind or self._unsent else ()
        if behind or self.screen.rest:
            return (self._connection, self.screen.fd) if self._unsent else (self.screen.fd,)
        return (self._connection,) if self._unsent else ()

    def start(self, place: int, flags: int, end: int) -> None:
        """Attach: output from `place` on."""
        self.place = place
        self.flags = flags
        self.sized = -1
        self._live = place >= end

    def tell_size(self) -> None:
        """Say which size the output from here on is for, unless it knows or something is to go first."""
        if self.place is None or self.screen is not None or self._unsent:
            return
        number, rows, columns = self._sizes.at(self.place)
        if number != self.sized:
            self.sized = number
            self.send(protocol.sized(self.place, rows, columns))

    def join(self, master: int, *, clipboard: bool = False) -> None:
        """Answer DIRECT: write to the terminal that was passed, and let the viewer write to `master`.

        Refused to who only looks, passed no terminal, or belongs to another user: output is sent then.
        """
        screen, self._passed = self._passed, None
        looks = self.flags & protocol.VIEW
        if screen is not None and not (looks or self._unsent or self.screen is not None):
            with contextlib.suppress(OSError):
                os.set_blocking(screen, False)
                if (
                    os.isatty(screen)
                    and passing.same_user(self._socket)
                    and passing.send(self._socket, protocol.joined(granted=True), master)
                ):
                    self.screen = Terminal(screen, clipboard=clipboard)
                    self._tell_at = (self.place or 0) + _TELL_EVERY
                    return
        if screen is not None:
            os.close(screen)
        self.send(protocol.joined(granted=False))

    def detach(self) -> None:
        """Write nothing more, and say so; what the terminal did not take yet is for the viewer to write."""
        place, self.place = self.place, None
        if self.screen is not None and self.screen.rest:
            self.send(protocol.output(place or 0, self.screen.rest))
        self._drop_screen()
        self.send(protocol.written(place or 0, protocol.DETACHED))

    def output(self, offset: int, data: bytes) -> bool:
        """Take new output; False where some of it is left, which comes from the log later."""
        if self.place == offset and not (self._unsent or self.gone):
            self.place = offset + len(data)
            self.send(protocol.output(offset, data))
        return self.place == offset + len(data) and not self._unsent

    def show(self, offset: int, data: bytes) -> bool:
        """Write output to the terminal; False where some of it is left, which comes from the log later."""
        screen = self.screen
        if self.place != offset or screen is None or self.gone:
            return False
        try:
            count = screen.write(data)
        except OSError:
            self._lose_screen()
            return False
        if offset >= self._tell_at:
            self._tell_at = offset + _TELL_EVERY
            self.send(protocol.written(offset))  # not with the new: it may not be in the log yet
        self.place = offset + count
        return count == len(data) and not (self._unsent or screen.rest)

    def advance(self, log: LogReader, end: int) -> None:
        """Send what is unsent, then more of the log, as far as it is taken."""
        if self._unsent:
            del self._unsent[: self._write(self._unsent)]
        if self.place is None or self.gone or not self._flush_screen():
            return
        self.tell_size()
        late = self._live and not self.flags & protocol.EVERY and end - self.place > LAG
        if late and (self.screen is not None or not self._unsent):
            self._skip(end - CHUNK)
            self.skipped = True
        for _ in range(4):  # in parts, so that others have their turn
            if not self._catch_up(log, end):
                break
        self._live = self._live or self._keeps_up(end)

    def _keeps_up(self, end: int) -> bool:
        return self.place is not None and self.place >= end

    def _catch_up(self, log: LogReader, end: int) -> bool:
        """Give one part of the log; says whether more would be taken."""
        direct = self.screen is not None
        if self.place is None or self.place >= end or (self._unsent and not direct):
            return False
        limit = _SCREEN_CHUNK if direct else self._sizes.room(self.place, CHUNK)
        start, data = log.read(self.place, limit)
        if not data:
            start = end  # the disk did not take it
        if start > self.place:
            self._skip(start)
            return True
        if direct:
            return self.show(start, data)
        self.place = start + len(data)
        self.send(protocol.output(start, data))
        self.tell_size()
        return True

    def end(self, report: bytes) -> None:
        """Send the news of the end; all output is out."""
        if self.screen is not None and self.place is not None:
            self.send(protocol.written(self.place))
        self.send(report)

    def close(self) -> None:
        """Close the connection, and what came over it."""
        self.gone = True
        self._drop_passed()
        self._drop_screen()
        self._socket.close()

    def _skip(self, place: int) -> None:
        """Go on at `place`, and say so."""
        if self.screen is not None:
            self.send(protocol.written(self.place or 0))
            self.screen.skip()
        self.place = place
        self.send(protocol.resync(place))
        self.tell_size()

    def _write(self, data: bytes | bytearray) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.gone = True
            return len(data)

    def _drop_passed(self) -> None:
        if self._passed is not None:
            os.close(self._passed)
            self._passed = None

    def _flush_screen(self) -> bool:
        """Write what is left for the terminal; says whether it may have more."""
        if self.screen is None:
            return True
        try:
            return self.screen.flush()
        except OSError:
            self._lose_screen()
            return False

    def _lose_screen(self) -> None:
        """Take note that the terminal has gone; its `attach` will notice."""
        self.place = None
        self._drop_screen()

    def _drop_screen(self) -> None:
        if self.screen is not None:
            self.screen.close()
            self.screen = None
