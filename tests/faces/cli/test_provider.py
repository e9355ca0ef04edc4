"""`provider status|outbox|retry|drop|relay|allow-login`."""

import io
import json
from collections.abc import Callable

import pytest

from tests.faces.cli.conftest import OnTerminal
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
    """Rows go by number, and a login by the code that it shows."""
    daemon.answers = {verb: {"done": [f"{verb} it was"]} for verb in ("retry", "drop", "allow_login")}
    assert cli("provider", "retry", "7").out == "retry it was\n"
    assert cli("provider", "drop", "8").out == "drop it was\n"
    assert cli("provider", "allow-login", "bcdf-ghjk").out == "allow_login it was\n"
    assert daemon.requests("provider") == [
        {"action": "retry", "row": 7},
        {"action": "drop", "row": 8},
        {"action": "allow_login", "code": "bcdf-ghjk"},
    ]
    assert cli("provider", "drop", "x").code == 64


def test_a_code_is_asked_for_on_a_terminal(
    daemon: FakeControl, terminal: Callable[..., OnTerminal], cli: Cli
) -> None:
    """Without a code a person is asked for it; a script is told to give one, and nothing is allowed."""
    daemon.answers = {"allow_login": {"done": ["done"]}}
    run = terminal("provider", "allow-login")
    run.until("The code that `ravi auth login` shows: ")
    run.type("BCDF-GHJK\n")
    assert run.end() == 0
    alone = cli("provider", "allow-login")
    assert alone.code == 64
    assert "allow-login CODE" in alone.err
    assert cli("provider", "allow-login", " ").code == 64
    assert daemon.requests("provider") == [{"action": "allow_login", "code": "BCDF-GHJK"}]


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
