"""Taking out of output what asks the terminal for an answer, so that nobody answers it a second time.

Kept to `re`, as the holder of each session loads it; and fast, as all output of an attached one passes here.
"""

import re

from constellagent.term.scanner.unfinished import LONGEST, unfinished_at

_QUERY = re.compile(
    rb"\x05"  # ENQ
    rb"|\x1b(?!\[[\d;:]*+m)(?:"  # colours are most of what there is, and none of them asks
    rb"Z"  # DECID
    rb"|\[(?:"
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
    rb"|P[$+]q[^\x1b]{0,1000}\x1b\\"  # settings, termcap
    rb"|_G[^;\x1b]{0,500}\ba=q[^\x1b]{0,500}\x1b\\"  # kitty graphics: can you?
    rb"|\](?:"
    rb"(?:4|5|1\d|52);[^\x07\x1b]{0,1000}\?"  # colours, the clipboard
    rb"|21;[^\x07\x1b]{0,500}=\?[^\x07\x1b]{0,500}"  # kitty colours
    rb"|1337;ReportCellSize"
    rb")(?:\x07|\x1b\\)"
    rb")"
)
_ABORT = b"\x18"


class QueryStripper:
    """Takes out of a program's output whatever makes a terminal answer."""

    def __init__(self) -> None:
        self._held = b""
        self._given = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next output and return it without queries; the start of a possible one is held back."""
        data = self._held + data
        held = unfinished_at(data)
        self._held = data[held:]
        return self._strip(data[:held])

    def flush(self) -> bytes:
        """Return what is held back: no more is to come."""
        held, self._held = self._held, b""
        return held

    def _strip(self, data: bytes) -> bytes:
        first = _QUERY.search(data)
        if first is None:
            self._given = (self._given + data[-LONGEST:])[-LONGEST:]
            return data
        before = len(self._given)
        kept = bytearray(self._given)
        at = 0
        for match in _QUERY.finditer(data, first.start()):
            kept += data[at : match.start()]
            recent = bytes(kept[-LONGEST:])
            if unfinished_at(recent) < len(recent):
                kept += _ABORT  # the query had cut a sequence short, which what follows must not complete
            at = match.end()
        kept += data[at:]
        self._given = bytes(kept[-LONGEST:])
        return bytes(kept[before:])
