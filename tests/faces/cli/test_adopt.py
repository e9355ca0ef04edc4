"""`import`: takes over what exists."""

import json
from pathlib import Path

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_says_what_was_taken_over(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The folder is given absolute, the identity as written, and what was done is the result."""
    (repo / "old").mkdir()
    ran = cli("import", "docs", "--path", "old", "--identity", "docs@acme.test")
    assert (ran.code, ran.out) == (0, "took over the worktree\n")
    assert json.loads(cli("import", "docs", "--json").out) == ["took over the worktree"]
    file = str(repo / "constellation.yaml")
    assert [params for _, params in daemon.asked] == [
        {"file": file, "agent": "docs", "path": str(repo / "old"), "identity": "docs@acme.test"},
        {"file": file, "agent": "docs", "path": None, "identity": None},
    ]


def test_a_folder_that_is_not_there(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A folder that does not exist is wrong usage before anything is asked."""
    assert cli("import", "docs", "--path", "nowhere").code == 64
    assert daemon.asked == []
