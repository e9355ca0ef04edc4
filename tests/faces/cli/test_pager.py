"""The pager: real programs on a real terminal."""

import sys
import termios
from collections.abc import Mapping

import pytest
from ptyprocess import PtyProcess

from constellagent.faces.cli.pager import command

_SCRIPT = """
import sys
from constellagent.faces.cli import screen
from constellagent.faces.cli.pager import paged
with paged():
    screen.say(screen.paint("red", "red", sys.stdout) + f" {screen.terminal_columns()}")
    for number in range(int(sys.argv[1])):
        screen.say(f"line {number}")
screen.say("after")
"""


def _shown(pager: str | None, lines: int = 1, stop_at: str = "", keys: str = "") -> str:
    """Return all that the terminal shows while the script writes through `pager`."""
    env = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color"}
    env |= {} if pager is None else {"PAGER": pager}
    process = PtyProcess.spawn(
        [sys.executable, "-c", _SCRIPT, str(lines)],
        dimensions=(10, 70),
        env=env,
        preexec_fn=lambda: termios.tcsetwinsize(0, (10, 70)),  # before it can look
    )
    said = ""
    try:
        while True:
            said += process.read().decode()
            if stop_at and stop_at in said:
                process.write(keys.encode())
                stop_at = ""
    except EOFError:
        return said
    finally:
        process.close(force=True)


@pytest.mark.parametrize(
    ("environ", "argv"),
    [
        ({}, ["less"]),
        ({"PAGER": "less -R"}, ["less", "-R"]),
        ({"PAGER": "more", "GIT_PAGER": "delta --dark"}, ["delta", "--dark"]),
        ({"PAGER": "cat"}, []),
        ({"PAGER": ""}, []),
        ({"PAGER": "'unfinished"}, []),
    ],
)
def test_the_users_own_pager_is_found(environ: Mapping[str, str], argv: list[str]) -> None:
    """The variable for git wins over the general one, and `cat` is none."""
    assert command(environ) == argv


def test_what_is_written_goes_through_the_pager_in_the_terminals_width_and_colour() -> None:
    """A filter as pager sees all of the body and nothing of what comes after it."""
    said = _shown("sed s/^/>/")

    assert ">\x1b[31mred\x1b[0m 70\r\n>line 0\r\nafter" in said


def test_less_leaves_at_once_where_all_fits() -> None:
    """A short output is simply printed, in colour."""
    said = _shown(None)

    assert "\x1b[31mred" in said
    assert said.rstrip().endswith("after")


def test_who_leaves_the_pager_ends_the_output() -> None:
    """Of a hundred thousand lines the first page is shown, and `q` is enough."""
    said = _shown("less", lines=100_000, stop_at="line 5", keys="q")

    assert "line 99999" not in said
    assert said.rstrip().endswith("after")


def test_a_missing_pager_is_told_of_and_done_without() -> None:
    """The output is there all the same."""
    said = _shown("no-such-pager-anywhere")

    assert "note: cannot start the pager no-such-pager-anywhere" in said
    assert "line 0" in said
