"""`resume`: lets paused runs go on."""

import json
from pathlib import Path

import pytest

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_says_which_runs_go_on(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """With the limits that were given, or none."""
    daemon.resumed = ["r1", "r2"]
    file = str(repo / "constellation.yaml")

    assert cli("resume", "docs").out == "r1 goes on\nr2 goes on\n"
    done = cli("resume", "docs/daily", "--tokens", "500", "--cost", "2.5", "--json")

    assert json.loads(done.out) == ["r1", "r2"]
    assert [asked["request"] for _, asked in daemon.asked] == [
        {"file": file, "subject": "docs"},
        {"file": file, "subject": "docs/daily", "tokens": 500, "cost": 2.5},
    ]


@pytest.mark.parametrize("words", [("--tokens", "0"), ("--cost", "0"), ("--cost", "nan")])
def test_a_limit_is_more_than_nothing(
    daemon: FakeControl, repo: Path, cli: Cli, words: tuple[str, ...]
) -> None:
    """Nobody is asked."""
    done = cli("resume", "docs", *words)
    assert (done.code, daemon.asked) == (64, [])
    assert repo.is_dir()
