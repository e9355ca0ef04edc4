"""Programs that draw whole screens look the same in a tile as in a bare terminal of its size."""

import shutil
from pathlib import Path

import pytest

from constellagent.term.cells import DEFAULT, Cell
from tests.e2e.desk import Desk
from tests.e2e.place import Place
from tests.e2e.tmux import PATIENCE, Tmux
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
Step = tuple[list[str], str]
"""Keys, and what is seen once the program has done what they mean."""
PROGRAMS: dict[str, tuple[str, list[Step]]] = {
    "vim": (
        "vim -n -u NONE -c 'syntax on' -c 'set number hlsearch' -c /hello code.py",
        [
            ([], '"code.py" 80 lines'),
            (["G"], "80     return"),
            (["g", "g", "A", "x", "Escape"], "-> str:x"),
        ],
    ),
    "less": (
        "less -R -N coloured.txt",
        [([], "coloured.txt"), (["Space"], "colour 39 "), (["/", "7", "Enter"], "colour 46 ")],
    ),
    "dialog": (
        "sh -c 'clear; cat coloured.txt | head -5; tput smacs; echo lqqk; tput rmacs; read x'",
        [([], "┌──┐")],
    ),
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
    program, steps = PROGRAMS[name]
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
        for keys, seen in steps:
            if keys:
                terminal.press(*keys)
                bare.press(*keys)
            _become_alike(bare, terminal, keys, seen)


def _become_alike(bare: Tmux, terminal: Tmux, keys: list[str], seen: str) -> None:
    """Wait until the program shows `seen`, and the tile shows the same in every cell."""
    found: list[str] = []

    def alike() -> bool:
        nonlocal found
        found = _differences(bare, terminal, seen)
        return not found

    try:
        wait_for(alike, "both to look the same", PATIENCE)
    except AssertionError as error:
        told = "\n".join(found[:10])
        raise AssertionError(f"{error}, after {keys}:\n{told}\n{terminal.screen()}") from None


def _differences(bare: Tmux, terminal: Tmux, seen: str) -> list[str]:
    """Return in which cells the tile differs, and how; so does a program that does not show `seen` yet.

    Each terminal is looked at once, for the program may write between two looks.
    """
    wanted, shown = _cells(bare, COLUMNS), _cells(terminal, COLUMNS, left=LEFT, top=TOP)
    if not any(seen in "".join(cell.text for cell in row) for row in wanted):
        return [f"{seen!r} is not shown in a terminal"]
    return [
        f"row {row}, column {column}: {theirs} in a terminal, {ours} in a tile"
        for row, both in enumerate(zip(wanted, shown, strict=True))
        for column, (theirs, ours) in enumerate(zip(*both, strict=True))
        if theirs != ours
    ]


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
