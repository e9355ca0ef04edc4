"""What stands between a viewer and its holder and carries bytes only, as a network would."""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from constellagent.runtime.holder import protocol

Rewrite = Callable[[int, bytes], bytes]


class Relay:
    """Listens at `path`, and carries one connection to the holder; what is passed beside the bytes gets lost.

    Attributes:
        asked: what the viewer sent.
        told: what the holder sent.
    """

    def __init__(self, path: Path, holder: Path, rewrite: Rewrite = protocol.frame) -> None:
        self.asked: list[tuple[int, bytes]] = []
        self.told: list[tuple[int, bytes]] = []
        self._holder = holder
        self._rewrite = rewrite
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._serve)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._threads[0].join(10)
        self._listener.close()

    def _serve(self) -> None:
        viewer, _ = self._listener.accept()
        holder = socket.socket(socket.AF_UNIX)
        with viewer, holder:
            holder.connect(str(self._holder))
            back = threading.Thread(target=self._carry, args=(holder, viewer, self.told))
            back.start()
            self._carry(viewer, holder, self.asked)
            back.join()

    def _carry(self, source: socket.socket, target: socket.socket, seen: list[tuple[int, bytes]]) -> None:
        decoder = protocol.Decoder()
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                for kind, payload in decoder.feed(data):
                    seen.append((kind, payload))
                    target.sendall(self._rewrite(kind, payload))
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
