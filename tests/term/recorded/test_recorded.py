"""Real programs look on our screens as in a pane of tmux, at three sizes and after resizes."""

from pathlib import Path

import pytest

from constellagent.term.screen import Screen
from tests.term.recorded.comparing import compare, differences
from tests.term.recorded.differences import BLANK_END, KNOWN, LINK, PROTECTED, WRAP_OFF
from tests.term.recorded.pane import Pane
from tests.term.recorded.programs import PROGRAMS, SIZES, SYNTHETIC, Program, missing, synthetic
from tests.term.recorded.recorder import Part, Size

EXPECTED = {
    "gcc": {LINK},
    "tmux": {BLANK_END},
    "colours": {BLANK_END, LINK, PROTECTED},
}
"""The known differences of each recording; none for those that are not named."""
LIVE = {"htop": {BLANK_END, WRAP_OFF}}
"""Of what shows the machine that it runs on: these may be seen, by what there is to show."""


def judge(name: str, parts: list[Part]) -> None:
    """Fail on every difference that is not listed, and for every listed one that is not there."""
    found = compare(parts)
    if name in LIVE:
        assert found.keys() <= LIVE[name], found
    else:
        assert found.keys() == EXPECTED.get(name, set()), found


def recorded(program: Program, folder: Path, sizes: tuple[Size, ...]) -> list[Part]:
    """Return its recording, or skip with what is missing for it."""
    reason = missing(program)
    if reason:
        pytest.skip(reason)
    parts = program.record(folder, sizes)
    assert all(part.output for part in parts), "it wrote nothing at one of the sizes"
    return parts


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_programs_look_as_in_tmux(program: Program, tmp_path: Path) -> None:
    """Text, colours, attributes, cursor and modes are equal after every resize, but for what is listed."""
    judge(program.name, recorded(program, tmp_path, SIZES))


@pytest.mark.long
@pytest.mark.parametrize("start", [1, 2])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_programs_look_as_in_tmux_from_every_size(program: Program, start: int, tmp_path: Path) -> None:
    """The same holds when they start at another of the sizes."""
    judge(program.name, recorded(program, tmp_path, SIZES[start:] + SIZES[:start]))


@pytest.mark.parametrize("kind", SYNTHETIC)
def test_made_streams_look_as_in_tmux(kind: str) -> None:
    """Redraws as those of Ink, all looks, and scrolling lines are equal after every resize, too."""
    judge(kind, synthetic(kind, SIZES))


@pytest.mark.parametrize("name", KNOWN)
def test_known_differences_still_occur(name: str) -> None:
    """Every entry of the list is one that its shortest example shows."""
    assert compare([Part((4, 20), KNOWN[name].example)]).keys() == {name}


def test_tmux_has_the_colour_that_it_does_not_print() -> None:
    """Blanks at the end of a row are a limit of the capture: tmux prints them when a character follows."""
    screen = Screen(3, 20)
    with Pane(3, 20) as pane:
        for output in (KNOWN[BLANK_END].example, b"\x1b[1;20Hx"):
            screen.feed(output)
            pane.feed(output)
        assert list(differences(screen, pane)) == []
    screen.close()


def test_every_difference_is_explained_to_readers() -> None:
    """The documentation names each of them, and each line of the table of characters."""
    text = (Path(__file__).parents[3] / "docs" / "terminal.md").read_text(encoding="utf-8")
    assert [name for name in KNOWN if f"| {name} |" not in text] == []
