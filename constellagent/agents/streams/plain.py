"""Plain text of programs that tell no more: each line is shown, and the last ones are the answer."""

from collections import deque
from collections.abc import Iterable

from constellagent.agents.streams.outcome import Outcome

_LAST = 20
"""Lines that are taken for the answer."""


class Reader:
    """Reads a run whose exit status is nearly all there is: one that wrote nothing has not answered."""

    def __init__(self) -> None:
        """Nothing has come."""
        self._last: deque[str] = deque(maxlen=_LAST)

    def feed(self, line: str) -> Iterable[str]:
        """Take a line, and show it as it is."""
        if line.strip():
            self._last.append(line.rstrip())
        return (line,)

    def outcome(self) -> Outcome:
        """Return how the run went."""
        return Outcome(bool(self._last), "" if self._last else "it wrote nothing", "\n".join(self._last))
