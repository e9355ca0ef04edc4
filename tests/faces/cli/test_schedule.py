"""`schedule show|pause|resume|reset|webhook`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.errors import UsageError
from tests.faces.cli.scheduled import hook_view, schedule_view
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_shows_one_with_all_and_several_in_a_table(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """One schedule is a block, several are a table; --json is what the daemon answered."""
    daemon.answers["list"] = [schedule_view()]
    assert cli("schedule", "show", "triage/morning").out.startswith("schedule   triage/morning\nstate ")
    assert json.loads(cli("schedule", "show", "--json").out) == daemon.answers["list"]
    daemon.answers["list"] = [schedule_view(), schedule_view("docs/daily", state="paused")]
    lines = cli("schedule", "show").out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["SCHEDULE", "STATE"],
        ["triage/morning", "on"],
        ["docs/daily", "paused"],
    ]
    file = str(repo / "constellation.yaml")
    assert daemon.requests("schedule")[:2] == [
        {"file": file, "action": "list", "schedules": ["triage/morning"]},
        {"file": file, "action": "list", "schedules": []},
    ]


def test_nothing_in_effect(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Without schedules the command that helps is said beside an empty result."""
    ran = cli("schedule", "show")
    assert (ran.code, ran.out) == (0, "")
    assert "constellagent apply" in ran.err


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (("pause", "docs"), {}),
        (("pause", "docs", "--why", "the site is down"), {"why": "the site is down"}),
        (("resume", "docs"), {"catch_up": False}),
        (("resume", "docs", "--catch-up"), {"catch_up": True}),
        (("reset", "docs"), {}),
    ],
)
def test_changes_say_what_they_did(
    daemon: FakeControl, repo: Path, cli: Cli, words: tuple[str, ...], more: dict[str, object]
) -> None:
    """Each change names what it did, one line for each schedule."""
    daemon.answers[words[0]] = {"done": ["docs/daily is\x1b changed"], "schedules": [schedule_view()]}
    ran = cli("schedule", *words)
    assert (ran.code, ran.out) == (0, "docs/daily is\N{REPLACEMENT CHARACTER} changed\n")
    assert json.loads(cli("schedule", *words, "--json").out) == daemon.answers[words[0]]
    file = str(repo / "constellation.yaml")
    expected = {"file": file, "action": words[0], "schedules": ["docs"], **more}
    assert daemon.requests("schedule") == [expected, expected]


@pytest.mark.parametrize("verb", ["pause", "resume", "reset"])
def test_all_must_be_said(daemon: FakeControl, repo: Path, cli: Cli, verb: str) -> None:
    """Without a name nothing is changed unless --all is given; both at once contradict each other."""
    assert "--all" in cli("schedule", verb).err
    assert cli("schedule", verb).code == 64
    assert cli("schedule", verb, "docs", "--all").code == 64
    assert daemon.asked == []
    daemon.answers[verb] = {"done": [], "schedules": []}
    ran = cli("schedule", verb, "--all")
    assert (ran.code, ran.out) == (0, "")
    assert "nothing was done" in ran.err
    assert daemon.requests("schedule")[0]["schedules"] == []


def test_an_unknown_schedule_is_wrong_usage(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The daemon's answer about a name reaches the person with its exit code."""
    daemon.fail("schedule", UsageError("no schedule 'x' is in effect", hint="`constellagent schedule show`"))
    ran = cli("schedule", "pause", "x")
    assert ran.code == 64
    assert "hint: `constellagent schedule show`" in ran.err


def test_a_webhook_is_shown_with_an_example(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The secret is shown where it was made, and --renew asks for a new one."""
    daemon.answers["webhook"] = hook_view("chs_secret")
    out = cli("schedule", "webhook", "docs/deployed", "--renew").out
    assert "secret     chs_secret\n" in out
    assert "openssl dgst" in out
    assert json.loads(cli("schedule", "webhook", "docs/deployed", "--json").out)["url"] == hook_view()["url"]
    assert [asked["renew"] for asked in daemon.requests("schedule")] == [True, False]


@pytest.mark.parametrize("module", ["schedule", "schedule_runs"])
def test_the_commands_are_light(module: str) -> None:
    """Neither models nor the event loop are loaded to ask the daemon about schedules."""
    code = (
        f"import sys; import constellagent.faces.cli.{module}; "
        "print(*{'asyncio', 'dataclasses', 'pydantic', 'typer', 'zoneinfo'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
