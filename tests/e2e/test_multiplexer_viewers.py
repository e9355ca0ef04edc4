"""Several who look at the same agents: multiplexers of other sizes, `attach NAME`, and tmux inside tmux."""

import shlex
import shutil

import pytest

from tests.e2e.desk import RUN, SHELL, Desk, wrote
from tests.e2e.place import Place

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@pytest.fixture
def fleet(place: Place) -> Place:
    """Give a place with one agent, a shell."""
    place.agent(SHELL, name="shell")
    place.run("apply", "--yes")
    return place


def test_two_multiplexers_of_different_sizes(fleet: Place) -> None:
    """Both show the program and both can type; its size is that of who typed last, and the other says so."""
    with Desk(fleet) as small, Desk(fleet, columns=120, rows=40, name="large") as large:
        small.attach(see="sh>")
        large.attach(see="sh>")
        large.terminal.enter("clear; echo la''rge $(stty size)")
        seen = large.terminal.shows("large ")
        small.terminal.shows("large ", "for another viewer")
        small.terminal.enter("clear; echo sm''all $(stty size)")
        small.terminal.shows("small 21 55")
        seen = large.terminal.shows("small 21 55", "55x21 for another viewer")
        assert "large" not in seen
        small.leave()
        large.terminal.enter("clear; echo al''one $(stty size)")
        large.terminal.shows("alone 37 ")
        large.terminal.lacks("for another viewer")


def test_one_who_only_looks_beside_the_multiplexer(fleet: Place) -> None:
    """`attach NAME --view` shows what the multiplexer's tile shows, and nothing typed there arrives."""
    with Desk(fleet) as desk, Desk(fleet, name="looker") as looker:
        desk.attach(see="sh>")
        looker.attach("shell", "--view", see="sh>")
        looker.terminal.enter("typed by the looker")
        desk.terminal.enter("echo se''en by both")
        desk.terminal.shows("seen by both")
        looker.terminal.shows("seen by both")
        looker.terminal.press("C-]")
        looker.terminal.shows("detached; the session goes on")
        assert "typed by the looker" not in wrote(fleet, "shell")


def test_inside_tmux_inside_tmux(fleet: Place) -> None:
    """Two terminals around it change nothing: it is drawn, keys arrive, and it gives the terminal back."""
    with Desk(fleet, columns=100, rows=30) as desk:
        inner = f"env -u TMUX tmux -S {fleet.folder}/inner -f /dev/null new-session"
        desk.terminal.enter(f"{inner} {shlex.quote(f'{RUN} attach; echo inner is back; read x')}")
        desk.terminal.shows("┬─ 1 shell", "sh>")
        desk.terminal.enter("echo de''ep $(stty size)")
        desk.terminal.shows("deep 26 7")
        desk.terminal.command("z")
        desk.terminal.until(lambda seen: "┬" not in seen and "deep 26 7" in seen, "the shell alone")
        desk.terminal.enter("echo zo''omed")
        desk.terminal.shows("zoomed")
        desk.terminal.press("C-]")
        desk.terminal.shows("┬─ 1 shell", "zoomed")
        desk.terminal.command("d")
        desk.terminal.shows("inner is back")
        desk.terminal.press("Enter")
        desk.terminal.shows("[exited]")
