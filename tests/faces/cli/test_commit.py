"""`commit`: what is staged becomes a commit."""

import json
from pathlib import Path

from constellagent.runtime.review_views import CommitView
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl

_VIEW = CommitView(
    commit="0123456789abcdef",
    parents=[],
    subject="Say it",
    body="",
    author="docs",
    email="docs@acme.test",
    at=0.0,
    pushed=None,
)


def test_a_commit_is_named(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The commit, its subject and its author are said; who makes it goes along only where it was said."""
    daemon.answers["commit"] = _VIEW
    assert cli("commit", "docs", "-m", "Say it").out == "0123456789ab Say it (docs <docs@acme.test>)\n"
    request = {
        "file": str(repo / "constellation.yaml"),
        "agent": "docs",
        "action": "commit",
        "message": "Say it",
        "all": False,
    }
    assert daemon.asked[-1] == ("change", {"request": request})
    said = cli("commit", "docs", "-m", "Say it", "--all", "--as", "person", "--json").out
    assert json.loads(said) == _VIEW
    assert daemon.asked[-1] == ("change", {"request": {**request, "all": True, "author": "person"}})


def test_nobody_else_commits(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Only the agent and the person can be named."""
    ran = cli("commit", "docs", "-m", "x", "--as", "boss")
    assert ran.code == 64
    assert "agent or person" in ran.err
    assert not daemon.asked
