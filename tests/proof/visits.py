"""Viewers who come and go: at terminals, in the multiplexer, and in browsers."""

import contextlib
import fcntl
import os
import pty
import random
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections import Counter
from typing import Self

from tests.proof.ground import Ground
from tests.proof.viewers import Watcher
from tests.reliability.lab import wait_for
from tests.reliability.seat import _OWN_TERMINAL

KINDS = (
    *("attach", "attach", "terminal", "live", "multiplexer"),
    *("terminal", "attach", "live", "attach", "terminal"),
)
"""What each viewer is, in turn."""
_PATIENCE = 30.0


class Window:
    """A terminal whose output is read and forgotten, and a command in it."""

    def __init__(self, ground: Ground, *args: str) -> None:
        """Open it."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _OWN_TERMINAL, sys.executable, "-m", "constellagent", *args],
            cwd=ground.repo,
            env=ground.environment(TERM="xterm-256color", LC_ALL="C.UTF-8", NO_COLOR=""),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Self:
        """Be used in a `with` statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what still runs, and close it."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._master)

    def read(self, seconds: float, over: threading.Event) -> int:
        """Read for so long; returns how many bytes came."""
        end, total = time.monotonic() + seconds, 0
        while time.monotonic() < end and not over.is_set():
            if select.select([self._master], [], [], 0.2)[0]:
                try:
                    total += len(os.read(self._master, 1 << 16))
                except OSError:
                    return total
        return total

    def opens(self, over: threading.Event) -> None:
        """Wait until something is shown."""
        end = time.monotonic() + _PATIENCE
        while not self.read(0.2, over):
            assert time.monotonic() < end, "it shows nothing"
            assert self.process.poll() is None, f"it ended with {self.process.poll()}"
            if over.is_set():
                return

    def type(self, data: bytes) -> None:
        """Type something short."""
        with contextlib.suppress(OSError):
            os.write(self._master, data)


class Visits:
    """So many viewers, each of which stays a while, leaves, and comes again.

    Attributes:
        counts: how many visits there were, of each kind.
        failed: what went wrong.
    """

    def __init__(self, ground: Ground, agents: list[str], viewers: int, *, stay: tuple[float, float]) -> None:
        """They look at these agents, and type where the name says that somebody listens."""
        self.counts: Counter[str] = Counter()
        self.failed: list[str] = []
        self._ground = ground
        self._agents = agents
        self._stay = stay
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(KINDS[n % len(KINDS)], n), name=f"viewer {n}")
            for n in range(viewers)
        ]

    def __enter__(self) -> Self:
        """Let them come."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let all of them leave."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _guarded(self, kind: str, number: int) -> None:
        chance = random.Random(number)
        while not self._over.wait(chance.uniform(0, 2)):
            try:
                self._visit(kind, chance)
                self.counts[kind] += 1
            except Exception as error:  # noqa: BLE001 - the soak tells of it
                if not self._over.is_set():
                    self.failed.append(f"{kind}: {error!r}"[:300])

    def _left(self, watcher: Watcher) -> bool:
        return watcher.closed is not None or self._over.is_set()

    def _visit(self, kind: str, chance: random.Random) -> None:
        agent, seconds = chance.choice(self._agents), chance.uniform(*self._stay)
        if kind in {"terminal", "live"}:
            with Watcher(self._ground.api, agent if kind == "terminal" else "") as watcher:
                self._over.wait(seconds)
                wait_for(
                    lambda: watcher.drawn or watcher.told or self._left(watcher), "something to be shown"
                )
                assert watcher.closed is None, f"the browser at {agent} was let go: {watcher.closed}"
                assert watcher.drawn or watcher.told, f"nothing of {agent or kind} was shown"
            return
        args = ("attach", agent) if kind == "attach" else ("attach",)
        with Window(self._ground, *args) as window:
            window.opens(self._over)
            window.read(seconds, self._over)
            if kind == "attach" and agent.startswith("type"):
                window.type(b"hello from somebody\r")
            if chance.random() < 0.2:
                return  # closed with everything in it
            window.type(b"\x1d" if kind == "attach" else b"\x1dd")
            end = time.monotonic() + _PATIENCE
            while window.process.poll() is None and time.monotonic() < end:
                window.read(0.2, threading.Event())
            assert window.process.poll() == 0, f"{kind} of {agent} was left with {window.process.poll()}"
