"""`doctor`: one line a check, and an exit code."""

import json

import pytest

from constellagent.runtime.paths import Paths
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_lines(daemon: FakeControl, cli: Cli) -> None:
    """Each check is one line with its level, its name and what was found."""
    ran = cli("doctor")
    assert (ran.code, ran.err) == (0, "")
    levels = {line.split()[0] for line in ran.out.splitlines() if not line.startswith(" ")}
    assert levels <= {"ok", "warn"}


def test_a_failure_decides_the_exit_code(paths: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """One failing check makes it 1, and its line is followed by what to do."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    paths.home.chmod(0o755)
    ran = cli("doctor")
    assert ran.code == 1
    assert f"chmod 700 {paths.home}" in ran.out
    listed = [check for check in json.loads(cli("doctor", "--json").out) if check["name"] != "found"]
    found = {check["name"]: check for check in listed}
    assert len(found) == len(listed), "no two checks have one name"
    assert found["state"]["level"] == "fail"
    assert {
        "python",
        "git",
        "sqlite",
        "terminals",
        "sockets",
        "disk",
        "root key",
        "daemon",
        "agents",
        "claude",
        "codex",
        "gemini",
        "opencode",
        "aider",
        "copilot",
        "sandbox",
    } <= found.keys()
    assert found["claude"]["details"]["hooks"]
    assert found["python"]["details"] == {}
