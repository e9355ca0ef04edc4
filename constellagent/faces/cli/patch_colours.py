"""Which colour each line of a unified patch has.

A line that begins with `---` is the head of a file or a removed line: only counting the lines of each hunk
tells which.
"""

import re
from collections.abc import Iterator

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def coloured(patch: str) -> Iterator[tuple[str, str]]:
    """Return (colour, line) for each line; the colours are those of `screen.paint`."""
    old = new = 0
    for line in patch.removesuffix("\n").split("\n") if patch else ():
        sign = line[:1]
        if old <= 0 and new <= 0:
            if hunk := _HUNK.match(line):
                old, new = (1 if count is None else int(count) for count in hunk.groups())
                yield "cyan", line
            else:
                yield ("dim" if sign == "\\" else "bold"), line
        elif sign == "\\":
            yield "dim", line
        else:
            old, new = old - (sign != "+"), new - (sign != "-")
            yield {"+": "green", "-": "red"}.get(sign, ""), line
