"""`mcp`: the command; the server itself is tested in `tests/faces/mcp`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faces.cli.conftest import OnTerminal


def test_a_person_is_told_how_to_use_it(
    terminal: Callable[..., OnTerminal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal it does not sit there and wait for a protocol."""
    monkeypatch.setenv("RAVI_API_KEY", "ravi_id_x")
    monkeypatch.chdir(tmp_path)
    run = terminal("mcp")
    assert run.end() == 64
    assert "MCP servers" in run.said


def test_nothing_of_the_protocol_is_loaded_by_other_commands() -> None:
    """The protocol's library costs a second, and only this command pays for it."""
    code = (
        "import sys\nfrom constellagent.faces.cli.boundary import run\n"
        "run(['identity', 'list', '--help']); run(['mcp', '--help'])\n"
        "sys.exit('mcp' in sys.modules or 'mcp_types' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
