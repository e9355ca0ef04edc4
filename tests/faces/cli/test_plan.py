"""`plan`: what is asked of the daemon, what is shown, what the exit code says."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, plan_reply
from tests.golden_option import Golden

LINES = (
    "+ docs  create identity docs <docs@acme.test>  (no identity yet)",
    "+ docs  create worktree /w/docs on new branch agents/docs at 1234abcd  (no worktree yet)",
    "! api   the command changed; --restart api restarts it",
    "? web   could not look: git timed out",
)


def test_shows_the_plan(daemon: FakeControl, repo: Path, cli: Cli, golden: Golden) -> None:
    """The plan is the result, on stdout; nothing else is said."""
    daemon.plan_answer = plan_reply(*LINES, summary="2 to create, 1 waiting for --restart, 1 unknown")
    ran = cli("plan")
    assert (ran.code, ran.err) == (0, "")
    golden("cli/plan.txt", ran.out)


def test_an_empty_plan(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Where nothing would change, that is what is said."""
    assert cli("plan").out == "acme: no changes\n"


def test_asks_for_what_was_chosen(
    daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The choices reach the daemon, with the names of this shell's variables and none of their values."""
    monkeypatch.setenv("SOME_TOKEN", "hunter2")
    cli("plan", "docs", "api", "--restart", "api", "--prune")
    ((_, params),) = daemon.asked
    request = params["request"]
    assert "SOME_TOKEN" in request.pop("env_names")
    assert request.pop("path") == os.environ["PATH"]
    assert request == {
        "file": str(repo / "constellation.yaml"),
        "agents": ["docs", "api"],
        "restart": ["api"],
        "prune": True,
    }
    assert "hunter2" not in json.dumps(params)


def test_plans_a_destroy(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--destroy and --force plan what destroy would do."""
    cli("plan", "--destroy", "--force")
    request = daemon.asked[0][1]["request"]
    assert (request["destroy"], request["force"]) == (True, True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, 0), ({"pending": True}, 2), ({"blocked": True}, 1), ({"pending": True, "blocked": True}, 1)],
)
def test_detailed_exitcode(
    daemon: FakeControl, repo: Path, cli: Cli, changes: dict[str, bool], code: int
) -> None:
    """With --detailed-exitcode pending changes are 2 and a blocked plan is 1; without it a plan is 0."""
    daemon.plan_answer = plan_reply(**changes)
    assert cli("plan", "--detailed-exitcode").code == code
    assert cli("plan").code == 0


def test_json(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--json is the daemon's whole answer."""
    daemon.plan_answer = plan_reply(*LINES)
    assert json.loads(cli("plan", "--json").out) == daemon.plan_answer


def test_a_plan_is_kept_privately(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--out keeps request and answer in a file that only this user reads."""
    daemon.plan_answer = plan_reply(*LINES)
    assert cli("plan", "--prune", "--out", "p.json").code == 0
    kept = json.loads((repo / "p.json").read_text())
    assert kept["reply"] == daemon.plan_answer
    assert kept["request"]["prune"] is True
    assert stat.S_IMODE((repo / "p.json").stat().st_mode) == 0o600


def test_a_place_that_cannot_be_written(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--out into a folder that is not there is wrong usage."""
    assert cli("plan", "--out", "no/where/p.json").code == 64


SCHEDULED = "version: 1\nagents:\n  docs: {command: [x], schedules: {m: {cron: '0 9 * * *'}}}\n"


def test_fires_that_come_with_the_plan(
    daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--schedules compares the fires of the file with those of what is in effect."""
    monkeypatch.setattr("time.time", lambda: 1_795_348_800.0)
    (repo / "constellation.yaml").write_text(SCHEDULED)
    ran = cli("plan", "--schedules", "--window", "2d")
    assert ran.out.splitlines() == [
        "acme: no changes",
        "+ 2026-11-23T09:00:00Z docs/m",
        "+ 2026-11-24T09:00:00Z docs/m",
        "until 2026-11-24T12:00:00Z: 2 fires to come, 0 fires to go",
    ]
    assert (
        json.loads(cli("plan", "--schedules", "--json").out)["fires"]["come"][0]
        == ran.out.splitlines()[1][2:]
    )
    assert cli("plan", "--schedules", "other").out.endswith("the same fires\n")


def test_fires_that_differ_are_changes(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """With --detailed-exitcode they are 2, also where the plan itself is empty; blocked is still 1."""
    (repo / "constellation.yaml").write_text(SCHEDULED)
    assert cli("plan", "--schedules", "--detailed-exitcode").code == 2
    assert cli("plan", "--detailed-exitcode").code == 0
    assert cli("plan", "--schedules", "--detailed-exitcode", "--destroy").code == 0
    daemon.plan_answer = plan_reply(blocked=True)
    assert cli("plan", "--schedules", "--detailed-exitcode").code == 1


def test_fires_that_go_with_a_destroy(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Nothing is declared then, so all that is in effect goes."""
    kept = json.dumps({"spec": {"cron": "0 9 * * *"}, "timezone": "UTC", "constellation": ""})
    daemon.plan_answer = plan_reply(schedules={"docs/m": kept})
    out = cli("plan", "--destroy", "--schedules").out
    assert out.splitlines()[-1].endswith(": 0 fires to come, 7 fires to go")


def test_a_window_is_for_schedules(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--window alone is wrong usage."""
    assert cli("plan", "--window", "7d").code == 64
