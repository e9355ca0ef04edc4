"""A viewer that speaks the protocol with a plain socket, so that tests decide when it reads."""

import select
import socket
import time
from pathlib import Path
from typing import Any, Self

from constellagent.runtime.holder import passing, protocol


class Wire:
    """One connection to a holder."""

    def __init__(self, path: Path, *, hello: bool = True) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(str(path))
        self._decoder = protocol.Decoder()
        self._frames: list[tuple[int, bytes]] = []
        if hello:
            self.send(protocol.hello())
            self.report(protocol.WELCOME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, frame: bytes) -> None:
        """Send one frame, or anything."""
        self.socket.sendall(frame)

    def frame(self, within: float = 30.0) -> tuple[int, bytes] | None:
        """Return the next frame, None at the end of the connection or of the time."""
        deadline = time.monotonic() + within
        while not self._frames:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                return None
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self._frames = self._decoder.feed(data)
        return self._frames.pop(0)

    def until(self, kind: int, within: float = 30.0) -> bytes:
        """Return the payload of the next frame of this kind."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            found = self.frame(max(0.0, deadline - time.monotonic()))
            assert found is not None, f"the connection ended, or no frame of kind {kind} came"
            if found[0] == kind:
                return found[1]
        raise AssertionError(f"no frame of kind {kind} came")

    def report(self, kind: int, within: float = 30.0) -> dict[str, Any]:
        """Return the next report of this kind."""
        return protocol.parse_report(self.until(kind, within))

    def join(self, terminal: int, flags: int = 0, offset: int = 0) -> "int | None":
        """Attach with a terminal for the holder to write to; returns the pty's master, None where refused."""
        assert passing.send(self.socket, protocol.attach(offset, protocol.DIRECT | flags), terminal)
        assert select.select([self.socket], [], [], 30)[0]
        data, master = passing.receive(self.socket, 1 << 16)
        self._frames += self._decoder.feed(data)
        assert protocol.parse_joined(self.until(protocol.JOINED)) == (master is not None)
        return master

    def ask(self) -> dict[str, Any]:
        """Ask for the status."""
        self.send(protocol.frame(protocol.STATUS))
        return self.report(protocol.STATUS)
