"""The stage of the demo: a repository that is whole, and that goes as it came."""

import re
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.faces.cli import demo_stage
from constellagent.faces.cli.demo_cast import CAST, OWNER
from constellagent.spec.load import load


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the demo make its folders here."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def git(repo: Path, *words: str) -> str:
    """Ask git about the repository."""
    return subprocess.run(["git", *words], cwd=repo, check=True, capture_output=True, text=True).stdout


def test_one_clean_commit() -> None:
    """The programs and the file are committed on `main`, by nobody real, in a folder of this user alone."""
    stage = demo_stage.build(keep=False)
    repo = Path(stage.file).parent

    assert git(repo, "status", "--porcelain", "--branch") == "## main\n"
    assert git(repo, "log", "--format=%an <%ae>") == "constellagent demo <demo@example.com>\n"
    assert git(repo, "ls-files").split() == [
        "agents/ask.py",
        "agents/both.py",
        "agents/clerk.py",
        "agents/code.sh",
        "agents/link.sh",
        "agents/text.sh",
        "constellation.yaml",
        "signups.py",
    ]
    assert stat.S_IMODE(stage.folder.stat().st_mode) == 0o700


def test_the_file_is_a_constellation() -> None:
    """It loads, has the cast, and its ports differ and are those that the agents are told."""
    stage = demo_stage.build(keep=False)
    file = Path(stage.file)
    constellation = load(file.read_bytes(), str(file)).constellation

    assert {name: agent.shell for name, agent in constellation.agents.items()} == {
        name: part.line for name, part in CAST.items()
    }
    assert [*constellation.services] == [part.service.name.lower() for part in CAST.values()]
    assert constellation.owner is not None
    assert constellation.owner.email == OWNER
    ports = [(service.command or ())[4] for service in constellation.services.values()]
    assert len(set(ports)) == 4
    told = constellation.defaults.env.set_
    assert [told[part.service.name.upper()].rpartition(":")[2] for part in CAST.values()] == ports


def test_each_stage_has_a_domain_of_its_own() -> None:
    """Addresses are never given twice, so two demos must not ask for the same."""
    texts = [Path(demo_stage.build(keep=False).file).read_text() for _ in range(2)]
    domains = {re.findall(r"domain: (\S+)", text)[0] for text in texts}

    assert len(domains) == 2
    assert all(domain.startswith("demo-") and domain.endswith(".test") for domain in domains)


def test_what_is_kept_goes_on_as_a_shell() -> None:
    """With `keep` an agent that is done stays a terminal, to which a person can attach."""
    file = Path(demo_stage.build(keep=True).file)
    agents = load(file.read_bytes(), str(file)).constellation.agents

    assert {agent.shell for agent in agents.values()} == {f"{part.line}; exec sh" for part in CAST.values()}


def test_it_goes_as_it_came(temporary: Path) -> None:
    """Nothing stays of a stage that is removed; one that is gone cannot be removed again."""
    stage = demo_stage.build(keep=False)
    demo_stage.remove(stage)

    assert [*temporary.iterdir()] == []
    with pytest.raises(ConstellagentError, match="cannot be removed"):
        demo_stage.remove(stage)


def test_without_git_nothing_is_left(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stage that cannot be finished leaves no folder behind, and it is said what is missing."""
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(ConstellagentError, match="git was not found"):
        demo_stage.build(keep=False)
    assert [*temporary.iterdir()] == []


def test_without_a_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written, that is said."""
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")

    with pytest.raises(ConstellagentError, match="there is no temporary folder"):
        demo_stage.build(keep=False)
