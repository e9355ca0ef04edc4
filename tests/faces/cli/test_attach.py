"""`attach`: what is checked before the terminal is handed over."""

from pathlib import Path

from constellagent.runtime.control import ConstellationView
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, agent_view, session_view


def test_a_session_that_ended(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """An agent that does not run cannot be attached to; how it ended and what to do is said."""
    daemon.session_answer = session_view(live=False, outcome="exit status 1")
    ran = cli("attach", "docs")
    assert ran.code == 1
    assert "docs does not run: exit status 1" in ran.err
    assert "constellagent logs docs" in ran.err


def test_a_key_that_is_none(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A detach key that cannot be pressed is wrong usage."""
    assert cli("attach", "docs", "--detach-key", "banana").code == 64
    assert daemon.asked == []


def test_without_a_terminal(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """There is nothing to hand over without a terminal."""
    assert cli("attach", "docs").code == 64


def test_no_name_and_no_terminal(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Without a terminal to choose on, the names of what runs are said."""
    running = agent_view("docs", session=session_view())
    ended = agent_view("triage", session=session_view(live=False))
    view = ConstellationView(name="acme", file="/f", repo="/r", agents=[running, ended], services=[])
    daemon.views = [view]
    ran = cli("attach")
    assert ran.code == 64
    assert "docs" in ran.err
    assert "triage" not in ran.err


def test_no_name_and_nothing_runs(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """There is nothing to choose from."""
    ran = cli("attach")
    assert ran.code == 1
    assert "constellagent apply" in ran.err
