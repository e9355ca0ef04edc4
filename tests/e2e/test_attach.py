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
MODES = (
    "{shell: 'stty raw -echo; "
    r'printf "\033[?1h\033=\033[?25l\033[?1000h\033[?1006h\033[?2004h\033[?7l\033[31mall on"; '
    "exec sleep 600'}"
)


class Window:
    """One window of a tmux server of its own, with a plain shell in it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._tmux = ["tmux", "-S", str(place.folder / "tmux"), "-f", "/dev/null"]
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

    def screen(self) -> str:
        """Return what is on the screen."""
        return self._run("capture-pane", "-p")

    def shows(self, text: str) -> None:
        """Wait until a line of the screen is exactly this text."""
        try:
            wait_for(lambda: text in [line.rstrip() for line in self.screen().splitlines()], repr(text), 15)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen is:\n{self.screen()}") from None

    def flags(self) -> dict[str, str]:
        """Return the terminal's modes as tmux knows them."""
        said = self._run("display-message", "-p", " ".join(f"#{{{flag}}}" for flag in FLAGS))
        return dict(zip(FLAGS, said.split(), strict=True))

    def stty(self, name: str) -> str:
        """Return all settings of the terminal; `name` keeps one question's answer from another's."""
        file = self._place.folder / name
        self.type(f"stty -a > {file}.part; mv {file}.part {file}")
        return self._place.waits_for(file)

    def _run(self, *args: str) -> str:
        done = subprocess.run(
            [*self._tmux, *args],
            env=self._place.environment(TERM="xterm-256color"),
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


def test_attach_type_detach_and_come_back(place: Place, window: Window) -> None:
    """What is typed reaches the agent; it goes on after the detach key, and its recent screen comes back."""
    place.agent(ECHO)
    place.run("apply", "--yes")
    before = window.stty("before")
    window.type(ATTACH)
    window.shows("attached to docs; ctrl-] leaves it running")
    window.shows("hello from docs")
    window.type("first")
    window.shows("got <first>")
    window.press("C-]")
    window.shows("detached; the session goes on")
    assert window.stty("after") == before
    assert place.view()["state"] == "running"
    place.run("send", "docs", "meanwhile")
    window.type(f"clear; {ATTACH}")
    for line in ("hello from docs", "got <first>", "got <meanwhile>"):
        window.shows(line)
    window.type("second")
    window.shows("got <second>")
    window.press("C-]")
    window.shows("detached; the session goes on")
    assert window.stty("again") == before


def test_daemon_killed_while_attached(place: Place, window: Window) -> None:
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
    assert place.view()["state"] == "running"


@pytest.mark.parametrize("end", ["detach", "stop", "kill"])
def test_the_terminal_is_given_back(place: Place, window: Window, end: str) -> None:
    """Modes that the agent's program set are on while attached and off afterwards, however attach ends."""
    place.agent(MODES)
    place.run("apply", "--yes")
    before, flags = window.stty("before"), window.flags()
    window.type(f"clear; {ATTACH}")
    wait_for(lambda: "all on" in window.screen(), "the agent's screen")
    assert window.flags() != flags
    if end == "detach":
        window.press("C-]")
    elif end == "stop":
        place.run("stop", "docs")
    else:
        (pid,) = place.commands("attach")
        os.kill(pid, signal.SIGTERM)
    wait_for(lambda: window.flags() == flags, f"modes as before, not {window.flags()}")
    assert window.stty("after") == before
