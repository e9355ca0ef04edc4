"""`trust`: approves the file's present content."""

import json
from pathlib import Path

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_trust(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """`trust` shows the commands and approves the content with a yes; --revoke withdraws without one."""
    assert cli("trust").code == 64
    ran = cli("trust", "--yes")
    assert ran.code == 0
    assert "bash -c 'echo hi'" in ran.err
    assert json.loads(cli("trust", "--revoke", "--json").out)["trusted"] is False
    assert [params["revoke"] for name, params in daemon.asked if name == "trust"] == [False, True]
