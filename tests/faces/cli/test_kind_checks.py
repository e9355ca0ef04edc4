"""What `doctor` says of the kinds of agent, on machines with and without their programs."""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event

import pytest

from constellagent.agents.start import KINDS
from constellagent.faces.cli import kind_checks
from constellagent.faces.cli.checks import Check
from constellagent.runtime.control import PlanReply, PlanRequest
from constellagent.runtime.paths import Paths
from tests.faces.cli.test_versions import program
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, plan_reply
from tests.programs import PROGRAMS, link
from tests.programs import program as program_of

NEWEST = {kind.name: kind.facts.tested[1] for kind in KINDS.values() if kind.facts.tested is not None}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the only folder on PATH that may hold programs of agents; the home is not the temporary one."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CODEX_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "bin"))
    return folder


def declare(repo: Path, agents: str) -> None:
    """Write the file's agents."""
    (repo / "constellation.yaml").write_text(f"version: 1\nagents:\n{agents}")


def found(paths: Paths) -> dict[str, Check]:
    """Return the checks by name."""
    return {check.name: check for check in kind_checks.every(paths)}


@pytest.mark.usefixtures("repo", "shell")
def test_a_machine_without_any(paths: Paths) -> None:
    """Nothing is wrong where nobody needs them; that there are none at all is a warning."""
    checks = found(paths)
    assert checks.keys() == {"agents", *(name for name, kind in KINDS.items() if kind.program)}
    assert checks.pop("agents").level == "warn"
    assert {check.level for check in checks.values()} == {"ok"}
    assert all("not installed" in check.found and not check.advice for check in checks.values())


@pytest.mark.usefixtures("shell")
def test_one_that_is_declared_and_missing(repo: Path, paths: Paths) -> None:
    """A kind that the file needs fails, says whose it is, and how to install it; the others do not."""
    declare(repo, "  docs: {kind: claude}\n  own: {kind: codex, command: [sleep]}\n")
    checks = found(paths)
    assert (checks["claude"].level, checks["codex"].level) == ("fail", "ok")
    assert "docs" in checks["claude"].found
    assert "npm install -g @anthropic-ai/claude-code" in checks["claude"].advice
    assert checks["claude"].details["agents"] == ["docs"]


@pytest.mark.usefixtures("repo")
def test_tested_ones(shell: Path, paths: Paths) -> None:
    """Of each kind it tells the version, the place, what is tested, what works, and how to log in."""
    for kind, version in NEWEST.items():
        program(shell, f"echo {version}", kind)
    checks = found(paths)
    assert checks.pop("agents").found == ", ".join(NEWEST)
    for name, check in checks.items():
        assert (check.level, check.details["standing"]) == ("ok", "tested"), name
        assert f"{check.details['tested'][1]} at {shell / name}" in check.found
        assert check.advice.startswith("to log in: ")
    assert "hooks, resume, MCP, judged runs" in checks["claude"].found
    assert "profile: agent" in checks["gemini"].found
    assert "MCP" not in checks["aider"].found


@pytest.mark.usefixtures("repo")
@pytest.mark.parametrize(
    ("kind", "version", "words"),
    [
        ("claude", "99.0", ("newer", "npm install -g @anthropic-ai/claude-code@")),
        ("aider", "0.1.0", ("older", "pip install aider-chat==")),
    ],
)
def test_other_versions(shell: Path, paths: Paths, kind: str, version: str, words: tuple[str, ...]) -> None:
    """A version outside the tested range is a warning, with the command that installs a tested one."""
    program(shell, f"echo {version}", kind)
    check = found(paths)[kind]
    assert check.level == "warn"
    assert f"{version} at " in check.found
    assert all(word in check.advice for word in words)


@pytest.mark.usefixtures("repo")
def test_one_that_does_not_say_its_version(shell: Path, paths: Paths) -> None:
    """It is a warning with the command by which a person sees why."""
    program(shell, "exit 7", "opencode")
    check = found(paths)["opencode"]
    assert (check.level, check.details["version"]) == ("warn", "")
    assert "status 7" in check.advice
    assert "`opencode --version`" in check.advice


def test_the_path_that_agents_keep(daemon: FakeControl, repo: Path, shell: Path, paths: Paths) -> None:
    """Agents start with the PATH of the last apply, which the daemon knows; where it differs that is told."""
    declare(repo, "  docs: {kind: claude}\n  tests: {kind: claude}\n")
    here = program(shell, f"echo {NEWEST['claude']}", "claude")
    daemon.plan_answer = plan_reply(programs={"docs": here, "tests": ""})
    check = found(paths)["claude"]
    assert check.level == "warn"
    assert "last apply" in check.advice
    assert (check.details["path"], check.details["agents_path"]) == (here, "")
    away = program(repo, "echo 99.1", "claude")
    daemon.plan_answer = plan_reply(programs={"docs": away, "tests": away})
    assert f"99.1 at {away}" in found(paths)["claude"].found
    request = {"file": str(repo / "constellation.yaml"), "env_names": [], "keep_env": True}
    assert daemon.asked[-1] == ("plan", {"request": request})


def test_codex_needs_its_folder_elsewhere(
    repo: Path, shell: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the temporary folder codex has no sandbox, which is told for the folders that agents use."""
    program(shell, f"echo {NEWEST['codex']}", "codex")
    assert found(paths)["codex"].level == "ok"
    monkeypatch.setenv("CODEX_HOME", str(shell / "codex-home"))
    check = found(paths)["codex"]
    assert check.level == "warn"
    assert "CODEX_HOME" in check.advice
    declare(repo, "  docs: {kind: codex, options: {profile: agent}}\n")
    assert found(paths)["codex"].level == "ok"
    monkeypatch.setattr(tempfile, "tempdir", str(paths.home))
    assert "CONSTELLAGENT_HOME" in found(paths)["codex"].advice


def test_a_daemon_that_takes_its_time(
    daemon: FakeControl, repo: Path, shell: Path, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctor does not wait for a plan that takes long, and goes on without knowing that PATH."""
    monkeypatch.setattr(kind_checks, "PATIENCE", 0.2)
    held = Event()

    async def slow(_: PlanRequest) -> PlanReply:
        await asyncio.to_thread(held.wait, 30)
        return plan_reply(programs={"docs": ""})

    monkeypatch.setattr(daemon, "plan", slow)
    declare(repo, "  docs: {kind: claude}\n")
    program(shell, f"echo {NEWEST['claude']}", "claude")
    check = found(paths)["claude"]
    held.set()
    assert (check.level, check.details["agents_path"]) == ("ok", None)


@pytest.mark.usefixtures("shell")
def test_a_file_that_is_wrong_is_no_matter_here(repo: Path, paths: Paths) -> None:
    """Doctor goes on without knowing what is declared."""
    (repo / "constellation.yaml").write_text("agents: [")
    assert found(paths)["claude"].level == "ok"


@pytest.mark.skipif(not any(one.path.exists() for one in PROGRAMS), reason="no real agent is installed")
@pytest.mark.usefixtures("repo")
def test_the_real_programs(
    shell: Path, paths: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Those that are installed say the versions that are pinned, and change nothing that a person wrote."""
    home = tmp_path / "home"
    for name in (".claude.json", ".codex/config.toml", ".gemini/settings.json", ".gemini/projects.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text('{"mine": true}' if name.endswith("json") else "mine = true\n")
    before = {str(path): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    # the slowest takes 3 seconds where nothing else runs, and more than the limit on a loaded machine
    monkeypatch.setattr("constellagent.faces.cli.versions.LIMIT", 60.0)
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    there = {one.kind: one.version for one in reversed(PROGRAMS) if program_of(one.kind).path.exists()}
    for kind in there:
        link(kind, shell)
    checks = {check["name"]: check for check in json.loads(cli("doctor", "--json").out)}
    assert {name: checks[name]["details"]["version"] for name in there} == there
    assert {checks[name]["details"]["standing"] for name in there} == {"tested"}
    after = {path: Path(path).read_bytes() for path in before}
    shutil.rmtree(home / ".cache", ignore_errors=True)  # one of them unpacks 235 MB there
    assert after == before


def test_it_is_loaded_by_doctor_alone() -> None:
    """The table of kinds costs other commands nothing."""
    code = (
        "import sys\nfrom constellagent.faces.cli.boundary import run\nrun(['status', '--help'])\n"
        "sys.exit('constellagent.agents.start' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
