"""Where a screen of ours is known to differ from tmux 3.3a, and why. Anything else is a failure.

Every entry has the shortest output that shows it; a test feeds that to both, so that an entry goes when its
difference has gone. The same list is for readers in docs/terminal.md.
"""

from dataclasses import dataclass

from constellagent.term.cells import Cell, Style


@dataclass(frozen=True)
class Known:
    """A difference.

    Attributes:
        reason: what each of the two does.
        example: output that shows it, and nothing else that differs.
    """

    reason: str
    example: bytes


BLANK_END = "coloured blanks at the end of a row"
LINK = "links"
PROTECTED = "protection"
WRAP_OFF = "last column with wrapping off"

KNOWN = {
    BLANK_END: Known(
        "`capture-pane` prints a row up to its last written cell. tmux has the colour of blanks behind it:"
        " they are printed once something is written further right.",
        b"\x1b[44mx\x1b[K",
    ),
    LINK: Known("tmux 3.3a drops OSC 8.", b"\x1b]8;;http://a.test/\x1b\\link\x1b]8;;\x1b\\"),
    PROTECTED: Known(
        "tmux knows no DECSCA: nothing is spared by a selective erase.", b'\x1b[1"qsafe\x1b[0"q'
    ),
    WRAP_OFF: Known(
        "A character in the last column while DECAWM is off leaves ours with a wrap pending, which only"
        " counts once DECAWM is on again; tmux forgets it.",
        b"\x1b[?7l\x1b[999Cx\x1b[?7h",
    ),
}


def differing(ours: Cell, theirs: Cell, *, at_end: bool) -> str:
    """Return the known difference of two cells; empty for equal ones, the cells themselves for another.

    `at_end`: tmux has printed nothing for this cell, nor for any behind it.
    """
    if ours.width == 0 and theirs.width == 0:
        return ""
    mine = ours._replace(text=ours.text or " ")
    if mine == theirs:
        return ""
    if at_end and mine.text == " " and mine.style == Style(background=mine.style.background):
        return BLANK_END
    if mine._replace(style=mine.style._replace(link=None)) == theirs:
        return LINK
    if mine._replace(style=mine.style._replace(protected=False)) == theirs:
        return PROTECTED
    return f"{mine} {theirs}"
