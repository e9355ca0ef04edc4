"""`wait`: blocks until an agent is in a state."""

import json
import threading
from pathlib import Path

import pytest

from constellagent.runtime.control import ConstellationView, State
from tests.faces.cli.scheduled import open_view, run_view, schedule_view
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, Queue, agent_view, service_view, session_view
from tests.reliability.lab import wait_for


@pytest.fixture
def view(daemon: FakeControl) -> ConstellationView:
    """Let the daemon show a working agent and a running service."""
    shown = ConstellationView(
        name="acme", file="/f", repo="/r", agents=[agent_view("docs")], services=[service_view("shop")]
    )
    daemon.views = [shown]
    return shown


def test_returns_when_the_state_is_reached(view: ConstellationView, repo: Path, cli: Cli) -> None:
    """It waits while the agent works, and says what the agent came to."""

    def finish() -> None:
        view["agents"][0]["state"] = "done"

    later = threading.Timer(0.3, finish)
    later.start()
    ran = cli("wait", "docs")
    later.join()
    assert (ran.code, ran.out) == (0, "done\n")


@pytest.mark.parametrize(("until", "code"), [(("working",), 0), (("waiting", "working"), 0)])
def test_any_of_several_states(
    view: ConstellationView, repo: Path, cli: Cli, until: tuple[str, ...], code: int
) -> None:
    """Each --until is one more state that ends the wait."""
    ran = cli("wait", "docs", *(word for state in until for word in ("--until", state)), "--json")
    assert ran.code == code
    assert json.loads(ran.out)["state"] == "working"


@pytest.mark.parametrize("state", ["failed", "exited", "stopped"])
def test_ends_where_the_state_cannot_come_any_more(
    view: ConstellationView, repo: Path, cli: Cli, state: State
) -> None:
    """An agent that ended otherwise ends the wait with 1 and its reason."""
    view["agents"][0] |= {"state": state, "reason": "exit status 1"}
    ran = cli("wait", "docs", "--until", "waiting")
    assert ran.code == 1
    assert f"docs is {state} (exit status 1)" in ran.err


def test_a_live_agent_that_says_it_is_done_has_not_ended(
    view: ConstellationView, repo: Path, cli: Cli
) -> None:
    """That it is done can be waited for by name; the end of its session is something else."""
    view["agents"][0] |= {"state": "done", "session": session_view()}
    assert cli("wait", "docs", "--until", "done").out == "done\n"
    assert "still done after" in cli("wait", "docs", "--timeout", "0.01").err
    assert "still done after" in cli("wait", "docs", "--until", "waiting", "--timeout", "0.01").err


def test_time_is_up(view: ConstellationView, repo: Path, cli: Cli) -> None:
    """After --timeout seconds it gives up with 1."""
    ran = cli("wait", "shop", "--timeout", "0.01")
    assert ran.code == 1
    assert "shop is still running after 0.01 s" in ran.err


def test_unknown_words(view: ConstellationView, repo: Path, cli: Cli) -> None:
    """A state or a name that does not exist is wrong usage, and the known ones are listed."""
    assert "the states are: starting, running" in cli("wait", "docs", "--until", "happy").err
    ran = cli("wait", "nobody")
    assert ran.code == 64
    assert "docs, shop" in ran.err


def test_of_a_schedule_the_end_of_its_run(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """It waits for the run that goes on, says how that ended, and exits with its code."""
    daemon.answers["list"] = [schedule_view(open=[open_view()])]
    daemon.answers["history"] = Queue([[open_view()], [run_view(state="failed", exit_status=7)]])
    ran = cli("wait", "triage/morning")
    assert (ran.code, ran.out) == (7, "failed\n")
    daemon.answers["list"] = [schedule_view()]
    ran = cli("wait", "triage/morning", "--json")
    assert (ran.code, json.loads(ran.out)) == (0, run_view())


def test_of_a_schedule_time_is_up(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """After --timeout seconds it gives up with 1; another state than the end cannot be waited for."""
    daemon.answers["list"] = [schedule_view(open=[open_view("queued")])]
    daemon.answers["history"] = [open_view("queued")]
    ran = cli("wait", "triage/morning", "--timeout", "0.01")
    assert ran.code == 1
    assert "triage/morning is still queued after 0.01 s" in ran.err
    assert cli("wait", "triage/morning", "--until", "working").code == 64


class TestSeveral:
    """Several names at once."""

    def test_all_must_have_been_there(
        self, daemon: FakeControl, view: ConstellationView, repo: Path, cli: Cli
    ) -> None:
        """Each at its time: one may be in another state again when the last one is."""
        view["agents"] = [agent_view("docs", "done", session=session_view()), agent_view("site")]

        def finish() -> None:
            wait_for(lambda: len(daemon.asked) > 2, "both to have been looked at, and an answer to be read")
            view["agents"][0]["state"] = "working"
            view["agents"][1]["state"] = "done"

        later = threading.Thread(target=finish)
        later.start()
        ran = cli("wait", "docs", "site", "--until", "done")
        later.join()
        assert (ran.code, ran.out) == (0, "docs: done\nsite: done\n")

    def test_any_is_enough(self, view: ConstellationView, repo: Path, cli: Cli) -> None:
        """It is the one that is told; another that cannot get there does not matter."""
        view["agents"] = [agent_view("docs"), agent_view("site", "done"), agent_view("gone", "failed")]
        ran = cli("wait", "docs", "site", "gone", "--until", "done", "--any", "--json")
        assert ran.code == 0
        assert [row["name"] for row in json.loads(ran.out)] == ["site"]

    def test_one_that_cannot_get_there_ends_it(self, view: ConstellationView, repo: Path, cli: Cli) -> None:
        """With --any only where none can."""
        view["agents"] = [agent_view("docs"), agent_view("gone", "failed", reason="exit status 2")]
        ran = cli("wait", "docs", "gone", "--until", "done")
        assert (ran.code, "gone is failed (exit status 2)" in ran.err) == (1, True)
        ran = cli("wait", "docs", "gone", "--until", "done", "--any", "--timeout", "0.1")
        assert "docs is still working, gone is still failed after 0.1 s" in ran.err
        view["agents"] = [agent_view("gone", "failed"), agent_view("lost", "exited")]
        ran = cli("wait", "gone", "lost", "--until", "done", "--any")
        assert "gone is failed (it ended); lost is exited (it ended)" in ran.err

    @pytest.mark.parametrize("words", [(), ("docs", "docs/daily")])
    def test_what_cannot_be_waited_for(
        self, view: ConstellationView, repo: Path, cli: Cli, words: tuple[str, ...]
    ) -> None:
        """Nothing, and a schedule among others."""
        assert cli("wait", *words).code == 64
