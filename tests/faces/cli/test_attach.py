"""`attach`: what is checked before the terminal is handed over."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from constellagent.faces import snapshots
from constellagent.faces.cli import attach
from constellagent.faces.terminal import Snapshot, TakeSnapshot
from constellagent.runtime.settings import Settings
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, screen_view, session_view


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
    """Without a terminal there is no multiplexer; what to do instead is said."""
    ran = cli("attach")
    assert ran.code == 64
    assert "the multiplexer needs a terminal" in ran.err
    assert "constellagent status" in ran.err


@pytest.mark.parametrize("option", [("--view",), ("--history", "9")])
def test_what_needs_a_name(daemon: FakeControl, repo: Path, cli: Cli, option: tuple[str, ...]) -> None:
    """Looking at and scrolling back in one session make no sense for all of them."""
    ran = cli("attach", *option)
    assert ran.code == 64
    assert f"{option[0]} needs a name" in ran.err


class _Terminal(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make standard input and output look like a terminal; what takes it over is replaced by each test."""
    monkeypatch.setattr(attach, "sys", SimpleNamespace(stdin=_Terminal(), stdout=_Terminal()))


@pytest.mark.usefixtures("daemon", "terminal")
def test_no_name_opens_the_multiplexer(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the constellation of this folder, and its exit status."""
    seen: list[Path | None] = []

    def run(file: Path | None, settings: Settings) -> int:
        assert isinstance(settings, Settings)
        seen.append(file)
        return 3

    monkeypatch.setattr("constellagent.faces.tui.app.run_multiplexer", run)  # it would take a real terminal
    assert attach.attach() == 3
    assert seen == [repo / "constellation.yaml"]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("view", [False, True])
def test_a_name_hands_the_terminal_over(
    daemon: FakeControl, repo: Path, monkeypatch: pytest.MonkeyPatch, *, view: bool
) -> None:
    """To the session, or to who shows it; with its screen as the daemon knows it."""
    monkeypatch.setattr(snapshots, "PATIENCE", 40.0)
    daemon.session_answer = session_view(id="s9", socket="/s", log="/l")
    daemon.screen_answer = screen_view(b"drawn", offset=5)
    found: list[object] = []

    def take(socket: Path, log: Path, *, detach_key: bytes, snapshot: TakeSnapshot) -> int:
        found.extend([socket, log, detach_key, snapshot(None)])
        return 4

    where = "constellagent.faces.terminal.looking.look" if view else "constellagent.faces.terminal.attach"
    monkeypatch.setattr(where, take)  # it would take a real terminal
    assert attach.attach("docs", view=view, detach_key="ctrl-a", history=8) == 4
    assert found == [Path("/s"), Path("/l"), b"\x01", Snapshot(5, b"drawn", 24, 80)]
    (request,) = [params["request"] for method, params in daemon.asked if method == "screen"]
    assert (request["subject"], request["history"]) == ("s9", 0 if view else 8)
