"""The multiplexer as a person at a real terminal uses it: to look, to go from agent to agent, to type."""

import shutil
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.desk import FLEET, Desk, agents, writes, wrote
from tests.e2e.place import Place

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
NAMES = ("chatty", "asks", "shell", "pager")


@pytest.fixture(scope="module")
def fleet() -> Iterator[Place]:
    """Give a place where four agents run; each test looks at them anew."""
    with Place(agents=0) as made:
        made.write(FLEET)
        made.run("apply", "--yes")
        yield made


@pytest.fixture
def desk(fleet: Place) -> Iterator[Desk]:
    """Give a terminal of the usual size."""
    with Desk(fleet) as opened:
        yield opened


def test_the_list_one_terminal_and_out_again(desk: Desk) -> None:
    """All agents are listed, the first one's terminal is live, and the person's own comes back as it was."""
    desk.place.run("apply", "--yes", "--restart", "asks", check=0)  # another test may have answered it
    before, modes = desk.stty(), desk.terminal.modes()
    terminal = desk.attach(see="tick")
    seen = terminal.shows(*NAMES, "◐ asks", " question")
    assert "1 chatty · command" in seen.split("\n")[0]
    assert terminal.modes() != modes
    terminal.until(lambda now: "tick" in now and now != seen, "it to go on")
    desk.leave()
    assert terminal.modes() == modes
    assert desk.stty() == before
    assert all(agent["session"]["live"] for agent in agents(desk.place).values())


def test_going_from_agent_to_agent(desk: Desk) -> None:
    """The switcher by letters, a click in the list, and the list's own keys show an agent's terminal."""
    terminal = desk.attach()
    desk.switch("asks")
    terminal.shows("May I?")
    terminal.shows(" pager ")
    row = next(at for at, line in enumerate(terminal.lines()) if line[3:].startswith("pager"))
    terminal.click(3, row)
    terminal.until(lambda seen: " pager " in seen.split("\n")[0] and "line 3" in seen, "the pager")
    terminal.command("Left")
    terminal.press("Home", "Down", "Enter")
    terminal.until(lambda seen: " asks " in seen.split("\n")[0] and "May I?" in seen, "the asking one")


def test_tiles_have_the_size_that_their_programs_are_told(desk: Desk) -> None:
    """One, two, four and all: each tile's program knows its size, after each change of it."""
    terminal = desk.attach()
    desk.switch("shell")
    terminal.shows("sh>")
    found = []
    for turn, (key, tiles) in enumerate((("Space", 2), ("Space", 4), ("a", 4), ("Space", 1))):
        terminal.command(key)
        terminal.until(_has(tiles), f"{tiles} tiles")
        terminal.enter(f"clear; echo ti''les={turn} of $(stty size)")
        seen = terminal.shows(f"tiles={turn} of")
        found.append(seen.partition(f"tiles={turn} of ")[2].partition(" │")[0].split("\n")[0].strip(" │"))
    assert found == ["10 55", "10 27", "10 27", "21 55"]


def _has(tiles: int) -> Callable[[str], bool]:
    """Return what tells whether a screen has so many tiles, by the names above them."""
    return lambda seen: (
        tiles == sum(name in line for line in seen.split("\n") if "─" in line for name in NAMES)
    )


def test_zoom_gives_the_whole_window_and_back(desk: Desk) -> None:
    """The program gets the window's size and every key, and its tile again after the prefix key."""
    terminal = desk.attach()
    desk.switch("shell")
    terminal.command("z")
    terminal.until(lambda seen: "│" not in seen and "sh>" in seen, "the shell alone")
    terminal.enter("echo zoomed to $(stty size)")
    terminal.shows("zoomed to 24 80")
    terminal.press("C-]")
    terminal.shows("┬─ 1 shell", "zoomed to 24 80")
    terminal.enter("echo tiled in $(stty size)")
    terminal.shows("tiled in 21 55")


def test_what_is_typed_reaches_one_program_only(desk: Desk) -> None:
    """Two terminals are shown; keys go to the one in focus, and the other gets none of them."""
    terminal = desk.attach()
    desk.switch("asks")
    terminal.command("Space")
    terminal.shows("2 shell")
    terminal.enter("for asks alone")
    terminal.shows("asks got <for asks alone>")
    terminal.command("o")
    terminal.enter("echo shell got '<for shell alone>'")
    terminal.shows("shell got <for shell alone>")
    assert "for shell alone" not in wrote(desk.place, "asks")
    assert "for asks alone" not in wrote(desk.place, "shell")


def test_broadcast_reaches_those_that_are_shown(desk: Desk) -> None:
    """While it is on, all shown get what is typed and say so; the others get nothing, and it ends."""
    terminal = desk.attach()
    desk.switch("asks")
    terminal.command("Space")
    terminal.shows("2 shell")
    terminal.command("b")
    terminal.until(_goes_to_two, "whom it goes to")
    terminal.shows("broadcast")
    terminal.enter("true for both")
    terminal.shows("asks got <true for both>", "sh> true for both")
    terminal.command("b")
    terminal.until(lambda seen: "broadcast is off" in seen or "broadcast" not in seen, "it to be off")
    terminal.enter("for one again")
    terminal.shows("asks got <for one again>")
    assert "for one again" not in wrote(desk.place, "shell")
    assert "both" not in wrote(desk.place, "pager")


def _goes_to_two(seen: str) -> bool:
    """Say whether a screen tells that two get what is typed: in a message, and for good once that is gone."""
    return "what you type goes to 2 agents" in seen or "typing to 2 agents" in seen


def test_broadcast_to_chosen_agents(desk: Desk) -> None:
    """Of all agents any can be chosen, also those that have no tile."""
    terminal = desk.attach()
    desk.switch("asks")
    terminal.command("B")
    terminal.shows("Type to")
    terminal.type("shell")
    terminal.shows("> shell")
    terminal.press("Tab", "Enter")
    terminal.until(_goes_to_two, "whom it goes to")
    terminal.enter("true for chosen")
    terminal.shows("asks got <true for chosen>")
    writes(desk.place, "shell", "true for chosen")


def test_leaving_and_coming_back_shows_the_same(desk: Desk) -> None:
    """Nothing of an agent's screen is lost while nobody looks, and what it wrote meanwhile is there."""
    terminal = desk.attach()
    desk.switch("pager")
    terminal.shows("line 3")
    desk.switch("shell")
    terminal.enter("clear; printf '\\033[1;31mred\\033[0m 世界 e\u0301\\n'")
    terminal.shows("red 世界")
    terminal.until(lambda _: "sh>" in desk.tile(), "the prompt after it")
    before = desk.tile()
    desk.leave()
    desk.attach()
    desk.switch("shell")
    terminal.shows("red 世界")
    terminal.until(lambda _: desk.tile() == before, f"the screen as it was: {before}")
    desk.leave()
    desk.place.run("send", "shell", "echo mean''while")
    writes(desk.place, "shell", "meanwhile")
    desk.attach()
    desk.switch("shell")
    terminal.shows("red 世界", "meanwhile")


def test_every_key_arrives_as_it_was_typed(place: Place) -> None:
    """Control, function and alt keys, other scripts, pastes, and the prefix key typed twice reach it."""
    place.agent("{shell: 'stty raw -echo; printf ready; exec cat -vT', identity: false}")
    place.run("apply", "--yes")
    with Desk(place) as desk:
        terminal = desk.attach(see="ready")
        for keys, seen in (
            (["C-a", "C-c", "C-z", "Escape", "Enter", "Tab", "BSpace"], "^A^C^Z^[^M^I^?"),
            (["Up", "End", "PPage"], "^[[A^[[F^[[5~"),
            (["F1", "F12"], "^[OP^[[24~"),
            (["M-x"], "^[x"),
            (["C-]", "C-]"], "^]"),
            (["é"], "M-CM-)"),
            (["q", "?", ":"], "q?:"),
        ):
            terminal.press(*keys)
            terminal.until(_typed(desk, seen), f"{keys} as {seen}")
        terminal.run("set-buffer", "pasted text")
        terminal.run("paste-buffer", "-p")
        terminal.shows("pasted text")


def _typed(desk: Desk, text: str) -> Callable[[str], bool]:
    """Return what tells whether a tile shows a text, over the ends of its rows."""
    return lambda _: text in "".join(desk.tile())
