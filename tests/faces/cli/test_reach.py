"""The command line's way to the daemon."""

import socket
from pathlib import Path

import pytest

from constellagent.faces.blocking import BlockingClient
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def _older_daemon(path: Path) -> BlockingClient:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    client = BlockingClient(connection)
    client.version = "0.0.1"
    return client


def test_another_version_is_mentioned(
    daemon: FakeControl, repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon of another release serves, and stderr says how to change over.

    The version is replaced in what was received, because the fake daemon is of this release.
    """
    assert cli("status").err == ""
    monkeypatch.setattr(BlockingClient, "connect", _older_daemon)
    ran = cli("status")
    assert ran.code == 0
    assert "note: the daemon is version 0.0.1" in ran.err
    assert "constellagent daemon stop" in ran.err
