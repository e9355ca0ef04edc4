"""`send`: a message to an agent's terminal."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from constellagent.runtime.control import SendView
from tests.faces.cli.conftest import OnTerminal
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl

PROGRAM = [sys.executable, "-m", "constellagent", "send", "docs"]


def test_words_are_the_message(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The words are joined by spaces and followed by Enter, unless it is left out."""
    ran = cli("send", "docs", "look", "at  this")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert cli("send", "docs", "more", "--no-enter").code == 0
    file = str(repo / "constellation.yaml")
    assert [params for _, params in daemon.asked] == [
        {"file": file, "agent": "docs", "text": "look at  this", "enter": True},
        {"file": file, "agent": "docs", "text": "more", "enter": False},
    ]


def test_a_message_that_nobody_may_have_read(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """What the terminal did not show is a warning that says why, and exit code 1."""
    daemon.send_answer = SendView(confirmed=False, why="the program is stopped\x1b[2J")
    ran = cli("send", "docs", "hello")
    assert ran.code == 1
    assert ran.err.startswith("warning: docs may not have taken it: the program is stopped")
    assert "\x1b" not in ran.err


def test_stdin_is_the_message(daemon: FakeControl, repo: Path) -> None:
    """Without words the message is what is piped in; an empty pipe is wrong usage."""
    subprocess.run(PROGRAM, input="two\nlines\n", text=True, check=True)
    assert daemon.asked[0][1]["text"] == "two\nlines"
    assert subprocess.run(PROGRAM, input="", text=True, check=False, capture_output=True).returncode == 64


def test_a_terminal_is_not_waited_for(
    daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal]
) -> None:
    """Without words on a terminal it does not sit there and wait."""
    assert terminal("send", "docs").end() == 64
