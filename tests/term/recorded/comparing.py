"""Gives a screen of ours and a pane of tmux the same, and tells in what they differ."""

from collections import Counter
from collections.abc import Iterator

from constellagent.term.cells import DEFAULT, Cell
from constellagent.term.screen import Screen
from tests.term.recorded.captured import parse
from tests.term.recorded.differences import KNOWN, WRAP_OFF, differing
from tests.term.recorded.pane import Facts, Pane
from tests.term.recorded.recorder import Part

BLANK = Cell(" ", 1, DEFAULT)
_FLAGS = (
    ("keypad_cursor_flag", 1, False),
    ("keypad_flag", 66, False),
    ("mouse_sgr_flag", 1006, False),
    ("insert_flag", 4, True),
    ("wrap_flag", 7, False),
    ("origin_flag", 6, False),
)
"""What tmux calls a mode, the mode, and whether it is one of ANSI's."""
_MOUSE = {"any": "mouse_all_flag", "drag": "mouse_button_flag", "click": "mouse_standard_flag"}
"""Of which tmux keeps one at a time."""


def compare(parts: list[Part]) -> Counter[str]:
    """Return how often which differences are seen at the end of the parts of a recording."""
    rows, columns = parts[0].size
    screen = Screen(rows, columns)
    found: Counter[str] = Counter()
    try:
        with Pane(rows, columns) as pane:
            for part in parts:
                if part.size != (screen.rows, screen.columns):
                    screen.resize(*part.size)
                    pane.resize(*part.size)
                screen.feed(part.output)
                assert screen._terminal.unfinished() == b"", "the recording was cut within a sequence"
                pane.feed(part.output)
                found.update(differences(screen, pane))
    finally:
        screen.close()
    return found


def differences(screen: Screen, pane: Pane) -> Iterator[str]:
    """Yield every difference of what both show now, by its name where it is known."""
    facts = pane.facts()
    for row, (mine, theirs) in enumerate(zip(screen.cells(), parse(pane.capture()), strict=True)):
        if len(theirs) > len(mine):
            yield f"row {row}: tmux has {len(theirs)} columns"
        for column, cell in enumerate(mine):
            printed = column < len(theirs)
            found = differing(cell, theirs[column] if printed else BLANK, at_end=not printed)
            if found:
                yield found if found in KNOWN else f"row {row}, column {column}: {found}"
    yield from _cursor(screen, facts)
    for name, mode, ansi in _FLAGS:
        if screen._terminal.mode(mode, ansi=ansi) != bool(getattr(facts, name)):
            yield f"mode {mode}: tmux says {getattr(facts, name)}"
    mouse = next((name for name, flag in _MOUSE.items() if getattr(facts, flag)), "off")
    if screen.modes().mouse != mouse:
        yield f"mouse {screen.modes().mouse}: tmux says {mouse}"
    if screen._terminal.on_alternate != bool(facts.alternate_on):
        yield f"alternate screen: tmux says {facts.alternate_on}"


def _cursor(screen: Screen, facts: Facts) -> Iterator[str]:
    cursor = screen.cursor()
    # tmux counts one column more instead of remembering that a wrap is pending.
    mine = (cursor.column + cursor.pending_wrap, cursor.row, cursor.visible)
    theirs = (facts.cursor_x, facts.cursor_y, bool(facts.cursor_flag))
    if mine == theirs:
        return
    if cursor.pending_wrap and (cursor.column, cursor.row, cursor.visible) == theirs:
        yield WRAP_OFF
    else:
        yield f"cursor {mine}: tmux says {theirs}"
