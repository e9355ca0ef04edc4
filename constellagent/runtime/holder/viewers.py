"""Those connected to a holder. None of them can make it wait, and none costs more than a little memory.

A viewer that attached has a place in the log. New output goes to it directly while it keeps up; otherwise its
place stays behind, and it is fed from the log as fast as it reads. Who falls too far behind skips ahead.
"""

import socket

from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogReader

CHUNK = 1 << 16
LAG = 1 << 20
"""Bytes behind the end at which a viewer skips ahead instead of reading history."""
_RECEIVE = 1 << 14
_REPLIES = 1 << 20
"""Bytes of unread answers at which a client that only asks is dropped."""


class Viewer:
    """One connection.

    Attributes:
        place: offset of the next output to send, None before ATTACH.
        flags: of ATTACH.
        size: rows and columns of its terminal, None where it told none.
        turn: grows with each sign of activity; the latest active viewer decides the size.
        greeted: it said HELLO.
        gone: the connection is of no more use.
        skipped: it lost output for being slow, and should be shown the screen anew.
    """

    __slots__ = (
        "_decoder",
        "_live",
        "_socket",
        "_unsent",
        "flags",
        "gone",
        "greeted",
        "place",
        "size",
        "skipped",
        "turn",
    )

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._decoder = protocol.Decoder()
        self._unsent = bytearray()
        self._live = False
        self.place: int | None = None
        self.flags = 0
        self.size: tuple[int, int] | None = None
        self.turn = 0
        self.greeted = False
        self.gone = False
        self.skipped = False

    def receive(self) -> list[tuple[int, bytes]]:
        """Return the frames that have come in; sets `gone` at the end of the connection.

        Raises:
            protocol.ProtocolError: it does not speak our protocol.
        """
        try:
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

    def wants_to_write(self, end: int) -> bool:
        """Say whether there is anything to send once the socket takes more."""
        return bool(self._unsent) or (self.place is not None and self.place < end)

    def start(self, place: int, flags: int, end: int) -> None:
        """Attach: output from `place` on."""
        self.place = place
        self.flags = flags
        self._live = place >= end

    def output(self, offset: int, data: bytes) -> None:
        """Take new output; one that is behind gets it from the log later."""
        if self.place == offset and not self._unsent:
            self.place = offset + len(data)
            self.send(protocol.output(offset, data))

    def advance(self, log: LogReader, end: int) -> None:
        """Send what is unsent, then more of the log, as far as the socket takes it."""
        if self._unsent:
            del self._unsent[: self._write(self._unsent)]
        if self.place is None or self.gone:
            return
        if self._live and not self.flags & protocol.EVERY and end - self.place > LAG and not self._unsent:
            self.place = end - CHUNK
            self.skipped = True
            self.send(protocol.resync(self.place))
        for _ in range(4):  # in parts, so that others have their turn
            if self._unsent or self.place >= end:
                break
            start, data = log.read(self.place, CHUNK)
            if not data:
                start = end  # the disk did not take it
            if start > self.place:
                self.send(protocol.resync(start))
            if data:
                self.send(protocol.output(start, data))
            self.place = start + len(data)
        self._live = self._live or self.place >= end

    def close(self) -> None:
        """Close the connection."""
        self.gone = True
        self._socket.close()

    def _write(self, data: bytes | bytearray) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.gone = True
            return len(data)
