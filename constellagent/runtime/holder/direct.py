"""A viewer's terminal that the holder writes to itself, with or without what the program asks terminals.

A question that somebody else answers must not reach a second terminal. Output without its questions no longer
has the offsets of the log, so what a terminal does not take of it is kept here, and counts as given.
"""

import os

from constellagent.term.scanner.clipboard import ClipboardGuard
from constellagent.term.scanner.queries import QueryStripper


class Terminal:
    """One terminal, opened non-blocking.

    Attributes:
        fd: of the terminal; closed by `close`.
        rest: what it has not taken yet of the output that counts as given.
    """

    __slots__ = ("_guard", "_stripper", "fd", "rest")

    def __init__(self, fd: int, *, clipboard: bool = False) -> None:
        """Write to `fd`; the program may write to the terminal's clipboard only with `clipboard`."""
        self.fd = fd
        self._guard = None if clipboard else ClipboardGuard()
        self.rest = b""
        self._stripper: QueryStripper | None = None

    def ask(self, *, asked: bool) -> None:
        """Say whether the questions in what comes next are for this terminal."""
        if asked and self._stripper is not None:
            left = self._stripper.flush()
            self.rest += self._guard.feed(left) if self._guard else left
            self._stripper = None
        elif not asked and self._stripper is None:
            self._stripper = QueryStripper()

    def skip(self) -> None:
        """Take note that output is left out here: what comes next continues nothing."""
        if self._stripper is not None:
            self._stripper = QueryStripper()
        if self._guard is not None:
            self._guard = ClipboardGuard()

    def write(self, data: bytes) -> int:
        """Write output; returns how much of it is not to be given again.

        Raises:
            OSError: the terminal has gone.
        """
        if self.rest and not self.flush():
            return 0
        if self._stripper is None and self._guard is None:
            return self._put(data)
        kept = data if self._stripper is None else self._stripper.feed(data)
        self.rest = kept if self._guard is None else self._guard.feed(kept)
        self.flush()
        return len(data)

    def flush(self) -> bool:
        """Write what is left, as far as it is taken; says whether that was all.

        Raises:
            OSError: the terminal has gone.
        """
        if self.rest:
            self.rest = self.rest[self._put(self.rest) :]
        return not self.rest

    def close(self) -> None:
        """Let go of the terminal."""
        os.close(self.fd)

    def _put(self, data: bytes) -> int:
        try:
            return os.write(self.fd, data)
        except (BlockingIOError, InterruptedError):
            return 0
