"""What goes wrong around the multiplexer, and what a person sees of it: as little as can be."""

import os
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.e2e.desk import FLEET, RUN, SHELL, Desk, agents, writes
from tests.e2e.place import Place
from tests.reliability.lab import wait_for

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@pytest.fixture
def desk(place: Place) -> Iterator[Desk]:
    """Give a terminal before a fleet of this test's own."""
    place.write(FLEET)
    place.run("apply", "--yes")
    with Desk(place) as opened:
        yield opened


def multiplexer(place: Place) -> int:
    """Return the pid of the one multiplexer."""
    (pid,) = place.commands("attach")
    return pid


def test_the_daemon_is_killed_in_the_middle(desk: Desk) -> None:
    """Typing goes on without a break, and a new daemon's states are shown without a key being pressed."""
    terminal = desk.attach()
    desk.switch("shell")
    terminal.enter("echo be''fore")
    terminal.shows("before")
    before = agents(desk.place)
    dead = desk.place.daemon_pid()
    assert desk.place.kill_daemon()
    terminal.enter("echo mean''while")
    terminal.shows("meanwhile")
    wait_for(lambda: desk.place.daemon_pid() not in {None, dead}, "the multiplexer to start another")
    terminal.lacks("daemon away")
    terminal.enter("echo af''ter")
    terminal.shows("after")
    desk.place.run("send", "asks", "from elsewhere")
    desk.switch("asks")
    terminal.shows("asks got <from elsewhere>")
    sessions = {name: agent["session"]["id"] for name, agent in before.items()}
    assert {name: agent["session"]["id"] for name, agent in agents(desk.place).items()} == sessions


def test_b7_the_multiplexer_is_killed(desk: Desk) -> None:
    """A kill -9 costs no agent anything; the terminal can be reset, and attaching again shows it all."""
    modes = desk.terminal.modes()
    terminal = desk.attach()
    desk.switch("shell")
    terminal.enter("echo be''fore")
    terminal.shows("before")
    os.kill(multiplexer(desk.place), signal.SIGKILL)
    wait_for(lambda: not desk.place.commands("attach"), "it to be gone")
    terminal.press("C-j")
    terminal.type("stty sane; tput rmcup; printf '\\033c'")
    terminal.press("C-j")
    desk.back()
    assert terminal.modes() == modes
    assert all(agent["session"]["live"] for agent in agents(desk.place).values())
    desk.place.run("send", "shell", "echo mean''while")
    writes(desk.place, "shell", "meanwhile")
    desk.attach()
    desk.switch("shell")
    terminal.shows("before", "meanwhile")
    terminal.enter("echo af''ter")
    terminal.shows("after")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_b7_asked_to_end_it_gives_the_terminal_back(desk: Desk, number: signal.Signals) -> None:
    """A signal ends it as its own key does: modes and settings of the terminal are as they were."""
    before, modes = desk.stty(), desk.terminal.modes()
    terminal = desk.attach()
    os.kill(multiplexer(desk.place), number)
    desk.back()
    assert terminal.modes() == modes
    assert desk.stty() == before


def test_stopped_and_continued_it_catches_up(desk: Desk) -> None:
    """While it is stopped its agents go on, and afterwards what it shows is what they show."""
    terminal = desk.attach()
    desk.switch("shell")
    terminal.shows("sh>")
    pid = multiplexer(desk.place)
    os.kill(pid, signal.SIGSTOP)
    desk.place.run("send", "shell", "seq 200000 | tail -c 20000; clear; echo caught u''p")
    writes(desk.place, "shell", "caught up")
    os.kill(pid, signal.SIGCONT)
    terminal.until(lambda _: desk.tile()[0] == "caught up", "the newest screen")
    terminal.enter("echo go''ing on")
    terminal.shows("going on")


def test_stopped_and_continued_by_a_shell(desk: Desk) -> None:
    """A shell that has set the terminal to its own taste meanwhile gets the whole screen drawn again."""
    terminal = desk.terminal
    terminal.enter("PS1='bash> ' exec bash --norc --noprofile -i")
    terminal.shows("bash>")
    terminal.enter(f"{RUN} attach")
    terminal.until(lambda seen: "┬─ 1 " in seen, "a tile")
    desk.switch("shell")
    os.kill(multiplexer(desk.place), signal.SIGSTOP)
    terminal.shows("Stopped")
    terminal.enter("stty sane; clear; echo back in the sh''ell")
    terminal.shows("back in the shell")
    terminal.enter("fg")
    terminal.until(lambda seen: "┬─ " in seen and "back in the shell" not in seen, "the multiplexer again")
    terminal.enter("echo still he''re")
    terminal.shows("still here")
    desk.leave()


def test_an_agent_that_ends_while_it_is_shown(desk: Desk) -> None:
    """Its last screen stays, with how it ended above; started again it is live."""
    terminal = desk.attach()
    desk.switch("shell")
    terminal.enter("echo last wo''rds; exit 3")
    terminal.shows("last words", "exited 3", "✗ shell")
    terminal.command("s")
    terminal.until(lambda _: "last words" not in "".join(desk.tile()), "a new session")
    terminal.shows("sh>")
    terminal.enter("echo new sess''ion")
    terminal.shows("new session")


def test_a_flood_beside_a_quiet_agent(place: Place) -> None:
    """While one agent writes as fast as it can, keys for the other are echoed and commands are done."""
    place.write(f"agents:\n  flood: {{command: ['yes', 'flood'], identity: false}}\n  shell: {SHELL}\n")
    place.run("apply", "--yes")
    with Desk(place) as desk:
        terminal = desk.attach(see="flood")
        terminal.command("Space")
        terminal.shows("2 shell")
        terminal.command("o")
        for number in range(5):
            terminal.enter(f"echo answer num''ber {number}")
            terminal.shows(f"answer number {number}")
        terminal.command("1")
        terminal.command("x")
        terminal.until(lambda seen: "flood" not in seen.split("\n")[0], "the flood to be put away")
        desk.leave()


def test_a_program_that_reads_nothing(place: Place) -> None:
    """What is typed for it beyond all buffers is told of, and everything else goes on."""
    deaf = "{shell: 'stty raw -echo; echo deaf; exec sleep 600', identity: false}"
    place.write(f"agents:\n  deaf: {deaf}\n  shell: {SHELL}\n")
    place.run("apply", "--yes")
    with Desk(place) as desk:
        terminal = desk.attach(see="deaf")
        (place.folder / "much").write_text("x" * 100_000)
        terminal.run("load-buffer", str(place.folder / "much"))
        for _ in range(4):
            terminal.run("paste-buffer", "-p")
        desk.switch("shell")
        terminal.enter("echo sti''ll here")
        terminal.shows("still here")
        desk.leave()
