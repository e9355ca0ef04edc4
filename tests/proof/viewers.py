"""Those who look at an agent: at a real terminal by `attach`, and in a browser over a WebSocket."""

import base64
import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Callable
from typing import Self

from tests.e2e.api.served import UPGRADE, Api
from tests.proof.ground import Ground
from tests.reliability.lab import wait_for
from tests.reliability.seat import Seat

_BINARY, _TEXT, _CLOSE = 2, 1, 8


class Watcher:
    """A browser's connection to the terminal of one agent, or to what changes, and what came over it.

    Attributes:
        drawn: bytes of output so far.
        told: the text messages, in their order.
        closed: the code with which the server closed it, 0 where it just broke off, None while it is open.
    """

    def __init__(self, api: Api, agent: str) -> None:
        """Connect; without an agent to what changes."""
        self.drawn = 0
        self.told: list[dict[str, object]] = []
        self.closed: int | None = None
        self._line = api.dial()
        path = f"/constellations/lab/sessions/{agent}/terminal?mode=read" if agent else "/live"
        key = base64.b64encode(os.urandom(16)).decode()
        more = [(name, key if name.endswith("Key") else value) for name, value in UPGRADE.items()]
        self._line.sendall(api.head("GET", path, *more))
        self._thread = threading.Thread(target=self._read, name=f"watcher of {agent}")
        self._thread.start()

    def __enter__(self) -> Self:
        """Be used in a `with` statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        with contextlib.suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._line.close()

    def sees(self) -> None:
        """Wait until the agent's output arrives."""
        before = self.drawn
        wait_for(lambda: self.drawn > before or self.closed is not None, "the browser to be shown something")
        assert self.closed is None, f"the browser was let go: {self.told[-1:]} {self.closed}"

    def _read(self) -> None:
        try:
            with self._line.makefile("rb") as reader:
                while reader.readline().strip():
                    pass
                while self._frame(reader.read(2), reader.read):
                    pass
        except (OSError, ValueError, struct.error):
            pass
        if self.closed is None:
            self.closed = 0

    def _frame(self, head: bytes, read: Callable[[int], bytes]) -> bool:
        if len(head) < 2:
            return False
        kind, length = head[0] & 15, head[1] & 127
        if length == 126:
            (length,) = struct.unpack(">H", read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", read(8))
        data = read(length)
        if kind == _BINARY:
            self.drawn += len(data)
            self._acknowledge(len(data))
        elif kind == _TEXT:
            self.told.append(json.loads(data))
        elif kind == _CLOSE:
            self.closed = struct.unpack(">H", data[:2])[0] if len(data) > 1 else 1005
            return False
        return True

    def _acknowledge(self, count: int) -> None:
        text = json.dumps({"type": "ack", "bytes": count}).encode()
        self._line.sendall(bytes([0x81, 0x80 | len(text)]) + b"\0\0\0\0" + text)


class Audience:
    """One at a terminal and one in a browser, who look at the same agent."""

    def __init__(self, ground: Ground, agent: str) -> None:
        """Sit down, and wait until both see it."""
        self.agent = agent
        self._ground = ground
        self._seat = Seat(ground, "--view", agent)
        self._watcher = Watcher(ground.api, agent)
        self._session = ground.session(agent)

    def __enter__(self) -> Self:
        """Wait until both see something."""
        try:
            self._seat.shows("numbered, whole", 20)
            self._watcher.sees()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._seat.__exit__()
        self._watcher.__exit__()

    def check_going_on(self) -> None:
        """The daemon was killed, or a git command: the terminal shows what comes, as if nothing had been."""
        before = self._seat.text()
        self._seat.until(lambda seen: seen != before, "the terminal to go on")
        assert self._seat.process.poll() is None, "attach ended"

    def check_browser(self, *, daemon_died: bool) -> None:
        """Either its connection goes on, or it broke and whoever comes again is shown the agent."""
        if not daemon_died:
            self._watcher.sees()
            return
        wait_for(lambda: self._watcher.closed is not None, "the browser to notice that the daemon died")
        with Watcher(self._ground.api, self.agent) as again:
            again.sees()

    def check_told(self) -> None:
        """Its holder was killed: who is attached is told and let go, and the browser is told as well."""
        wait_for(lambda: self._seat.process.poll() is not None, "attach to end")
        assert self._seat.process.returncode != 0, "attach ended as if all were well"
        self._seat.until(lambda seen: "holder" in seen or "session" in seen, "attach to say why it ended")
        told = {"exit", "gone"}
        wait_for(
            lambda: (
                self._watcher.closed is not None
                or any(message["type"] in told for message in self._watcher.told)
            ),
            "the browser to be told",
        )
