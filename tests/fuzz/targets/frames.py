"""The frames between a holder and those who look at its session, both ways, however a stream is cut."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.holder.program import Program
from constellagent.runtime.holder.reports import Reports
from constellagent.runtime.holder.requests import Requests
from constellagent.runtime.holder.sizes import Sizes
from constellagent.runtime.holder.stream import Exit, Gone, HolderStream, Item, Reported
from constellagent.runtime.holder.viewers import Viewer
from tests.fuzz.rig import Rig
from tests.fuzz.target import Target

_PARSERS = (
    *(protocol.parse_hello, protocol.parse_attach, protocol.parse_resize, protocol.parse_signal),
    *(protocol.parse_stop, protocol.parse_output, protocol.parse_resync, protocol.parse_joined),
    *(protocol.parse_written, protocol.parse_sized, protocol.parse_report, protocol.parse_hook),
    *(protocol.parse_reported, protocol.parse_taken, Reported.parse),
)


class _Idle:
    """Stands for a program that takes what it is given; only what reaches it is looked at."""

    fd = -1
    rows, columns = 24, 80

    def write(self, data: bytes, most: int = 0) -> bool:
        """Take input."""
        del data, most
        return True

    def redraw(self, now: float) -> None:
        """Draw anew."""

    def resize(self, rows: int, columns: int, now: float) -> None:
        """Take a size, which makes sense."""
        del now
        assert 1 <= rows <= 65535
        assert 1 <= columns <= 65535

    def send_signal(self, number: int) -> None:
        """Take a signal, which makes sense."""
        assert 1 <= number <= 64


class _Holder:
    """The part of a holder that answers viewers."""

    def __init__(self, folder: Path) -> None:
        self.log = LogWriter(str(folder / "log"), 1 << 20)
        self.log.append(b"output " * 100)
        self._folder = folder

    def hear(self, data: bytes) -> None:
        """Let one viewer say this; it is answered in frames, and nothing but a wrong frame ends it."""
        viewers: dict[int, Viewer] = {}
        reports = Reports(str(self._folder))
        requests = Requests(
            cast(Program, _Idle()), self.log, viewers, reports, dict, _no_stop, smallest=True, clipboard=False
        )
        ours, theirs = socket.socketpair()
        with theirs:
            viewer = Viewer(ours, Sizes(24, 80))
            viewers[ours.fileno()] = viewer
            theirs.setblocking(False)
            answers = protocol.Decoder()
            for at in range(0, max(len(data), 1), 1 << 12):
                if viewer.gone:
                    break
                theirs.send(data[at : at + (1 << 12)])
                requests.serve(viewer, 0.0)
                answers.feed(_waiting(theirs))
            reports.close()
            requests.leave(viewer, 0.0)


def _no_stop(grace: float) -> None:
    assert 0 <= grace < 1 << 32


def _waiting(end: socket.socket) -> bytes:
    """Return what has been said to this end."""
    try:
        return end.recv(1 << 20)
    except (BlockingIOError, ConnectionResetError):
        return b""


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[_Holder]:
    (folder / "log").mkdir()
    holder = _Holder(folder)
    yield holder
    holder.log.close()


_RIG = Rig(_opened)


def run(data: bytes) -> None:
    """Read an input as a stream of a holder and as one of a viewer, cut at the place that its end names."""
    cut = len(data) and data[-1] * len(data) // 256
    _decoded(data, cut)
    _RIG.run(lambda holder: _both(holder, data, cut))


def _decoded(data: bytes, cut: int) -> None:
    decoders = protocol.Decoder(), protocol.Decoder()
    try:
        whole = decoders[0].feed(data)
    except protocol.ProtocolError:
        return
    assert decoders[1].feed(data[:cut]) + decoders[1].feed(data[cut:]) == whole
    assert b"".join(protocol.frame(*found) for found in whole) == data[: len(data) - decoders[0].pending]
    for _, payload in whole:
        for parse in _PARSERS:
            try:
                parse(payload)
            except protocol.ProtocolError:
                continue


async def _both(holder: _Holder, data: bytes, cut: int) -> None:
    stream = HolderStream()
    items: list[Item] = []
    stream.deliver(items.append)
    stream.data_received(data[:cut])
    stream.data_received(data[cut:])
    stream.connection_lost(None)
    if stream._greeted.done():
        stream._greeted.exception()
    assert isinstance(items[-1], Exit | Gone)
    assert not any(isinstance(item, Exit | Gone) for item in items[:-1])
    holder.hear(data)
    holder.hear(protocol.hello() + data)


def seeds() -> list[bytes]:
    """Return streams of both sides."""
    status: dict[str, Any] = {"pid": 1, "answered": False}
    viewer = [
        *(protocol.hello(), protocol.attach(0, protocol.EVERY), protocol.resize(24, 80), protocol.signal(15)),
        *(protocol.frame(protocol.INPUT, b"ls\r"), protocol.frame(protocol.STATUS), protocol.stop(1.5)),
        *(protocol.attach_tail(100, protocol.ANSWERS), protocol.frame(protocol.DETACH)),
        protocol.attach(5, protocol.DIRECT),
        protocol.hook("t", "claude", b'{"a": 1}'),
    ]
    holder = [
        *(protocol.report(protocol.WELCOME, status), protocol.sized(0, 24, 80), protocol.output(0, b"out")),
        *(protocol.resync(9), protocol.joined(granted=True), protocol.written(3), protocol.error("no")),
        *(protocol.reported(1, 17.5, 3, b"claude", b"{}"), protocol.taken(1), protocol.frame(protocol.TYPED)),
        protocol.report(protocol.EXIT, status),
    ]
    return [b"".join(viewer), b"".join(holder), *viewer, *holder]


TARGET = Target(
    "frames",
    run,
    seeds,
    words=tuple(bytes([kind, 0, 0, 0]) for kind in (*range(1, 10), *range(65, 78))),
    guides=("constellagent.runtime.holder",),
    close=_RIG.close,
)
