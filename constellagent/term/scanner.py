"""Reading the bytes a program writes to its terminal, without drawing them.

Two readers, both incremental and bounded: one takes out what asks the terminal for an answer, so that output
shown again later is not answered again; one knows which modes are on, so that a terminal can be put into the
program's modes and back.
"""

import re

_LONGEST = 1100
"""No sequence that either reader looks for is longer."""

_CSI = rb"\[[0-?]{0,64}[ -/]{0,4}"
_QUERY = re.compile(
    rb"\x05"  # ENQ
    rb"|\x1bZ"  # DECID
    rb"|\x1b\[(?:"
    rb"[>=]?[\d;]{0,64}c"  # device attributes
    rb"|\??[\d;]{0,64}n"  # status, cursor position
    rb"|>[\d;]{0,64}q"  # name and version
    rb"|\??[\d;]{0,64}\$p"  # is this mode set
    rb"|[\d;]{0,64}\$w"  # presentation state
    rb"|[\d;]{0,64}\*y"  # checksum of an area
    rb"|\?u"  # kitty keyboard flags
    rb"|\?[\d;]{0,64}m"  # key modifier options
    rb"|\?\d{1,8};1(?:;\d{0,8}){0,4}S"  # graphics limits
    rb"|(?:1[1345689]|2[01])(?:;\d{0,8}){0,4}t"  # window reports
    rb"|[01]?x"  # terminal parameters
    rb"|&u"  # preferred supplemental set
    rb"|[\d;]{0,64}\#[|R]"  # colours and rendition of the stack
    rb")"
    rb"|\x1bP[$+]q[^\x1b]{0,1000}\x1b\\"  # settings, termcap
    rb"|\x1b_G[^;\x1b]{0,500}\ba=q[^\x1b]{0,500}\x1b\\"  # kitty graphics: can you?
    rb"|\x1b\](?:"
    rb"(?:4|5|1\d|52);[^\x07\x1b]{0,1000}\?"  # colours, the clipboard
    rb"|21;[^\x07\x1b]{0,500}=\?[^\x07\x1b]{0,500}"  # kitty colours
    rb"|1337;ReportCellSize"
    rb")(?:\x07|\x1b\\)"
)
_UNFINISHED = re.compile(rb"\x1b(?:" + _CSI + rb"|\][^\x07\x1b]*\x1b?|[P_][^\x1b]*\x1b?)?\Z")
_ABORT = b"\x18"


class QueryStripper:
    """Takes out of a program's output whatever makes a terminal answer."""

    def __init__(self) -> None:
        self._held = b""
        self._given = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next output and return it without queries; the start of a possible one is held back."""
        data = self._held + data
        held = _unfinished_at(data)
        self._held = data[held:]
        return self._strip(data[:held])

    def flush(self) -> bytes:
        """Return what is held back: no more is to come."""
        held, self._held = self._held, b""
        return held

    def _strip(self, data: bytes) -> bytes:
        before = len(self._given)
        kept = bytearray(self._given)
        at = 0
        for match in _QUERY.finditer(data):
            kept += data[at : match.start()]
            recent = bytes(kept[-_LONGEST:])
            if _unfinished_at(recent) < len(recent):
                kept += _ABORT  # the query had cut a sequence short, which what follows must not complete
            at = match.end()
        kept += data[at:]
        self._given = bytes(kept[-_LONGEST:])
        return bytes(kept[before:])


def _unfinished_at(data: bytes) -> int:
    """Return where a sequence begins that more bytes could complete; the length of `data` where none does."""
    last = data.rfind(b"\x1b")
    before = data.rfind(b"\x1b", 0, last) if last == len(data) - 1 else -1
    for start in (before, last):
        if start >= 0 and len(data) - start <= _LONGEST and _UNFINISHED.match(data, start):
            return start
    return len(data)


_MODE = re.compile(
    rb"\x1b(?:\[\?(?P<modes>[\d;]{1,64})(?P<on>[hl])"
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
        held = _unfinished_at(data)
        self._held = data[held:]
        for match in _MODE.finditer(data, 0, held):
            self._take(match)

    def setup_sequence(self) -> bytes:
        """Return what puts a fresh terminal into the modes that are on."""
        parts = [b"\x1b[?%dh" % mode for mode in sorted(self._on, key=lambda mode: mode not in _ALTERNATE)]
        parts += [b"\x1b[?%dl" % mode for mode in sorted(self._off)]
        parts += [b"\x1b[>%su" % flags for flags in self._keys[self.alternate_screen]]
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
        if self._other_keys:
            parts.append(b"\x1b[>4m")
        parts += [b"\x1b[?%dl" % mode for mode in sorted(self._on - _ALTERNATE)]
        parts += [b"\x1b[?%dl" % mode for mode in sorted(self._on & _ALTERNATE)]
        if self.alternate_screen and self._keys[False]:
            parts.append(b"\x1b[<%du" % len(self._keys[False]))
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
        elif mode in _KEPT:
            (self._on.add if on else self._on.discard)(mode)

    def _keyboard(self, kind: bytes, flags: bytes) -> None:
        """Follow the kitty keyboard protocol, whose stack each screen has for itself."""
        stack = self._keys[self.alternate_screen]
        if kind == b">":
            stack.append(flags.partition(b";")[0])
            del stack[:-16]
        elif kind == b"<":
            del stack[max(0, len(stack) - int(flags.partition(b";")[0] or b"1")) :]
