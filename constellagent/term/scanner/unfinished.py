"""Where a piece of output ends in the middle of a sequence, for readers that look at whole ones only.

Kept to `re`: the holder of every session loads it.
"""

import re

LONGEST = 1100
"""No sequence that these readers look for is longer."""

_CSI = rb"\[[0-?]{0,64}[ -/]{0,4}"
_UNFINISHED = re.compile(rb"\x1b(?:" + _CSI + rb"|\][^\x07\x1b]*\x1b?|[P_][^\x1b]*\x1b?)?\Z")


def unfinished_at(data: bytes) -> int:
    """Return where a sequence begins that more bytes could complete; the length of `data` where none does."""
    last = data.rfind(b"\x1b")
    before = data.rfind(b"\x1b", 0, last) if last == len(data) - 1 else -1
    for start in (before, last):
        if start >= 0 and len(data) - start <= LONGEST and _UNFINISHED.match(data, start):
            return start
    return len(data)
