"""A person at a real terminal, tmux, who attaches to an agent, leaves it and comes back."""

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.place import Place
from tests.reliability.lab import wait_for

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

ATTACH = f"{shlex.quote(sys.executable)} -m constellagent attach docs"
FLAGS = ("alternate_on", "cursor_flag", "keypad_cursor_flag", "keypad_flag", "mouse_any_flag", "wrap_flag")
ECHO = "{shell: 'stty -echo; echo hello from docs; while read -r line; do echo \"got <$line>\"; done'}"
ASKS = """
import os, select, time, tty
tty.setraw(0)
os.write(1, b"asking")
number = 0


def counted(got):
    return got.count(b"R"), got.count(b"c"), got.count(b"]11;")


while True:
    os.write(1, b"\\x1b[6n\\x1b[c\\x1b]11;?\\x1b\\\\")
    got, until, answered = b"", time.monotonic() + 10, False
    while (left := until - time.monotonic()) > 0:
        if select.select([0], [], [], left)[0]:
            got += os.read(0, 4096)
        if not answered and all(counted(got)):
            answered, until = True, time.monotonic() + 0.5
    number += 1
    answers = counted(got)
    with open("answers.new", "w") as file:
        file.write(f"{number} {answers}")
    os.rename("answers.new", "answers")
"""
"""Asks three things, waits for the first answer to each, and notes how many each had half a second later."""
PROMPT = "window>"
MODES = (
    "{shell: 'stty raw -echo; "
    r'printf "\033[?1h\033=\033[?25l\033[?1000h\033[?1006h\033[?2004h\033[?7l\033[31mall on"; '
    "exec sleep 600'}"
)


class Window:
    """One window of a tmux server of its own, with a plain shell in it."""

    def __init__(self, place: Place, name: str = "tmux") -> None:
        self._place = place
        self._tmux = ["tmux", "-S", str(place.folder / name), "-f", "/dev/null"]
        self._run("new-session", "-d", "-x", "80", "-y", "24", "sh")

    def close(self) -> None:
        """End the server and everything in it."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("kill-server")

    def type(self, text: str) -> None:
        """Type a line."""
        self._run("send-keys", "-l", text)
        self._run("send-keys", "Enter")

    def press(self, key: str) -> None:
        """Press one key, by tmux's name for it."""
        self._run("send-keys", key)

    def screen(self, *, everything: bool = False) -> str:
        """Return what is on the screen, or also all that has scrolled off it."""
        return self._run("capture-pane", "-p", *(("-S", "-") if everything else ()))

    def shows(self, text: str) -> None:
        """Wait until a line of the screen is exactly this text."""
        try:
            wait_for(lambda: text in [line.rstrip() for line in self.screen().splitlines()], repr(text))
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen is:\n{self.screen()}") from None

    def flags(self) -> dict[str, str]:
        """Return the terminal's modes as tmux knows them."""
        said = self._run("display-message", "-p", " ".join(f"#{{{flag}}}" for flag in FLAGS))
        return dict(zip(FLAGS, said.split(), strict=True))

    def resize(self, rows: int, columns: int) -> None:
        """Give the window another size."""
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def stty(self, name: str) -> str:
        """Return all settings of the terminal; `name` keeps one question's answer from another's.

        Asks once the shell waits for a line: until then what is typed may still be for who had the terminal.
        A shell of root's has a prompt of its own.
        """
        wait_for(lambda: (self.screen().split() or [""])[-1] in {PROMPT, "#", "$"}, "the shell")
        file = self._place.folder / name
        self.type(f"stty -a > {file}.part; mv {file}.part {file}")
        return self._place.waits_for(file)

    def _run(self, *args: str) -> str:
        done = subprocess.run(
            [*self._tmux, *args],
            env=self._place.environment(TERM="xterm-256color", PS1=f"{PROMPT} "),
            cwd=self._place.repo,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


@pytest.fixture
def window(place: Place) -> Iterator[Window]:
    """Give a window at the place's repository."""
    opened = Window(place)
    yield opened
    opened.close()


@pytest.fixture
def second(place: Place) -> Iterator[Window]:
    """Give another one."""
    opened = Window(place, "second")
    yield opened
    opened.close()


def test_attach_type_detach_and_come_back(place: Place, window: Window) -> None:
    """What is typed reaches the agent; it goes on after the detach key, and its recent screen comes back."""
    place.agent(ECHO)
    place.run("apply", "--yes")
    before = window.stty("before")
    window.type(ATTACH)
    window.shows("hello from docs")
    assert "attached to docs; ctrl-] leaves it running" in window.screen(everything=True)
    window.type("first")
    window.shows("got <first>")
    window.press("C-]")
    window.shows("detached; the session goes on")
    assert window.stty("after") == before
    assert place.view()["session"]["live"]
    place.run("send", "docs", "meanwhile")
    window.type(f"clear; {ATTACH}")
    for line in ("hello from docs", "got <first>", "got <meanwhile>"):
        window.shows(line)
    window.type("second")
    window.shows("got <second>")
    window.press("C-]")
    window.shows("detached; the session goes on")
    assert window.stty("again") == before


def test_b9_daemon_killed_while_attached(place: Place, window: Window) -> None:
    """Attach goes straight to the holder: a kill -9 of the daemon is not even noticed."""
    place.agent(ECHO)
    place.run("apply", "--yes")
    session = place.view()["session"]["id"]
    window.type(ATTACH)
    window.shows("hello from docs")
    assert place.kill_daemon()
    window.type("still there")
    window.shows("got <still there>")
    assert place.daemon_pid() is None
    window.press("C-]")
    window.shows("detached; the session goes on")
    assert place.view()["session"]["id"] == session
    assert place.view()["session"]["live"]


@pytest.mark.parametrize("end", ["detach", "stop", "kill"])
def test_b7_the_terminal_is_given_back(place: Place, window: Window, end: str) -> None:
    """Modes that the agent's program set are on while attached and off afterwards, however attach ends."""
    place.agent(MODES)
    place.run("apply", "--yes")
    before, flags = window.stty("before"), window.flags()
    window.type(f"clear; {ATTACH}")
    wait_for(lambda: "all on" in window.screen(), "the agent's screen")
    wait_for(lambda: window.flags() != flags, "the agent's modes")
    if end == "detach":
        window.press("C-]")
    elif end == "stop":
        place.run("stop", "docs")
    else:
        (pid,) = place.commands("attach")
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: window.flags() == flags, f"modes as before, not {window.flags()}")
    assert window.stty("after") == before


def test_one_answer_to_what_a_program_asks(place: Place, window: Window, second: Window) -> None:
    """Each question has exactly one answer with nobody attached, with one, with two, and after one left."""
    script = place.folder / "asks.py"
    script.write_text(ASKS)
    place.agent(f"{{command: [{sys.executable}, -I, {script}]}}")
    place.run("apply", "--yes")

    def once_each() -> None:
        """Wait until a round that began after this has one answer to each question."""
        file = place.tree_of() / "answers"
        begun = int(place.waits_for(file).split()[0]) + 1
        wait_for(lambda: int(file.read_text().split()[0]) > begun, "another round", 60)
        assert file.read_text().partition(" ")[2] == "(1, 1, 1)"

    once_each()
    window.type(ATTACH)
    window.shows("asking")
    once_each()
    second.type(ATTACH)
    second.shows("asking")
    once_each()
    window.press("C-]")
    window.shows("detached; the session goes on")
    once_each()


def test_what_has_scrolled_off_is_in_the_scrollback(place: Place, window: Window) -> None:
    """As many rows as are wanted, above the session's screen, and what was on the terminal above those."""
    place.agent("{shell: 'stty -echo; seq 1000 1999; read -r line'}")
    place.run("apply", "--yes")
    wait_for(lambda: "1999" in place.run("logs", "docs").stdout, "the output")
    window.type(f"echo mine; {ATTACH} --history 100")
    window.shows("1999")
    found = [line.rstrip() for line in window.screen(everything=True).splitlines()]
    numbers = [int(line) for line in found if len(line) == 4 and line.isdigit()]
    assert numbers == list(range(numbers[0], 2000))
    assert 100 <= len(numbers) <= 140
    assert found.index("mine") < found.index(str(numbers[0]))


def test_a_looker_on_a_small_terminal(place: Place, window: Window) -> None:
    """With --view the session keeps its size, nothing wraps, and both sizes are told."""
    place.agent(
        "{shell: 'stty -echo; stty size; seq -s- 1 200 | cut -c1-150; read -r line; stty size; read x'}"
    )
    place.run("apply", "--yes")
    window.resize(10, 60)
    window.type(f"{ATTACH} --view")
    lines: list[str] = []

    def told() -> bool:
        lines[:] = window.screen().splitlines()
        return any("1-2-3-4" in line for line in lines) and "this terminal 10x60" in lines[-1]

    wait_for(told, "the session and both sizes")
    size = lines[0]
    window.type("typed")
    window.press("C-c")
    window.shows("detached; the session goes on")
    place.run("send", "docs", "go")
    assert place.run("logs", "docs").stdout.count(size) <= 2
    assert "typed" not in place.run("logs", "docs").stdout


def test_several_viewers_of_different_sizes(place: Place, window: Window, second: Window) -> None:
    """The latest active one decides, down to one row; both see what the program writes."""
    loop = 'while :; do read -r l && echo "<$l>"; done'
    place.agent(f"{{shell: 'stty -echo; trap \"stty size\" WINCH; echo ready; {loop}'}}")
    place.run("apply", "--yes")

    def sizes() -> list[str]:
        lines = place.run("logs", "docs").stdout.splitlines()
        return [line.strip() for line in lines if line.strip().replace(" ", "").isdigit()]

    wait_for(lambda: "ready" in place.run("logs", "docs").stdout, "the program to heed its size")
    window.type(ATTACH)
    window.shows("24 80")
    second.resize(30, 100)
    second.type(ATTACH)
    second.shows("30 100")
    window.type("one")
    second.shows("<one>")
    window.shows("<one>")
    wait_for(lambda: sizes()[-1:] == ["24 80"], "the size of who types")
    window.resize(1, 500)
    wait_for(lambda: sizes()[-1:] == ["1 500"], "one row and many columns")
    second.type("two")
    wait_for(lambda: "<two>" in second.screen(), "what was typed")
    wait_for(lambda: sizes()[-1:] == ["30 100"], "the size of who types now")
    for each in (window, second):
        each.press("C-]")
    second.shows("detached; the session goes on")
