"""Asking the daemon for a session's screen."""

import socket
import time
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError
from constellagent.faces import snapshots
from constellagent.faces.terminal import Snapshot
from constellagent.runtime.paths import Paths
from tests.faces.fake_control import FakeControl, screen_view


def test_the_screen_is_asked_for_with_its_size_and_history(
    daemon: FakeControl, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who wants another size of the session says so; who only looks names none."""
    monkeypatch.setattr(snapshots, "PATIENCE", 40.0)
    daemon.screen_answer = screen_view(b"drawn", offset=7, rows=30, columns=90)
    take = snapshots.snapshots(paths.control_socket, "/f", "s1", history=5)
    assert take((30, 90)) == take(None) == Snapshot(7, b"drawn", 30, 90)
    requests = [params["request"] for method, params in daemon.asked if method == "screen"]
    wanted = {"file": "/f", "subject": "s1", "form": "ansi", "history": 5}
    assert requests == [wanted | {"rows": 30, "columns": 90}, wanted]


def test_a_daemon_that_refuses_or_is_not_there_gives_none(
    daemon: FakeControl, paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is kept from a session because its screen is not known."""
    assert snapshots.snapshots(tmp_path / "none", "/f", "s1", history=0)(None) is None

    async def refuse(_request: object) -> None:
        raise UnavailableError("no screen")

    monkeypatch.setattr(daemon, "screen", refuse)
    assert snapshots.snapshots(paths.control_socket, "/f", "s1", history=0)(None) is None


def test_a_daemon_that_hangs_is_waited_for_a_while(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and says nothing: after a moment we go on."""
    monkeypatch.setattr(snapshots, "PATIENCE", 0.1)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(paths.control_socket))
        listener.listen()
        began = time.monotonic()
        assert snapshots.snapshots(paths.control_socket, "/f", "s1", history=0)(None) is None
        assert time.monotonic() - began < 20
