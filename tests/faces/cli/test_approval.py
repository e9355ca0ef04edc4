"""The gate before anything runs: who is asked, what is shown, which answers count."""

from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.faces.cli import screen
from constellagent.faces.wording import readable
from tests.faces.cli.conftest import OnTerminal
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, plan_reply
from tests.golden_option import Golden

LINE = "+ docs  create worktree /w/docs on new branch agents/docs at 1234abcd  (no worktree yet)"


def test_a_trusted_file_is_not_asked_about(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Content that was approved before applies without a question, also without a terminal."""
    daemon.plan_answer = plan_reply(LINE, trusted=True)
    assert cli("apply").code == 0


def test_a_file_without_commands_is_not_asked_about(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Where the file runs nothing there is nothing to approve."""
    daemon.plan_answer = plan_reply(LINE, commands=[])
    assert cli("apply").code == 0


def test_without_a_terminal_nobody_is_asked(
    daemon: FakeControl, repo: Path, cli: Cli, golden: Golden
) -> None:
    """Without a terminal and without a yes nothing is applied, and the reader is told both ways out."""
    daemon.plan_answer = plan_reply(LINE)
    ran = cli("apply")
    assert ran.code == 64
    assert daemon.requests("apply") == []
    golden("cli/apply-no-terminal.txt", ran.err)


def test_a_person_says_yes(daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal]) -> None:
    """On a terminal the commands and the plan are shown, and `y` applies."""
    daemon.plan_answer = plan_reply(LINE)
    run = terminal("apply")
    run.until("Apply? [y/N]")
    assert "docs  command: bash -c 'echo hi'" in run.said
    assert "create worktree" in run.said
    run.type("y\n")
    assert run.end() == 0
    assert daemon.requests("apply")[0]["approved"] == "hash-1"


@pytest.mark.parametrize("answer", ["\n", "n\n", "yeah\n", "\x04"])
def test_a_person_says_no(
    daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal], answer: str
) -> None:
    """Anything but a yes does nothing and exits 1."""
    daemon.plan_answer = plan_reply(LINE)
    run = terminal("apply")
    run.until("[y/N]")
    run.type(answer)
    assert run.end() == 1
    assert "nothing was done" in run.said
    assert daemon.requests("apply") == []


def test_commands_cannot_hide(daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal]) -> None:
    """A command with control characters in it is shown harmless, so that nothing is approved unseen."""
    daemon.plan_answer = plan_reply(
        LINE, commands=[{"subject": "x", "what": "setup", "argv": ["rm\x1b[1A\x1b[2K", "\r"]}]
    )
    run = terminal("apply")
    run.until("[y/N]")
    assert "\x1b[1A" not in run.said
    assert "\x1b[2K" not in run.said
    run.type("n\n")
    run.end()


def test_a_script_is_shown_line_by_line() -> None:
    """What is approved can be read: a text of several lines stands below the words, in its shape."""
    script = "set -e\nfor x in a b; do\n  echo \x1b[2J$x\ndone\n"

    shown = readable(["bash", "-c", script, "a name"], screen.clean)

    assert shown == [
        "bash -c <text 1> 'a name'",
        "set -e",
        "for x in a b; do",
        "  echo \N{REPLACEMENT CHARACTER}[2J$x",
        "done",
    ]
