"""`push`: where to, and what came of it."""

from pathlib import Path

from constellagent.runtime.review_views import DoneView
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_a_remote_goes_along_where_it_is_named(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Without a remote the daemon finds it."""
    daemon.answers["push"] = DoneView(done=["pushed docs to origin: [new branch]"], rescue="")
    request = {"file": str(repo / "constellation.yaml"), "agent": "docs", "action": "push"}
    assert cli("push", "docs").out == "pushed docs to origin: [new branch]\n"
    assert daemon.asked[-1] == ("change", {"request": request})
    cli("push", "docs", "mine")
    assert daemon.asked[-1] == ("change", {"request": {**request, "remote": "mine"}})
