"""The text of rows, without their looks."""

from constellagent.term.screen import history
from constellagent.term.screen.reader import Reader
from constellagent.term.screen.terminal import Terminal


def read_rows(terminal: Terminal, start: int, stop: int) -> list[str]:
    """Return the text of rows, counted from the oldest; blanks at their ends stay where they were written."""
    rows = terminal.format(start, stop).decode("utf-8", "replace").split("\n")
    return rows + [""] * (stop - start - len(rows))


def read_wraps(terminal: Terminal, primary: Reader, start: int, stop: int) -> list[bool]:
    """Return of each row whether the next one continues it."""
    return [reader.wraps() for reader in history.read(terminal, primary, start, stop)]


def joined(rows: list[str], wraps: list[bool]) -> list[list[str]]:
    """Return the lines that the rows make: each the rows that a soft wrap cut it into."""
    lines: list[list[str]] = []
    continues = False
    for row, wrap in zip(rows, wraps, strict=True):
        if continues:
            lines[-1].append(row)
        else:
            lines.append([row])
        continues = wrap
    return lines
