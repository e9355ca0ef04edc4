"""The last lines that a program wrote to its terminal, as plain text for a mail."""

import re

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)"  # titles, links, strings for the terminal
    r"|\x1b[ -/]*[0-~]"  # everything else
    r"|\x1b",
    re.DOTALL,
)
_LONGEST_LINE = 200


def last_lines(output: bytes, most: int) -> list[str]:
    """Return at most so many lines from the end, without empty ones at the end and without sequences.

    Of a line that was written over, as by a progress bar, what stood there last is returned.
    """
    text = _SEQUENCE.sub("", output.decode(errors="replace")).replace("\r\n", "\n")
    lines = [_shown(line) for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines[-most:]


def _shown(line: str) -> str:
    seen = line.rstrip("\r").rpartition("\r")[2].replace("\t", "    ")
    shown = "".join(c for c in seen if c.isprintable()).rstrip()
    return shown if len(shown) <= _LONGEST_LINE else f"{shown[: _LONGEST_LINE - 1]}\N{HORIZONTAL ELLIPSIS}"
