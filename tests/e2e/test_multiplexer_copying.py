"""Scrolling back, searching and copying in the multiplexer, and what reaches the clipboard around it."""

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.desk import Desk
from tests.e2e.place import Place
from tests.reliability.lab import wait_for

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
FLEET = """
agents:
  rows:
    shell: 'stty -echo; seq -f "row %g of many" 1 3000; while read -r line; do echo "got <$line>"; done'
    identity: false
  writer:
    shell: 'stty -echo; while read -r line; do printf "\\033]52;c;c2VjcmV0\\a<$line>\\n"; done'
    identity: false
"""

_BACK = re.compile(r"\[\d+/\d+\]")
"""What the title of a tile says while somebody looks back."""


@pytest.fixture(scope="module")
def fleet() -> Iterator[Place]:
    """Give a place where one agent has written much, and one writes to the clipboard."""
    with Place(agents=0) as made:
        made.write(FLEET)
        made.run("apply", "--yes")
        yield made


@pytest.fixture
def desk(fleet: Place) -> Iterator[Desk]:
    """Give a terminal, whose tmux takes what is copied into a buffer, as a terminal into its clipboard."""
    with Desk(fleet) as opened:
        yield opened


def copied(desk: Desk) -> str:
    """Return what was copied last; empty before anything was."""
    try:
        return desk.terminal.run("show-buffer")
    except subprocess.CalledProcessError:
        return ""


def goes_on(desk: Desk) -> None:
    """Wait until nobody looks back: until then what is typed is not for the program."""
    desk.terminal.until(
        lambda seen: "┬" in seen.split("\n")[0] and not _BACK.search(seen.split("\n")[0]), "the live screen"
    )


def test_search_in_the_scrollback_and_copy(desk: Desk) -> None:
    """A row far above the screen is found; what is selected arrives outside, and pastes into a program."""
    terminal = desk.attach(see="row 3000 of many")
    terminal.command("/")
    terminal.shows("Search backwards")
    terminal.enter("row 1234 of")
    terminal.shows("row 1234 of many", "row 1235 of many")
    terminal.press("V", "j", "y")
    terminal.shows("row 3000 of many", "copied 2 lines")
    wait_for(lambda: copied(desk) == "row 1234 of many\nrow 1235 of many\n", f"the rows: {copied(desk)!r}")
    terminal.command("]")
    terminal.shows("got <row 1234 of many>", "got <row 1235 of many>")


def test_scrolling_back_by_keys_and_wheel(desk: Desk) -> None:
    """Pages, the first row and the last; the wheel begins it and ends it at the bottom; typing goes on."""
    terminal = desk.attach(see="row 3000 of many")
    terminal.command("[")
    terminal.press("g")
    terminal.until(lambda _: desk.tile()[0] == "row 1 of many", "the first row")
    terminal.press("PPage", "NPage", "NPage")
    terminal.lacks("row 1 of many")
    terminal.press("G")
    terminal.shows("row 3000 of many")
    terminal.press("q")
    goes_on(desk)
    terminal.enter("after scrolling")
    terminal.shows("got <after scrolling>")
    before = desk.tile()[0]
    for _ in range(3):
        terminal.click(50, 10, button=64)
    terminal.until(lambda _: desk.tile()[0] != before, "older rows")
    for _ in range(4):
        terminal.click(50, 10, button=65)
    terminal.until(lambda _: desk.tile()[0] == before, "the newest rows")
    goes_on(desk)
    terminal.enter("after the wheel")
    terminal.shows("got <after the wheel>")


def test_what_is_written_meanwhile_does_not_move_what_is_read(desk: Desk) -> None:
    """Output while somebody looks back stays below, and is there when they leave."""
    terminal = desk.attach(see="row 3000 of many")
    terminal.command("[")
    terminal.press("g")
    terminal.until(lambda _: desk.tile()[0] == "row 1 of many", "the first row")
    still = desk.tile()
    desk.place.run("send", "rows", "behind the back")
    wait_for(lambda: "behind the back" in desk.place.run("logs", "rows").stdout, "the output")
    assert desk.tile() == still
    terminal.press("q")
    terminal.shows("got <behind the back>")


def test_a_selection_by_the_mouse(desk: Desk) -> None:
    """What is dragged over is copied when the button goes up."""
    terminal = desk.attach(see="row 3000 of many")
    lines = terminal.shows("row 3000 of many").split("\n")
    row = next(at for at, line in enumerate(lines) if "row 3000 of many" in line)
    left = lines[row].index("row 3000")
    for kind, column, end in ((0, 0, "M"), (32, 3, "M"), (32, 7, "M"), (0, 7, "m")):
        terminal.type(f"\x1b[<{kind};{left + column + 1};{row + 1}{end}")
    wait_for(lambda: copied(desk).rstrip("\n") == "row 3000", f"the words: {copied(desk)!r}")


def test_b11_a_program_is_kept_from_the_clipboard(desk: Desk) -> None:
    """OSC 52 of an agent does not reach the terminal around, in a tile or zoomed."""
    terminal = desk.attach()
    desk.switch("writer")
    for way in ("tiled", "zoomed"):
        if way == "zoomed":
            terminal.command("z")
            terminal.until(lambda seen: "│" not in seen and "<again tiled>" in seen, "it alone")
        terminal.enter(way)
        terminal.shows(f"<{way}>")
        terminal.enter(f"again {way}")
        terminal.shows(f"<again {way}>")
    assert copied(desk) == ""


def test_b11_a_program_that_may_write_to_the_clipboard(place: Place) -> None:
    """Where the setting allows it, OSC 52 of an agent reaches the terminal around, tiled and zoomed."""
    place.write(FLEET)
    place.run("apply", "--yes", CONSTELLAGENT_CLIPBOARD="1")
    with Desk(place, CONSTELLAGENT_CLIPBOARD="1") as desk:
        terminal = desk.attach()
        desk.switch("writer")
        for way in ("tiled", "zoomed"):
            if way == "zoomed":
                terminal.command("z")
                terminal.until(lambda seen: "│" not in seen and "<tiled>" in seen, "it alone")
            terminal.enter(way)
            terminal.shows(f"<{way}>")
            wait_for(lambda: copied(desk) == "secret", f"what it wrote while {way}")
            terminal.run("delete-buffer")
