"""How long somebody waits for a daemon, measured while other things go on."""

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from constellagent.faces.blocking import BlockingClient
from constellagent.runtime.paths import Paths


def p99(waits: Sequence[float]) -> float:
    """Return the wait that one in a hundred exceeds; of fewer than a hundred, the longest."""
    return sorted(waits)[int(len(waits) * 0.99)]


class Asking:
    """Somebody who asks the daemon for what costs it nothing, over and over: how late its loop is.

    Attributes:
        waits: seconds of each question so far.
    """

    def __init__(self, home: Path) -> None:
        """The daemon is that of a state folder."""
        self._home = home
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.waits = list[float]()

    def __enter__(self) -> Self:
        """Begin to ask."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ask no more."""
        self._done.set()
        self._thread.join()

    def _ask(self) -> None:
        with BlockingClient.connect(Paths(self._home).control_socket) as client:
            while not self._done.wait(0.01):
                begin = time.monotonic()
                client.info()
                self.waits.append(time.monotonic() - begin)
