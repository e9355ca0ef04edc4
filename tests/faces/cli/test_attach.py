"""`attach`: what is checked before the terminal is handed over."""

from pathlib import Path

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, session_view


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
