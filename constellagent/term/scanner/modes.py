"""Knowing which modes a program has switched on, so that a terminal can be put into them and back."""

import re

from constellagent.term.scanner.unfinished import unfinished_at

_MODE = re.compile(
    rb"\x1b(?!\[[\d;:]*+m)"  # colours are most of what there is
    rb"(?:\[\?(?P<modes>[\d;]{1,64})(?P<on>[hl])"
    rb"|\[(?P<keys>[<>=])(?P<flags>[\d;]{0,16})u"
    rb"|\[>4(?:;(?P<other>\d{0,3}))?m"
    rb"|\[(?P<margins>[\d;]{0,16})r"
    rb"|\[(?P<shape>\d{0,2}) q"
    rb"|(?P<keypad>[=>])"
    rb"|(?P<soft>\[!p)"
    rb"|(?P<reset>c))"
)
_ALTERNATE = frozenset({47, 1047, 1049})
_KEPT = frozenset({1, 9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2031, 2048}) | _ALTERNATE
"""Private modes that are off in a fresh terminal and matter to whoever uses it next."""
_HIDDEN = frozenset({7, 25})
"""The two that are on in a fresh terminal: wrapping at the margin, and the cursor."""


class ModeTracker:
    """Knows which modes a program has switched on."""

    def __init__(self) -> None:
        self._held = b""
        self._start()

    def _start(self) -> None:
        self._on: set[int] = set()
        self._off: set[int] = set()
        self._keys: dict[bool, list[bytes]] = {False: [], True: []}
        self._set_keys: dict[bool, bytes] = {False: b"", True: b""}
        self._other_keys = b""
        self._margins = b""
        self._shape = b""
        self._keypad = False

    @property
    def bracketed_paste(self) -> bool:
        """The program wants to know where a paste begins and ends."""
        return 2004 in self._on

    @property
    def alternate_screen(self) -> bool:
        """The program draws on the screen that has no scrollback."""
        return bool(self._on & _ALTERNATE)

    @property
    def mouse(self) -> bool:
        """The program wants reports of the mouse."""
        return bool(self._on & {9, 1000, 1002, 1003})

    def feed(self, data: bytes) -> None:
        """Take the next output."""
        if not self._held and b"\x1b" not in data:
            return
        data = self._held + data
        held = unfinished_at(data)
        self._held = data[held:]
        for match in _MODE.finditer(data, 0, held):
            self._take(match)

    def setup_sequence(self) -> bytes:
        """Return what puts a fresh terminal into the modes that are on."""
        parts = [b"\x1b[?%dh" % mode for mode in sorted(self._on, key=lambda mode: mode not in _ALTERNATE)]
        parts += [b"\x1b[?%dl" % mode for mode in sorted(self._off)]
        parts += [b"\x1b[>%su" % flags for flags in self._keys[self.alternate_screen]]
        if self._set_keys[self.alternate_screen]:
            parts.append(b"\x1b[=%su" % self._set_keys[self.alternate_screen])
        if self._other_keys:
            parts.append(b"\x1b[>4;%sm" % self._other_keys)
        if self._shape:
            parts.append(b"\x1b[%s q" % self._shape)
        if self._keypad:
            parts.append(b"\x1b=")
        return b"".join(parts)

    def reset_sequence(self) -> bytes:
        """Return what gives a terminal back as a shell expects it; modes that are off stay untouched."""
        parts = []
        if self._margins:
            parts.append(b"\x1b7\x1b[r\x1b8")
        if self._keys[self.alternate_screen]:
            parts.append(b"\x1b[<%du" % len(self._keys[self.alternate_screen]))
        if self._set_keys[self.alternate_screen]:
            parts.append(b"\x1b[=0u")
        if self._other_keys:
            parts.append(b"\x1b[>4m")
        parts += [b"\x1b[?%dl" % mode for mode in sorted(self._on - _ALTERNATE)]
        parts += [b"\x1b[?%dl" % mode for mode in sorted(self._on & _ALTERNATE)]
        if self.alternate_screen and self._keys[False]:
            parts.append(b"\x1b[<%du" % len(self._keys[False]))
        if self.alternate_screen and self._set_keys[False]:
            parts.append(b"\x1b[=0u")
        parts += [b"\x1b[?%dh" % mode for mode in sorted(self._off)]
        if self._shape:
            parts.append(b"\x1b[0 q")
        if self._keypad:
            parts.append(b"\x1b>")
        return b"".join([*parts, b"\x1b[?25h\x1b[0m"])

    def _take(self, match: "re.Match[bytes]") -> None:
        if match["modes"]:
            for mode in match["modes"].split(b";"):
                self._switch(int(mode or b"0"), on=match["on"] == b"h")
        elif match["keys"]:
            self._keyboard(match["keys"], match["flags"])
        elif match["keypad"]:
            self._keypad = match["keypad"] == b"="
        elif match["margins"] is not None:
            self._margins = match["margins"]
        elif match["shape"] is not None:
            self._shape = match["shape"].lstrip(b"0")
        elif match["reset"]:
            self._start()
        elif match["soft"]:
            self._off.clear()
            self._on.discard(1)
            self._margins = b""
            self._keypad = False
        else:
            self._other_keys = (match["other"] or b"").lstrip(b"0")

    def _switch(self, mode: int, *, on: bool) -> None:
        if mode in _HIDDEN:
            (self._off.discard if on else self._off.add)(mode)
        elif mode in _ALTERNATE and not on:
            self._on -= _ALTERNATE
            self._keys[True].clear()
            self._set_keys[True] = b""
        elif mode in _KEPT:
            (self._on.add if on else self._on.discard)(mode)

    def _keyboard(self, kind: bytes, flags: bytes) -> None:
        """Follow the kitty keyboard protocol, whose stack each screen has for itself."""
        stack = self._keys[self.alternate_screen]
        if kind == b"=":
            self._set_keys[self.alternate_screen] = b"" if flags.startswith(b"0") else flags
        elif kind == b">":
            stack.append(flags.partition(b";")[0])
            del stack[:-16]
        else:
            del stack[max(0, len(stack) - int(flags.partition(b";")[0] or b"1")) :]
            self._set_keys[self.alternate_screen] = b""  # what was set went with what was pushed
