"""`stop`: ends a session."""

import json
from pathlib import Path

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_says_how_it_ended(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The outcome is the result, in words or as JSON."""
    assert cli("stop", "docs").out == "docs: stopped\n"
    assert json.loads(cli("stop", "shop", "--json").out) == {"name": "shop", "outcome": "stopped"}
    assert daemon.asked[0] == ("stop", {"file": str(repo / "constellation.yaml"), "subject": "docs"})
