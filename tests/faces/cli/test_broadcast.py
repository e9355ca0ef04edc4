"""`broadcast`: one message to many agents."""

import json
from pathlib import Path

import pytest

from constellagent.runtime.control import ConstellationView, SendView
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, agent_view, session_view


@pytest.fixture(autouse=True)
def _shown(daemon: FakeControl) -> None:
    """Let the daemon show two agents that run, and one that does not."""
    agents = [*(agent_view(name, session=session_view()) for name in ("docs", "api")), agent_view("idle")]
    daemon.views = [ConstellationView(name="acme", file="/f", repo="/r", agents=agents, services=[])]


def test_all_that_run(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Each live agent gets it with Enter; a line for each says how it went."""
    ran = cli("broadcast", "look", "at this", "--wait", "2")
    sent = [params for method, params in daemon.asked if method == "send"]
    assert ran.code == 0
    assert {(one["text"], one["enter"], one["wait"]) for one in sent} == {("look at this", True, 2.0)}
    assert sorted(one["agent"] for one in sent) == ["api", "docs"]
    assert [line.split() for line in ran.out.splitlines()] == [["docs", "sent"], ["api", "sent"]]


def test_those_in_a_state(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Agents in another one are left out."""
    daemon.views[0]["agents"][0]["state"] = "waiting"
    daemon.views[0]["agents"][1]["state"] = "working"
    assert cli("broadcast", "--state", "waiting,done", "hello").code == 0
    assert [params["agent"] for method, params in daemon.asked if method == "send"] == ["docs"]


def test_one_that_gets_nothing(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Its line says why, and the exit code is 1; the others get it all the same."""
    daemon.unsent["docs"] = "nothing was sent to docs: it asks for a permission"
    ran = cli("broadcast", "--agents", "docs", "--json", "hello")
    assert ran.code == 1
    assert json.loads(ran.out) == [
        {"agent": "docs", "outcome": "unsent", "why": "nothing was sent to docs: it asks for a permission"}
    ]


def test_one_that_may_not_have_taken_it(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """What was typed and not confirmed is another thing than what was not sent."""
    daemon.send_answer = SendView(confirmed=False, why="the program is stopped\x1b[2J")
    ran = cli("broadcast", "--agents", "docs", "hello")
    assert ran.code == 1
    assert ran.out.startswith("docs  doubtful  the program is stopped")
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--agents", "dcos", "hello"], "there is no agent 'dcos'"),
        (["--state", "sleeping", "hello"], "there is no state 'sleeping'"),
        (["--state", "failed", "--agents", "docs", "hello"], "there is no agent to send to"),
        (["--wait", "-1", "hello"], "--wait takes a number of seconds"),
    ],
)
def test_wrong_words(daemon: FakeControl, repo: Path, cli: Cli, words: list[str], said: str) -> None:
    """A name that is not there is wrong usage, and nothing is sent to anybody."""
    ran = cli("broadcast", *words)
    assert ran.code == 64
    assert said in ran.err
    assert not [method for method, _ in daemon.asked if method == "send"]
