"""A clock that goes on only when a test says so."""


class SetClock:
    """Wall time and monotonic time, both set."""

    def __init__(self) -> None:
        self._now = 1_000_000.0

    def now(self) -> float:
        """Return wall time."""
        return self._now

    def monotonic(self) -> float:
        """Return monotonic time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
