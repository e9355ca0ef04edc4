"""`apply` and `destroy`: what is approved, what is sent, what is shown, how it ends."""

import json
from pathlib import Path

import pytest

from constellagent.errors import RefusedError
from constellagent.runtime.control import ApplyResult
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, plan_reply
from tests.golden_option import Golden

LINE = "+ docs  create worktree /w/docs on new branch agents/docs at 1234abcd  (no worktree yet)"
EVENTS = [
    {"event": {"subject": "docs", "text": "creating the worktree", "level": "info", "data": {}}},
    {"event": {"subject": "docs", "text": "created the worktree", "level": "done", "data": {}}},
    {"event": {"subject": "api", "text": "npm ci failed (1)", "level": "error", "data": {}}},
    {"event": {"subject": "", "text": "the disk is nearly full", "level": "warning", "data": {}}},
]


def test_yes_applies_what_was_shown(
    daemon: FakeControl, repo: Path, cli: Cli, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --yes plan and progress go to stderr, the result to stdout; the approval names the content."""
    monkeypatch.setenv("WANTED", "value")
    monkeypatch.setenv("UNWANTED", "value")
    daemon.plan_answer = plan_reply(LINE)
    daemon.items = EVENTS  # type: ignore[assignment] # the shape of StreamItem
    ran = cli("apply", "--yes", "docs", "--prune", "--restart", "api")
    assert ran.code == 0
    assert ran.out == "applied acme: 2 changes\n"
    golden("cli/apply-progress.txt", ran.err)
    assert daemon.requests("apply") == [
        {
            "file": str(repo / "constellation.yaml"), "approved": "hash-1", "env": {"WANTED": "value"},
            "agents": ["docs"], "restart": ["api"], "prune": True,
        }
    ]  # fmt: skip


def test_nothing_to_do(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A second apply says so and is 0."""
    daemon.result = ApplyResult(done=[], failed={}, skipped={}, changed=0, exit_code=0)
    ran = cli("apply")
    assert (ran.code, ran.out) == (0, "acme: no changes\n")


def test_failures_are_named_and_decide_the_exit_code(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Each agent that failed or was skipped is named with its reason; the exit code is the daemon's."""
    daemon.result = ApplyResult(
        done=["docs"],
        failed={"api": "npm ci failed (1)"},
        skipped={"web": "needs api"},
        changed=3,
        exit_code=1,
    )
    ran = cli("apply", "--yes")
    assert ran.code == 1
    assert ran.out == "applied acme: 3 changes, 1 failed, 1 skipped\n"
    assert "failed api: npm ci failed (1)\nskipped web: needs api\n" in ran.err


def test_json_is_the_result(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--json writes the result of the apply and nothing else to stdout."""
    ran = cli("apply", "--yes", "--json")
    assert json.loads(ran.out) == daemon.result


def test_an_apply_that_is_refused(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """What the daemon refuses in the middle is an error with its own exit code."""
    daemon.fail("apply", RefusedError("the file changed", hint="plan again"))
    assert cli("apply", "--yes").code == 3


def test_nothing_done_is_not_called_applied(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Where everything failed or was blocked the last line says so, once, and claims nothing."""
    daemon.plan_answer = plan_reply(LINE, "x api  branch main is checked out at /repo")
    daemon.result = ApplyResult(done=[], failed={"docs": "no"}, skipped={}, changed=0, exit_code=1)
    assert cli("apply", "--yes").out == "acme: nothing done, 1 failed, 1 blocked\n"
