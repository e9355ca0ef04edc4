"""`bug-report`: what it says, and when it refuses; tests/reliability/test_bug_report.py looks into it."""

import json
import tarfile
from pathlib import Path

import pytest

from constellagent.runtime.paths import Paths
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_what_is_said(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Every file with its size, how much was taken out, and that a person reads it before it is sent."""
    ran = cli("bug-report", "--out", "r.tar.gz")
    assert (ran.code, ran.err) == (0, "")
    with tarfile.open(repo / "r.tar.gz") as archive:
        names = [entry.name.partition("/")[2] for entry in archive]
    assert all(f"  {name}\n" in ran.out for name in names)
    assert {"daemon.json", "doctor.json", "plan.json", "status.json", "versions.json"} <= set(names)
    assert "taken out: " in ran.out
    assert ran.out.endswith("cannot be taken out.\n")
    assert "Read it before you send it" in ran.out


def test_without_a_file_and_a_daemon(
    paths: Paths, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It needs neither a constellation nor a daemon, starts none, and says what it could not look at."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    monkeypatch.chdir(tmp_path)
    told = json.loads(cli("bug-report", "--json").out)
    assert Path(told["file"]).name.startswith("constellagent-report-")
    assert set(told["faults"]) == {"daemon", "status"}
    assert "plan.json" not in told["files"]
    assert not paths.control_socket.exists()


def test_output_needs_a_yes(paths: Paths, tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can be asked, the words of programs are not taken without --yes."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    monkeypatch.chdir(tmp_path)
    ran = cli("bug-report", "--include-output")
    assert ran.code == 64
    assert "may hold anything" in ran.err
    assert list(tmp_path.iterdir()) == []
