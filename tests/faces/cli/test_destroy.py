"""`destroy`: takes away what apply made, after a yes."""

from pathlib import Path

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, plan_reply


def test_destroy(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Destroy plans and applies a removal, and wants a yes also for a file that is trusted."""
    daemon.plan_answer = plan_reply("- docs  remove worktree /w/docs  (asked to)", trusted=True)
    assert cli("destroy").code == 64
    ran = cli("destroy", "docs", "--force", "--yes")
    assert (ran.code, ran.out) == (0, "destroyed acme: 2 changes\n")
    (order,) = daemon.requests("apply")
    assert (order["destroy"], order["force"], order["agents"]) == (True, True, ["docs"])


def test_destroy_of_nothing(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Where there is nothing to remove nobody is asked."""
    assert cli("destroy").code == 0
