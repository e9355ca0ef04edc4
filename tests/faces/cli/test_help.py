"""Help texts are kept as golden files, so that a change of the command line is seen in review."""

import os
import subprocess
import sys

import pytest

from constellagent.faces.cli.commands import COMMANDS, GROUPS
from tests.faces.conftest import Cli
from tests.golden_option import Golden

PLACES = ("", *GROUPS, *(" ".join(command.words) for command in COMMANDS))


@pytest.mark.parametrize("words", PLACES)
def test_help(words: str, cli: Cli, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--help` of every command is the kept text, on stdout, with exit code 0."""
    monkeypatch.setenv("COLUMNS", "80")
    ran = cli(*words.split(), "--help")
    assert (ran.code, ran.err) == (0, "")
    golden(f"help/{words.replace(' ', '-') or 'constellagent'}.txt", ran.out)
    assert cli(*words.split(), "-h").out == ran.out


def test_no_words_show_help(cli: Cli) -> None:
    """Without a command the help is shown."""
    assert cli().out == cli("--help").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_offered(shell: str, daemon: object) -> None:
    """The shell is told the commands, and the names of agents where one belongs."""
    variables = {
        "bash": {"COMP_WORDS": "constellagent pl", "COMP_CWORD": "1"},
        "zsh": {"_TYPER_COMPLETE_ARGS": "constellagent pl"},
        "fish": {"_TYPER_COMPLETE_ARGS": "constellagent pl", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }
    env = {**os.environ, **variables[shell], "_CONSTELLAGENT_COMPLETE": f"complete_{shell}"}
    ran = subprocess.run(
        [sys.executable, "-m", "constellagent"], env=env, capture_output=True, text=True, check=True
    )
    assert "plan" in ran.stdout
    assert ran.stderr == ""
