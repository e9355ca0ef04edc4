"""What typer does for us: help, completion, and words about mistakes. Help texts are golden files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.faces.cli import app
from constellagent.faces.cli.commands import COMMANDS, GROUPS
from constellagent.runtime.control import ConstellationView
from constellagent.runtime.paths import Paths
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, agent_view, service_view
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


def test_mistakes_are_usage_errors() -> None:
    """Typer's own complaint becomes a UsageError in our words, with where to read on."""
    with pytest.raises(UsageError, match="no such option: --bogus") as caught:
        app.run(["plan", "--bogus"])
    assert caught.value.hint == "see `constellagent plan --help`"
    with pytest.raises(UsageError, match="no such command"):
        app.run(["bogus"])
    with pytest.raises(UsageError, match="valid integer"):
        app.run(["logs", "a", "--bytes", "x"])


def test_completion_knows_the_agents(daemon: FakeControl, repo: Path) -> None:
    """Where an agent's name belongs, the names of a daemon that runs are offered, those of services too."""
    view = ConstellationView(
        name="a", file="/f", repo="/r", agents=[agent_view("docs")], services=[service_view("db")]
    )
    daemon.views = [view]
    variables = {
        "COMP_WORDS": "constellagent attach d",
        "COMP_CWORD": "2",
        "_CONSTELLAGENT_COMPLETE": "complete_bash",
    }
    program = [sys.executable, "-m", "constellagent"]
    ran = subprocess.run(program, env={**os.environ, **variables}, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["docs", "db"]


def test_completion_starts_no_daemon(repo: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressing Tab never starts a daemon; without one there are no names to offer."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    assert app._agent_names("d") == []
    assert not paths.control_socket.exists()
