"""`provider status|outbox|retry|drop|relay|allow-login`."""

import io
import json

import pytest

from tests.faces.cli.personal import outbox_view
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl
from tests.golden_option import Golden


def test_status(daemon: FakeControl, cli: Cli, golden: Golden) -> None:
    """Where everything is taken in, what relays mail, and what waits."""
    view = {
        "api": "http://127.0.0.1:1",
        "smtp": "smtp://127.0.0.1:2",
        "sms": "http://127.0.0.1:1/gateway/sms/",
        "relay": "",
        "outbox": {"waiting": 1, "held": 2},
        "identities": 4,
    }
    daemon.answers["status"] = view
    golden("cli/provider.txt", cli("provider", "status").out)
    assert json.loads(cli("provider", "status", "--json").out) == view
    daemon.answers["status"] = {**view, "relay": "mail.example.com:587 (starttls)", "outbox": {}}
    out = cli("provider", "status").out
    assert "mail.example.com:587" in out
    assert "nothing" in out


def test_outbox(daemon: FakeControl, cli: Cli) -> None:
    """The rows, or that there are none."""
    daemon.answers["outbox"] = [outbox_view(7)]
    assert "jo@example.com" in cli("provider", "outbox").out
    assert json.loads(cli("provider", "outbox", "--json").out) == [outbox_view(7)]
    daemon.answers["outbox"] = []
    assert cli("provider", "outbox").err == "no mail for other places\n"


def test_changes(daemon: FakeControl, cli: Cli) -> None:
    """Rows go by number, and logins are allowed for a while."""
    daemon.answers = {verb: {"done": [f"{verb} it was"]} for verb in ("retry", "drop", "allow_logins")}
    assert cli("provider", "retry", "7").out == "retry it was\n"
    assert cli("provider", "drop", "8").out == "drop it was\n"
    assert cli("provider", "allow-login").out == "allow_logins it was\n"
    assert cli("provider", "allow-login", "--for", "5m").code == 0
    assert daemon.requests("provider") == [
        {"action": "retry", "row": 7},
        {"action": "drop", "row": 8},
        {"action": "allow_logins", "seconds": 120},
        {"action": "allow_logins", "seconds": 300},
    ]
    assert cli("provider", "drop", "x").code == 64


def test_a_relay_is_kept_with_its_password(
    daemon: FakeControl, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password comes from stdin and never from the command line; an address without a user needs none."""
    daemon.answers["relay"] = {"done": ["kept"]}
    monkeypatch.setattr("sys.stdin", io.StringIO("hunter2\n"))
    assert cli("provider", "relay", "smtp://me@mail.test", "--password-stdin").out == "kept\n"
    assert cli("provider", "relay", "smtp://127.0.0.1:1025").code == 0
    assert cli("provider", "relay", "--forget").code == 0
    assert daemon.requests("provider") == [
        {"action": "relay", "url": "smtp://me@mail.test", "password": "hunter2"},
        {"action": "relay", "url": "smtp://127.0.0.1:1025"},
        {"action": "relay", "url": ""},
    ]
    assert cli("provider", "relay").code == 64
    assert cli("provider", "relay", "smtp://mail.test", "--forget").code == 64
