"""A slow and plain reading of output, byte by byte, that the fast one is compared with."""

from typing import Literal

from constellagent.term.scanner.events import Bell, Signal
from constellagent.term.scanner.notices import Notices
from constellagent.term.scanner.payloads import LONGEST, LONGEST_CLIPBOARD, parse

Place = Literal["text", "escape", "string", "string escape"]


class Oracle:
    """The state machine of a terminal, as far as strings and bells go."""

    def __init__(self) -> None:
        self.place: Place = "text"
        self.osc = False
        self.content = bytearray()
        self.found: list[Signal] = []
        self.notices = Notices()

    def feed(self, data: bytes) -> list[Signal]:
        """Read everything from the start."""
        for offset, byte in enumerate(data, 1):
            self._byte(byte, offset)
        return self.found

    def _byte(self, byte: int, offset: int) -> None:
        if self.place == "string":
            self._in_string(byte, offset)
        elif self.place == "string escape" and byte == ord("\\"):
            self._finish(offset)
        elif byte == 0x1B:
            self.place = "escape"
        elif byte == 0x07:
            self.found.append(Bell(1, offset))
            self.place = "escape" if self.place != "text" else "text"
        elif self.place == "text":
            pass
        elif byte in {0x18, 0x1A}:
            self.place = "text"
        elif byte < 0x20 or byte == 0x7F:
            self.place = "escape"
        elif chr(byte) in "]PX^_":
            self.place, self.osc, self.content = "string", byte == ord("]"), bytearray()
        else:
            self.place = "text"

    def _in_string(self, byte: int, offset: int) -> None:
        if byte == 0x1B:
            self.place = "string escape"
        elif byte in {0x18, 0x1A}:
            self.place = "text"
        elif (byte == 0x07 and self.osc) or (byte == 0x9C and not self._goes_on(byte)):
            self._finish(offset)
        else:
            self.content.append(byte)

    def _goes_on(self, byte: int) -> bool:
        """Whether the byte is not the first of a character that it is a part of."""
        for count in (1, 2, 3):
            if len(self.content) >= count:
                try:
                    bytes([*self.content[-count:], byte]).decode()
                except UnicodeDecodeError as error:
                    if (
                        error.start == 0
                        and error.end == count + 1
                        and error.reason == "unexpected end of data"
                    ):
                        return True
                else:
                    return self.content[-count] >= 0xC2
        return False

    def _finish(self, offset: int) -> None:
        self.place = "text"
        content = bytes(self.content)
        if not self.osc or len(content) > (LONGEST_CLIPBOARD if content.startswith(b"52;") else LONGEST):
            return
        said = (
            self.notices.take(content[3:], offset) if content.startswith(b"99;") else parse(content, offset)
        )
        if said is not None:
            self.found.append(said)


def merged(found: list[Signal]) -> list[Signal]:
    """Return the same with neighbouring bells counted together."""
    together: list[Signal] = []
    for signal in found:
        before = together[-1] if together else None
        if isinstance(signal, Bell) and isinstance(before, Bell):
            together[-1] = Bell(before.count + signal.count, signal.offset)
        else:
            together.append(signal)
    return together
