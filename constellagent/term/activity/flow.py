"""Bare output: whether it flows, and whether it is more than the echo of keys or a repaint after a resize."""

QUIET_AFTER = 2.0
"""Seconds without output after which it has stopped flowing; a spinner repaints more often."""
ECHO, REPAINT = 0.5, 1.0
"""Seconds after a key, or a resize, in which output says nothing of its own."""
_WINDOW, _BYTES, _WRITES = 3.0, 1024, 12
"""Output with so many bytes, or so many writes, in so many seconds is lively: a spinner is, no clock is."""
_APART = 0.05
"""Writes closer together are one that was read in parts."""


class Flow:
    """The output of one program, by time and size alone."""

    def __init__(self) -> None:
        self.last: float | None = None
        """When the program last wrote something of its own."""
        self.written = float("-inf")
        """When it last wrote anything, echoes too, but no repaint."""
        self.lively_from = float("-inf")
        """The start of the newest stretch in which it wrote much."""
        self._echo_until = self._repaint_until = float("-inf")
        self._begun = self._counted = float("-inf")
        self._bytes = self._writes = 0

    def typed(self, now: float) -> None:
        """Somebody gave input, of which an echo is to be expected."""
        self._echo_until = now + ECHO

    def resized(self, now: float) -> None:
        """The terminal got another size, and is drawn anew."""
        self._repaint_until = now + REPAINT

    def flows(self, now: float) -> bool:
        """Whether the program wrote something of its own just now."""
        return self.last is not None and now < self.last + QUIET_AFTER

    def output(self, now: float, count: int) -> None:
        """Take note of `count` bytes. What is excused keeps output flowing, but never starts it."""
        repaint = now < self._repaint_until
        if not repaint:
            self.written = now
        if repaint or now < self._echo_until:
            if self.flows(now):
                self.last = now
            return
        self.last = now
        if now >= self._begun + _WINDOW:
            self._begun, self._bytes, self._writes, self._counted = now, 0, 0, float("-inf")
        self._bytes += count
        if now >= self._counted + _APART:
            self._writes += 1
            self._counted = now
        if self._bytes >= _BYTES or self._writes >= _WRITES:
            self.lively_from = self._begun
