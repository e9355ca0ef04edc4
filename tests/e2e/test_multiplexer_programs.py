"""Programs that draw whole screens look the same in a tile as in a bare terminal of its size."""

import contextlib
import shutil
from pathlib import Path

import pytest

from constellagent.term.cells import DEFAULT, Cell
from tests.e2e.desk import Desk
from tests.e2e.place import Place
from tests.e2e.tmux import Tmux
from tests.reliability.lab import wait_for
from tests.term.recorded.captured import parse

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
COLUMNS, ROWS = 55, 21
"""The one tile's size in a window of 80x24."""
LEFT, TOP = 25, 1
CODE = '''def greet(name: str) -> str:
    """Say hello: wide 世界, combined e\u0301."""
    # a comment
    return f"hello {name}" * 2  # TODO
'''
PROGRAMS = {
    "vim": (
        "vim -n -u NONE -c 'syntax on' -c 'set number hlsearch' -c /hello code.py",
        [["G"], ["g", "g", "A", "x", "Escape"]],
    ),
    "less": ("less -R -N coloured.txt", [["Space"], ["/", "7", "Enter"]]),
    "dialog": ("sh -c 'clear; cat coloured.txt | head -5; tput smacs; echo lqqk; tput rmacs; read x'", []),
}


def _cells(
    terminal: Tmux, columns: int, *, left: int = 0, top: int = 0, rows: int = ROWS
) -> list[list[Cell]]:
    """Return a rectangle of what a terminal shows, to its full width."""
    found = parse(terminal.screen(styled=True).split("\n")[:-1])[top : top + rows]
    blank = Cell(" ", 1, DEFAULT)
    return [(row + [blank] * (left + columns))[left : left + columns] for row in found]


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_it_looks_as_in_a_bare_terminal(place: Place, name: str) -> None:
    """Every cell, with text, colours and attributes, after it started and after keys."""
    program, presses = PROGRAMS[name]
    sized = f'until [ "$(stty size)" = "{ROWS} {COLUMNS}" ]; do sleep 0.1; done'
    place.agent(f"{{shell: {_quoted(f'{sized}; read start; exec {program}')}, identity: false}}")
    place.run("apply", "--yes")
    tree = place.tree_of()
    _material(tree)
    with (
        Desk(place, COLORTERM="truecolor") as desk,
        Tmux(
            tree, {**place.environment(), "LC_ALL": "C.UTF-8"}, columns=COLUMNS, rows=ROWS, name="bare"
        ) as bare,
    ):
        terminal = desk.attach()
        bare.enter(f"exec env TERM=xterm-256color {program}")
        terminal.press("Enter")
        for keys in [[], *presses]:
            if keys:
                terminal.press(*keys)
                bare.press(*keys)
            with contextlib.suppress(AssertionError):
                wait_for(lambda: not _differences(bare, terminal), "both to look the same", 8)
            assert not _differences(bare, terminal), f"after {keys}:\n{terminal.screen()}"


def _differences(bare: Tmux, terminal: Tmux) -> list[str]:
    """Return in which cells the tile differs, and how; an empty terminal differs as well."""
    pairs = zip(_cells(bare, COLUMNS), _cells(terminal, COLUMNS, left=LEFT, top=TOP), strict=True)
    found = [
        f"row {row}, column {column}: {theirs} in a terminal, {ours} in a tile"
        for row, both in enumerate(pairs)
        for column, (theirs, ours) in enumerate(zip(*both, strict=True))
        if theirs != ours
    ]
    return found or ([] if bare.screen().strip() else ["nothing is shown"])


def _quoted(text: str) -> str:
    """Return a text as YAML has it between double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _material(tree: Path) -> None:
    (tree / "code.py").write_text(CODE * 20)
    lines = [
        f"\x1b[38;5;{16 + number}mcolour {number}\x1b[0m "
        f"\x1b[{number % 9 + 1}mlook\x1b[0m \x1b[48;2;9;{number};99mback\x1b[0m"
        for number in range(100)
    ]
    (tree / "coloured.txt").write_text("\n".join(lines) + "\n")
