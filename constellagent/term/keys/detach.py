"""Names of control keys, and the key that detaches, found in what a person types."""

import re

from constellagent.errors import UsageError

_NAMED = re.compile(r"(?:ctrl-|c-|\^)(.+)", re.IGNORECASE)


def parse_key(name: str) -> bytes:
    r"""Return the byte of a control key: `ctrl-]`, `C-]` and `^]` are all 0x1d.

    Raises:
        UsageError: it names no control key.
    """
    match = _NAMED.fullmatch(name.strip())
    if match:
        key = match[1].lower()
        if key == "space":
            return b"\0"
        if key == "?":
            return b"\x7f"
        if len(key) == 1 and key in "@abcdefghijklmnopqrstuvwxyz[\\]^_":
            return bytes([ord(key.upper()) & 0x1F])
    raise UsageError(f"{name!r} names no control key", hint="write it as ctrl-], C-] or ^]")


_CTRL = 4
_LOCKS = 64 | 128
"""Caps lock and num lock, which some keyboard protocols report as modifiers."""
_ENCODED = re.compile(
    rb"\x1b\[(?:"
    rb"(?P<key>\d{1,7})(?::\d{0,7}){0,2};(?P<mods>\d{1,3})(?::(?P<event>\d))?(?:;[\d:]{0,40})?u"
    rb"|27;(?P<other_mods>\d{1,3});(?P<other_key>\d{1,7})~)"
)
_UNFINISHED = re.compile(rb"\x1b\[\d[\d:;]{0,60}\Z")
_RELEASE = 3


class DetachScanner:
    """Looks for the detach key in what a person types, however the terminal encodes it.

    One press detaches, unless the next key is the same again: that sends it, once, to the program. Whether
    there is a next key only time can tell, so after a while of `waiting` the caller asks `expire`.
    """

    def __init__(self, key: bytes) -> None:
        """`key` is one control byte, as `parse_key` returns it."""
        self._key = key
        letter = key[0] | 0x40 if key != b"\x7f" else ord("?")
        self._code = ord(chr(letter).lower())
        self._held = b""
        self.pending = False

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """Take typed bytes; return what is for the program, and whether to detach.

        What comes after a detach is dropped: it was not meant for the program.
        """
        if not (self.pending or self._held) and self._key not in data and b"\x1b" not in data:
            return data, False
        data = self._held + data
        unfinished = _UNFINISHED.search(data)
        self._held = unfinished[0] if unfinished else b""
        data = data[: len(data) - len(self._held)]
        passed = bytearray()
        at = 0
        for start, end, pressed in self._keys(data):
            between = data[at:start]
            if self.pending and between:
                return bytes(passed), True
            passed += between
            at = end
            if not pressed:
                continue  # the release of a detach key
            if self.pending:
                passed += data[start:end]
            self.pending = not self.pending
        if self.pending and at < len(data):
            return bytes(passed), True
        passed += data[at:]
        return bytes(passed), False

    def expire(self) -> tuple[bytes, bool]:
        """Return what to do when nothing more came: bytes for the program, and whether to detach."""
        held, self._held = self._held, b""
        return (b"", True) if self.pending else (held, False)

    @property
    def waiting(self) -> bool:
        """Something is undecided: call `expire` if nothing more comes soon."""
        return self.pending or bool(self._held)

    def _keys(self, data: bytes) -> list[tuple[int, int, bool]]:
        """Return where the detach key is, and whether it was pressed rather than released."""
        found = [(at, at + 1, True) for at, byte in enumerate(data) if byte == self._key[0]]
        for match in _ENCODED.finditer(data):
            code = int(match["key"] or match["other_key"])
            modifiers = int(match["mods"] or match["other_mods"]) - 1
            if code == self._code and modifiers & ~_LOCKS == _CTRL:
                found.append((*match.span(), int(match["event"] or 1) != _RELEASE))
        return sorted(found)
