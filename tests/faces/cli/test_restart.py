"""`restart`: starts an agent again."""

import json
from pathlib import Path

import pytest

from constellagent.runtime.control import RestartRequest, RestartView
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_says_what_became_of_the_conversation(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """It goes on, or a person wanted a new one."""
    assert cli("restart", "docs").out == "docs: started, its conversation goes on\n"
    assert cli("restart", "docs", "--new").out == "docs: started, with a new conversation\n"
    assert json.loads(cli("restart", "docs", "--json").out)["conversation"] == "c-1"
    request = {"file": str(repo / "constellation.yaml"), "subject": "docs", "new": False}
    assert daemon.asked[0] == ("restart", {"request": request})


def test_says_why_a_conversation_is_new(
    daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also that the program ended at once, which is a failure."""

    async def restart(request: RestartRequest) -> RestartView:
        assert request["file"] == str(repo / "constellation.yaml")
        return RestartView(session=daemon.session_answer, conversation="", resumed=False, why="it is gone")

    monkeypatch.setattr(daemon, "restart", restart)
    done = cli("restart", "docs")
    assert (done.err, done.out) == ("", "docs: started, with a new conversation: it is gone\n")
    daemon.session_answer = {**daemon.session_answer, "live": False, "outcome": "exit status 3"}
    done = cli("restart", "docs")
    assert (done.code, done.out) == (1, "docs: ended at once: exit status 3\n")
