"""Finding what a program says about itself: title, folder, notifications, progress, marks, bells.

Whole stretches are searched at once, never byte by byte, because every session's whole output passes here.
A string that never ends costs its bound in memory and one search of each byte. Eight-bit control characters
are text, as output is UTF-8; only inside a string 0x9c ends it, and only where no character holds it.
"""

import re

from constellagent.term.scanner.events import Bell, Signal
from constellagent.term.scanner.notices import Notices
from constellagent.term.scanner.payloads import LONGEST, LONGEST_CLIPBOARD, parse

_STRING = re.compile(rb"\x1b[\x00-\x17\x19\x1c-\x1f\x7f]*+([]PX^_])")
"""The start of a string; other control characters take effect in the middle of it, as in any sequence."""
_WHOLE = re.compile(rb"([^\x07\x18\x1a\x1b\x9c]{0,%d}+)(?:\x07|\x1b\\)" % LONGEST)
"""The rest of an OSC where it is short, plain, and there at once, as nearly all are."""
_OPEN = re.compile(rb"\x1b[\x00-\x17\x19\x1c-\x1f\x7f]*\Z")
"""An escape at the end of the output, of which the next byte says what it is."""

_OF_THREE = rb"\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f]"
_OF_FOUR = rb"\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f]"
_ENDS = (
    rb"(?:(?<!\x9c)|"
    rb"(?<![\xc2-\xdf\xe1-\xf3].)"
    rb"(?<!(?:" + _OF_THREE + rb"|" + _OF_FOUR + rb").)"
    rb"(?<!(?:" + _OF_FOUR + rb")[\x80-\xbf].))"
)
_OSC_END = re.compile(rb"[\x07\x18\x1a\x1b\x9c]" + _ENDS, re.DOTALL)
_OTHER_END = re.compile(rb"[\x18\x1a\x1b\x9c]" + _ENDS, re.DOTALL)
"""The end of a string, good or bad. Whether 0x9c goes on a character is seen from the three bytes before."""
_BEHIND = 3

_ESCAPE, _CANCEL, _SUBSTITUTE = b"\x1b", 0x18, 0x1A
_BACKSLASH = ord("\\")


class SignalScanner:
    """Reads the output of one session, from its start or from anywhere."""

    def __init__(self) -> None:
        self._held = b""
        """The last bytes again: an open escape, or those that tell whether the next goes on a character."""
        self._again = 0
        """How many of the held bytes are still to be read."""
        self._end: re.Pattern[bytes] | None = None
        """What ends the string that the output is in; None outside of one."""
        self._payload: bytearray | None = None
        """What the OSC holds so far; None in other strings, and where it is too long."""
        self._read = 0
        self._notices = Notices()

    def feed(self, data: bytes) -> list[Signal]:
        """Take the next output and return what it says.

        However output is cut into parts, the same is found, but that bells of one part are counted together.
        """
        start, at = self._read - len(self._held), len(self._held) - self._again
        self._read += len(data)
        if self._held:
            data = self._held + data
            self._held, self._again = b"", 0
        found: list[Signal] = []
        while at < len(data):
            read = self._text if self._end is None else self._string
            at = read(data, at, start, found)
        return found

    def _text(self, data: bytes, at: int, start: int, found: list[Signal]) -> int:
        """Read up to the start of a string that is not whole, counting bells; return how far."""
        while (string := _STRING.search(data, at)) is not None:
            within = string.end()
            self._ring(data, at, within, start, found)
            osc = string[1] == b"]"
            whole = _WHOLE.match(data, within) if osc else None
            if whole is None:
                self._end, self._payload = (_OSC_END, bytearray()) if osc else (_OTHER_END, None)
                return within
            at = whole.end()
            self._say(whole[1], start + at, found)
        self._ring(data, at, len(data), start, found)
        escape = data.rfind(_ESCAPE, at)
        if escape >= 0 and _OPEN.match(data, escape):
            self._held, self._again = _ESCAPE, 1
        return len(data)

    def _string(self, data: bytes, at: int, start: int, found: list[Signal]) -> int:
        """Read up to the end of a string; return how far."""
        assert self._end is not None
        end = self._end.search(data, at)
        stop = len(data) if end is None else end.start()
        self._collect(data[at : min(stop, at + LONGEST_CLIPBOARD + 1)])
        if end is None:
            self._held = data[-_BEHIND:]
            return stop
        after = stop + 1
        if data.startswith(_ESCAPE, stop):
            if after == len(data):
                self._held, self._again = _ESCAPE, 1
                return after
            if data[after] != _BACKSLASH:
                self._end = self._payload = None  # cut short; the escape begins something else
                return stop
            after += 1
        self._end = None
        if self._payload is not None and data[stop] not in {_CANCEL, _SUBSTITUTE}:
            self._say(bytes(self._payload), start + after, found)
        self._payload = None
        return after

    def _collect(self, part: bytes) -> None:
        if self._payload is None:
            return
        self._payload += part
        if len(self._payload) > (LONGEST_CLIPBOARD if self._payload.startswith(b"52;") else LONGEST):
            self._payload = None

    def _say(self, payload: bytes, offset: int, found: list[Signal]) -> None:
        """Add what a whole OSC says."""
        notice = payload.startswith(b"99;")
        signal = self._notices.take(payload[3:], offset) if notice else parse(payload, offset)
        if signal is not None:
            found.append(signal)

    @staticmethod
    def _ring(data: bytes, at: int, stop: int, start: int, found: list[Signal]) -> None:
        """Add the bells of a stretch of text."""
        bells = data.count(b"\x07", at, stop)
        if not bells:
            return
        last = start + data.rfind(b"\x07", at, stop) + 1
        before = found[-1] if found else None
        if isinstance(before, Bell):
            found[-1] = Bell(before.count + bells, last)
        else:
            found.append(Bell(bells, last))
