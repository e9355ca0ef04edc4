"""What goes onto a terminal: colour only where it is wanted, width in columns, aligned tables, calm words.

stdout is the result, stderr the talk; both decide for themselves whether they are a terminal.
"""

import json
import os
import sys
import unicodedata
from collections.abc import Sequence
from typing import TextIO

from constellagent.errors import ConstellagentError, RefusedError, SpecError
from constellagent.faces.wording import counted

_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36", "dim": "2", "bold": "1"}
_SYMBOLS = {"+": "green", "~": "yellow", "-": "red", "!": "yellow", "?": "cyan", "x": "red"}
_forbidden = [False]


def forbid_colour() -> None:
    """Write no colour for the rest of this process (`--no-color`)."""
    _forbidden[0] = True


def coloured(stream: TextIO) -> bool:
    """Whether colour may be written to `stream`: a terminal, not `dumb`, and nobody said no."""
    wanted = not _forbidden[0] and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """Return `text` in a colour where `stream` shows it; unchanged elsewhere."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if text and colour and coloured(stream) else text


def say(text: str) -> None:
    """Give a line of the result: stdout."""
    sys.stdout.write(text + "\n")


def say_json(value: object) -> None:
    """Give the result as JSON: stdout."""
    say(json.dumps(value, indent=2))


def tell(text: str) -> None:
    """Say something beside the result: stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def tell_error(error: ConstellagentError) -> None:
    """Say what failed and what to do: `error:` and `hint:` lines on stderr."""
    message = clean(error.message, lines=True)
    if isinstance(error, SpecError):
        tell(message)
        message = f"{counted(len(error.problems), 'problem')} in {error.file}"
    tell(f"{paint('error:', 'red', sys.stderr)} {message}")
    if isinstance(error, RefusedError):
        for loss in error.losses:
            tell(f"  {clean(loss)}")
    if error.hint:
        tell(f"{paint('hint:', 'cyan', sys.stderr)} {clean(error.hint, lines=True)}")


def clean(text: str, *, lines: bool = False) -> str:
    """Return `text` without control characters, which could move the cursor or hide words."""
    kept = "\t\n" if lines else "\t"
    return "".join(
        c if c in kept or not unicodedata.category(c).startswith("C") else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )


def paint_plan(lines: Sequence[str], stream: TextIO) -> list[str]:
    """Colour the lines of a plan by the symbol that each begins with."""
    painted = []
    for line in lines:
        body = line.lstrip()
        colour = _SYMBOLS.get(body[:1], "") if body[1:2] == " " else ""
        painted.append(paint(clean(line), colour, stream))
    return painted


def width(text: str) -> int:
    """Return how many columns `text` takes: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def shorten(text: str, columns: int) -> str:
    """Cut `text` to at most `columns` columns, with an ellipsis where something is missing."""
    if width(text) <= columns:
        return text
    kept, used = "", 1
    for character in text:
        used += _columns(character)
        if used > columns:
            break
        kept += character
    return kept + "…"


def terminal_columns() -> int:
    """Return the terminal's width; without a terminal there is no limit, so that nothing is cut in a file."""
    return terminal_size(sys.stdout).columns if sys.stdout.isatty() else sys.maxsize


def terminal_size(stream: TextIO) -> os.terminal_size:
    """Return the size of the terminal behind `stream`; COLUMNS and LINES win, 80 x 24 is the last resort."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        size = os.terminal_size((0, 0))
    said = (os.environ.get("COLUMNS", ""), os.environ.get("LINES", ""))
    columns, lines = (int(text) if text.isdecimal() else 0 for text in said)
    return os.terminal_size((columns or size.columns or 80, lines or size.lines or 24))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], columns: int) -> list[list[str]]:
    """Return head and rows padded into aligned cells that fit `columns`; wide cells of the last ones are cut.

    The widest column gives way first, never below eight columns.
    """
    cells = [[clean(cell) for cell in row] for row in (head, *rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(head))]
    while sum(widths) + 2 * (len(widths) - 1) > columns and max(widths) > 8:
        widths[widths.index(max(widths))] -= 1
    return [
        [
            shorten(cell, wide) + " " * (wide - width(shorten(cell, wide)))
            for cell, wide in zip(row, widths, strict=True)
        ]
        for row in cells
    ]
