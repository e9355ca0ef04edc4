"""A terminal of which the test is both ends."""

import os
import pty
import select
import time
import tty
from typing import Self


class Screen:
    """A raw terminal: what a viewer passes, and what its person sees."""

    def __init__(self) -> None:
        self.person, self.terminal = pty.openpty()
        tty.setraw(self.terminal)
        self.seen = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.person)
        os.close(self.terminal)

    def sees(self, text: bytes, within: float = 30.0) -> bytes:
        """Wait until `text` was shown; returns all that was."""
        deadline = time.monotonic() + within
        while text not in self.seen:
            left = max(0.0, deadline - time.monotonic())
            assert select.select([self.person], [], [], left)[0], f"{text!r} is not in {self.seen[-99:]!r}"
            self.seen += os.read(self.person, 1 << 16)
        return self.seen

    def sees_bytes(self, count: int, within: float = 30.0) -> bytes:
        """Wait until so many bytes were shown; returns all that were. The kernel hands them on late."""
        deadline = time.monotonic() + within
        while len(self.seen) < count:
            left = max(0.0, deadline - time.monotonic())
            assert select.select([self.person], [], [], left)[0], f"{len(self.seen)} of {count} bytes"
            self.seen += os.read(self.person, 1 << 16)
        self.seen += self.drain()
        return self.seen

    def drain(self) -> bytes:
        """Return what can be read at once."""
        found = b""
        while select.select([self.person], [], [], 0)[0]:
            found += os.read(self.person, 1 << 16)
        return found
