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


def test_nothing_is_typed(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """An agent that asks something gets nothing: the error says why."""
    daemon.unsent["docs"] = "nothing was sent to docs: it asks for a permission"
    ran = cli("send", "docs", "hello", "--wait", "1.5")
    assert ran.code == 1
    assert "nothing was sent to docs: it asks for a permission" in ran.err
    assert daemon.asked[-1][1]["wait"] == 1.5


def test_typed_whatever_it_shows(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """With --force the daemon is told so."""
    assert cli("send", "docs", "1", "--no-enter", "--force").code == 0
    assert daemon.asked[-1][1]["force"] is True


def test_a_wait_that_is_none(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A negative number of seconds is wrong usage."""
    assert cli("send", "docs", "hello", "--wait", "-1").code == 64


def test_over_a_limit(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A person who insists says so."""
    assert cli("send", "docs", "go", "--over-limit").code == 0
    assert daemon.asked[0][1]["over_limit"] is True
    assert repo.is_dir()
