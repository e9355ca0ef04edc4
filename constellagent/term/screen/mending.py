"""Three sequences that the engine does not treat as a terminal of a fixed size without a status line does.

It ignores a soft reset (DECSTR), which `reset`, `tput rs2` and full-screen programs count on; and after
DECSASD has chosen the status line it swallows all output, though there is no status line; and once a program
has allowed 132 columns it lets DECCOLM change the width, which is for the viewer to say. All are let through
and what they should have done is written right behind them, so nothing is ever held back and a sequence may
be cut anywhere.
"""

import re
from itertools import pairwise

SOFT_RESET = b"\x1b[!p"
TO_STATUS_LINE = b"\x1b[1$}"
TO_SCREEN = b"\x1b[0$}"
ALLOW_132_COLUMNS = b"\x1b[?40h"
FORBID_132_COLUMNS = b"\x1b[?40l"
_ANY = re.compile(rb"\x1b\[(?:!p|1\$\}|\?40h)")
_ENDS = (b"!p", b"$}", b"?40h")
_LONGEST = len(ALLOW_132_COLUMNS)

AFTER_SOFT_RESET = (
    b"\x1b[0$}"  # write to the screen
    b'\x1b[m\x1b[0"q'  # no attributes, no protection
    b"\x1b[?25h\x1b[?1l\x1b[?66l\x1b[?7h\x1b[4l\x1b[2l"  # cursor, keys, wrapping, replacing, unlocked
    b"\x1b[?6l\x1b[?69l\x1b[r"  # no margins
    b"\x1b(B\x1b)B\x1b*B\x1b+B\x0f"  # character sets
    b"\x1b[H\x1b7"  # what is saved: home, without attributes
)
"""What a soft reset does, but for the cursor, which must be put back where it was."""


class Mender:
    """Finds the ends of these sequences in output that comes in pieces."""

    def __init__(self) -> None:
        self._tail = b""

    def split(self, data: bytes) -> list[bytes]:
        """Cut output right behind every such sequence."""
        if b"\x1b" not in self._tail and not any(end in data for end in _ENDS):
            self._tail = data[-_LONGEST + 1 :]
            return [data]
        before = len(self._tail)
        joined = self._tail + data
        ends = [match.end() - before for match in _ANY.finditer(joined) if match.end() > before]
        self._tail = joined[-_LONGEST + 1 :]
        cuts = [0, *ends, len(data)]
        return [data[start:end] for start, end in pairwise(cuts)]
