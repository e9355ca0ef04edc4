"""Plans kept in a file."""

from pathlib import Path

import pytest

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, plan_reply

LINE = "+ docs  create worktree /w/docs on new branch agents/docs at 1234abcd  (no worktree yet)"


@pytest.mark.parametrize("how", [("p.json",), ("--plan", "p.json")])
def test_a_saved_plan(daemon: FakeControl, repo: Path, cli: Cli, how: tuple[str, ...]) -> None:
    """A saved plan is sent with its own choices, so that the daemon can refuse it if the world moved."""
    daemon.plan_answer = plan_reply(LINE)
    cli("plan", "docs", "--prune", "--out", "p.json")
    assert cli("apply", *how, "--yes").code == 0
    (order,) = daemon.requests("apply")
    assert order["plan"] == daemon.plan_answer["plan"]
    assert (order["agents"], order["prune"]) == (["docs"], True)


def test_a_saved_plan_of_another_content(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A saved plan is refused once the file says something else."""
    daemon.plan_answer = plan_reply(LINE)
    cli("plan", "--out", "p.json")
    daemon.plan_answer = plan_reply(LINE, content_hash="hash-2")
    ran = cli("apply", "p.json", "--yes")
    assert ran.code == 3
    assert daemon.requests("apply") == []


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff", b'{"constellagent_plan": 2}', b'{"constellagent_plan": 1, "request": 3}'],
)
def test_a_file_that_is_no_saved_plan(daemon: FakeControl, repo: Path, cli: Cli, content: bytes) -> None:
    """Any other file in the place of a saved plan is wrong usage."""
    (repo / "p.json").write_bytes(content)
    assert cli("apply", "p.json").code == 64
    assert cli("apply", "--plan", "missing.json").code == 64


def test_a_saved_plan_takes_no_other_choices(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Choices beside a saved plan would be lost, so they are refused."""
    cli("plan", "--out", "p.json")
    assert cli("apply", "--plan", "p.json", "docs").code == 64


def test_the_key_of_the_shell(
    daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A management key of this shell goes with plan and apply, and into no file; another key does not."""
    daemon.plan_answer = plan_reply(LINE)
    monkeypatch.setenv("RAVI_API_KEY", "ravi_mgmt_canary")
    cli("plan", "--out", "p.json")
    assert "canary" not in (repo / "p.json").read_text()
    cli("apply", "p.json", "--yes")
    assert {asked.get("ravi_key") for asked in daemon.requests("plan")} == {"ravi_mgmt_canary"}
    assert [order["ravi_key"] for order in daemon.requests("apply")] == ["ravi_mgmt_canary"]
    for value in ("ravi_id_x", ""):
        monkeypatch.setenv("RAVI_API_KEY", value)
        cli("plan")
        cli("apply", "--yes")
    assert all("ravi_key" not in asked for asked in daemon.requests("plan")[-4:])
    assert all("ravi_key" not in order for order in daemon.requests("apply")[-2:])
