"""Keeping programs from a person's clipboard: OSC 52 reaches a terminal as a sequence that none knows.

What it would have written may be long, so only its beginning is changed, and nothing has to be kept.
"""

_WRITES = b"\x1b]52;"
_IGNORED = b"\x1b]7999;"
"""The number is nobody's; terminals skip such a string to its end."""


class ClipboardGuard:
    """Makes nothing of what a program writes to the clipboard, however its output is cut."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next output and return it harmless; a possible beginning at its end is held back."""
        data = (self._held + data).replace(_WRITES, _IGNORED)
        self._held = b""
        last = data.rfind(b"\x1b", -len(_WRITES) + 1)
        if last >= 0 and _WRITES.startswith(data[last:]):
            self._held = data[last:]
            return data[:last]
        return data

    def flush(self) -> bytes:
        """Return what is held back: no more is to come."""
        held, self._held = self._held, b""
        return held
