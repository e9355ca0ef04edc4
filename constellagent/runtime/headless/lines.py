"""Lines of what a program writes into a pipe, however it cuts them; one without an end never fills memory."""

MOST = 8 << 20
"""Bytes of a line that are kept; the messages of agents hold whole files."""


class Lines:
    """Cuts bytes into lines."""

    __slots__ = ("_begun", "_parts")

    def __init__(self) -> None:
        """Nothing has come."""
        self._parts: list[bytes] = []
        self._begun = 0

    def feed(self, data: bytes) -> list[str | None]:
        """Take bytes and return the lines that they end, without their ends; None for too long a one."""
        first, *others = data.split(b"\n")
        self._keep(first)
        found: list[str | None] = []
        for part in others:
            found.append(self._take())
            self._keep(part)
        return found

    def rest(self) -> list[str | None]:
        """Return the line that was begun and not ended, if any."""
        return [self._take()] if self._begun else []

    def _keep(self, part: bytes) -> None:
        self._begun += len(part)
        if self._begun > MOST:
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _take(self) -> str | None:
        """Return the line that was begun, and begin a new one."""
        line = (
            None if self._begun > MOST else b"".join(self._parts).decode(errors="replace").removesuffix("\r")
        )
        self._parts, self._begun = [], 0
        return line
