"""A session's output as it happens, and the keys for it, over one connection from an event loop.

The daemon's screens and the multiplexer's tiles live on this: what a program writes and the sizes that its
pty has come in one order, so a screen that follows both is exact. What is written here goes out at once, and
what comes in can be had without a task in between, because a person waits for the echo of each key.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, cast

from constellagent.errors import UnavailableError
from constellagent.runtime.holder import protocol

_ANSWER = 10.0
_UNREAD = 1 << 20
"""Bytes of output that wait for who iterates; beyond that the holder keeps them, or lets them go."""
_UNSENT = 1 << 20
"""Bytes of input that wait for a holder that does not read; more are dropped."""
_PART = 1 << 16
_SMALL = 100
_UPGRADE = "upgrade constellagent; the session goes on meanwhile"


@dataclass(frozen=True, slots=True)
class Output:
    """Output of the program that starts at `offset` of the log."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Sized:
    """The pty has this size for the output from `offset` on."""

    offset: int
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Resync:
    """Output before `offset` is not sent: it is gone, or the reader was too slow for it."""

    offset: int


@dataclass(frozen=True, slots=True)
class Typed:
    """Somebody gives the program input; told to streams with the flag ANSWERS, now and then."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Something that the session's programs reported; told to streams with the flag ANSWERS.

    Attributes:
        number: the how-many-th of the session, from 1 on.
        at: when the holder got it, epoch seconds.
        offset: of the log, at that moment.
        event: a state or the name of a program, as the reporter says.
        data: JSON text, as the reporter says.
    """

    number: int
    at: float
    offset: int
    event: str
    data: bytes = b""

    @classmethod
    def parse(cls, payload: bytes) -> Self:
        """Read a frame's payload.

        Raises:
            ProtocolError: it is none of a report.
        """
        number, at, offset, event, data = protocol.parse_reported(payload)
        return cls(number, at, offset, event.decode(errors="replace"), data)


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that was asked or typed was refused, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Exit:
    """The session ended; nothing follows. `status` has the keys of `launch.read_status`."""

    status: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Gone:
    """The connection ended without a word about the session's end; nothing follows."""

    reason: str


Item = Output | Sized | Resync | Typed | Reported | Refused | Exit | Gone
Deliver = Callable[[Item], None]


class HolderStream(asyncio.Protocol):
    """One attached connection. Iterate over it, or have each item delivered as it comes: not both.

    Who iterates and is slow makes the holder wait with more; delivered items are never kept.

    Attributes:
        status: the session's status when it was greeted, and when it was last told.
    """

    def __init__(self) -> None:
        """Be made by `open`."""
        self.status: Mapping[str, Any] = {}
        self._transport: asyncio.Transport | None = None
        self._decoder = protocol.Decoder()
        self._greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()
        self._items: deque[Item] = deque()
        self._unread = 0
        self._arrived = asyncio.Event()
        self._callback: Deliver | None = None
        self._over = False
        self._paused = False
        self._refused = ""

    @classmethod
    async def open(cls, socket: Path, *, offset: int | None, flags: int) -> Self:
        """Connect to the holder that listens there, and attach from `offset` of the log on.

        Without an offset nothing is sent until `attach`. `flags` are those of `protocol.attach`.

        Raises:
            UnavailableError: there is none, or it does not answer.
        """
        stream = cls()
        try:
            async with asyncio.timeout(_ANSWER):
                await asyncio.get_running_loop().create_unix_connection(lambda: stream, str(socket))
        except (OSError, TimeoutError) as error:
            raise _unavailable(f"the holder at {socket} cannot be reached") from error
        try:
            stream._send(protocol.hello())
            if offset is not None:
                stream.attach(offset, flags)
            async with asyncio.timeout(_ANSWER):
                await stream._greeted
        except TimeoutError as error:
            await stream.close()
            raise _unavailable(f"the holder at {socket} does not answer") from error
        except BaseException:
            await stream.close()
            raise
        return stream

    def attach(self, offset: int, flags: int = 0) -> None:
        """Ask for output from `offset` of the log on; once only."""
        self._send(protocol.attach(offset, flags))

    def write(self, data: bytes) -> bool:
        """Give input to the program at once; False, and all of it is dropped, where the holder takes none.

        From a stream with the flag ANSWERS it counts as the terminal's answer, not as something typed.
        """
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > _UNSENT:
            return False
        for at in range(0, len(data), _PART):
            transport.write(protocol.frame(protocol.INPUT, data[at : at + _PART]))
        return True

    def resize(self, rows: int, columns: int) -> None:
        """Tell the size of the viewer's terminal, which then decides that of the pty."""
        self._send(protocol.resize(rows, columns))

    def deliver(self, callback: Deliver) -> None:
        """Call back with each item from the loop's reader, beginning with what has come already.

        The last item is `Exit` or `Gone`. The callback must neither block nor raise.
        """
        self._callback = callback
        while self._items:
            callback(self._items.popleft())
        self._unread = 0
        self._read_on()

    def pause(self) -> None:
        """Take nothing more in: the holder keeps it, or lets the oldest go, until `resume`."""
        self._paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Take in again what comes."""
        self._paused = False
        self._read_on()

    async def __aiter__(self) -> AsyncIterator[Output | Sized | Resync | Typed | Reported | Refused | Exit]:
        """Yield each item; ends after `Exit`.

        Raises:
            UnavailableError: the holder is gone without a word about the end, or the stream was closed.
        """
        while True:
            while not self._items:
                self._arrived.clear()
                await self._arrived.wait()
            item = self._items.popleft()
            if isinstance(item, Exit | Gone):
                self._items.append(item)  # for who iterates once more
            if isinstance(item, Gone):
                raise _unavailable(item.reason)
            self._unread -= _size(item)
            self._read_on()
            yield item
            if isinstance(item, Exit):
                return

    async def close(self) -> None:
        """Hang up; the session goes on."""
        if self._transport is not None:
            self._transport.abort()
            await self._closed.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take over the connection (called by the event loop)."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Take what the holder sent (called by the event loop)."""
        try:
            for kind, payload in self._decoder.feed(data):
                self._take(kind, payload)
        except protocol.ProtocolError as error:
            self._end(f"the session's holder makes no sense: {error}")
            if self._transport is not None:
                self._transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        """Take note of the end of the connection (called by the event loop)."""
        self._end("the session's holder is gone")
        self._closed.set()

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == protocol.OUTPUT:
            self._give(Output(*protocol.parse_output(payload)))
        elif kind == protocol.SIZED:
            self._give(Sized(*protocol.parse_sized(payload)))
        elif kind == protocol.RESYNC:
            self._give(Resync(protocol.parse_resync(payload)))
        elif kind == protocol.TYPED:
            self._give(Typed())
        elif kind == protocol.REPORTED:
            self._give(Reported.parse(payload))
        elif kind == protocol.ERROR:
            self._refused = payload.decode(errors="replace")
            self._give(Refused(self._refused))
        elif kind == protocol.EXIT:
            self.status = protocol.parse_report(payload)
            self._give(Exit(self.status))
            self._over = True
        elif kind in {protocol.WELCOME, protocol.STATUS}:
            self.status = protocol.parse_report(payload)
            if kind == protocol.WELCOME and not self._greeted.done():
                self._welcome(protocol.refusal(self.status))

    def _welcome(self, refusal: str) -> None:
        if refusal:
            self._greeted.set_exception(UnavailableError(refusal, hint=_UPGRADE))
        else:
            self._greeted.set_result(None)

    def _give(self, item: Item) -> None:
        if self._over:
            return
        if self._callback is not None:
            self._callback(item)
            return
        self._items.append(item)
        self._arrived.set()
        self._unread += _size(item)
        if self._unread > _UNREAD and self._transport is not None:
            self._transport.pause_reading()

    def _end(self, reason: str) -> None:
        if not self._greeted.done():
            refused = UnavailableError(self._refused, hint=_UPGRADE) if self._refused else None
            self._greeted.set_exception(refused or _unavailable(reason))
        self._give(Gone(reason))
        self._over = True

    def _read_on(self) -> None:
        transport = self._transport
        if transport is None or self._paused or self._unread > _UNREAD or transport.is_closing():
            return
        if not transport.is_reading():
            transport.resume_reading()

    def _send(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)


def _size(item: Item) -> int:
    """Return about how much memory an item takes."""
    return _SMALL + len(item.data) if isinstance(item, Output | Reported) else _SMALL


def _unavailable(reason: str) -> UnavailableError:
    return UnavailableError(reason, hint="see `constellagent status` for how the session ended")
