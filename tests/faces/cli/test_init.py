"""`init`: a first file that is valid."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.faces.cli import init, programs
from constellagent.spec.load import load
from tests.faces.conftest import Cli
from tests.golden_option import Golden


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Start with a PATH on which no agent's program is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("SHELL", "/bin/zsh")
    return folder


@pytest.fixture
def empty(repo: Path) -> Path:
    """Stand in a repository without a file."""
    (repo / "constellation.yaml").unlink()
    return repo


def test_writes_a_shell_where_no_agent_is_found(empty: Path, cli: Cli, golden: Golden) -> None:
    """Without any agent's program the file declares the user's shell, and is valid."""
    assert cli("init").out == f"wrote {empty}/constellation.yaml; next: constellagent plan\n"
    golden("cli/init-shell.yaml", (empty / "constellation.yaml").read_text())
    assert cli("validate").code == 0


def test_declares_the_agents_on_path(empty: Path, cli: Cli, path: Path, golden: Golden) -> None:
    """Each agent's program on PATH becomes an agent of its kind."""
    for name in ("claude", "codex"):
        (path / name).write_text("#!/bin/sh\n")
        (path / name).chmod(0o755)
    assert cli("init").code == 0
    text = (empty / "constellation.yaml").read_text()
    golden("cli/init-agents.yaml", text)
    assert {name: agent.kind for name, agent in load(text.encode(), "c").constellation.agents.items()} == {
        "claude": "claude",
        "codex": "codex",
    }


def test_never_overwrites(repo: Path, cli: Cli) -> None:
    """A file that is there is refused with exit code 3 and stays as it was; --out writes elsewhere."""
    before = (repo / "constellation.yaml").read_text()
    assert cli("init").code == 3
    assert (repo / "constellation.yaml").read_text() == before
    assert cli("init", "--out", "other.yaml").code == 0
    assert cli("init", "--out", "no/where.yaml").code == 64


def test_outside_of_a_repository(tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a repository nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert cli("init").code == 64


@settings(max_examples=40)
@given(st.text(min_size=1), st.sets(st.sampled_from(sorted(programs.PROGRAMS))), st.text())
def test_every_repository_gets_a_valid_file(folder: str, kinds: set[str], shell: str) -> None:
    """Whatever the folder is called and whatever is installed, the file loads."""
    text = init.render(folder, sorted(kinds), shell)
    loaded = load(text.encode(), "c").constellation
    assert set(loaded.agents) == (kinds or {"shell"})
