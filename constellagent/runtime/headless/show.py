"""What a person sees of a headless run: readable lines, written to its terminal as they come."""

import os
from collections.abc import Iterable, Sequence

_ODD = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\N{REPLACEMENT CHARACTER}") | {
    0x09: "\t",
    0x0A: "\n",
}
"""Control characters by what is shown in their place."""
TOO_LONG = "(a line that is too long is left out)"


class Terminal:
    """Writes lines to standard output; one that is gone is no reason to stop."""

    def __init__(self) -> None:
        """It is there."""
        self._gone = False

    def write(self, lines: Sequence[str]) -> None:
        """Write all of some lines, at once."""
        data = memoryview("".join(f"{line}\n" for line in lines).encode(errors="replace"))
        while data and not self._gone:
            try:
                data = data[os.write(1, data) :]
            except OSError:
                self._gone = True


def harmless(line: str, shown: Iterable[str]) -> list[str]:
    """Return what a reader made of a line, such that it does nothing to a terminal but be read.

    A line that is shown as it came is the program's own, colours and all; but what stood inside of its
    messages must not control the terminal.
    """
    return [text if text == line else text.translate(_ODD) for text in shown]
