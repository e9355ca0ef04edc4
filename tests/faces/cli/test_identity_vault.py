"""`identity secrets|passwords`."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.faces.cli.conftest import OnTerminal
from tests.faces.cli.personal import EVIL, password_view, secret_view
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_values_are_masked_and_not_even_asked_for(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Without --reveal the daemon is asked not to reveal, and the table shows a mask."""
    daemon.answers = {
        "secrets": [secret_view("API_KEY")],
        "secret": secret_view("API_KEY"),
        "passwords": [password_view("example.com")],
        "password": password_view("example.com"),
    }
    for words in (("secrets", "docs"), ("secrets", "docs", "API_KEY"), ("passwords", "docs"),
                  ("passwords", "docs", "example.com")):  # fmt: skip
        ran = cli("identity", *words)
        assert "********" in ran.out
        assert daemon.requests("identity")[-1]["reveal"] is False
    assert json.loads(cli("identity", "secrets", "docs", "--json").out)[0]["value"] is None


def test_one_revealed_value_is_bare(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """With --reveal and a name the value alone is the result, fit for a pipe."""
    daemon.answers = {
        "secret": secret_view("API_KEY", "sk_1"),
        "password": password_view("example.com", "correct horse"),
        "secrets": [secret_view("API_KEY", "sk_1")],
        "passwords": [password_view("example.com", "correct horse")],
    }
    assert cli("identity", "secrets", "docs", "API_KEY", "--reveal").out == "sk_1\n"
    ran = cli("identity", "passwords", "docs", "example.com", "--reveal")
    assert ran.out == "correct horse\n"
    assert "docs@acme.test at example.com" in ran.err
    assert "sk_1" in cli("identity", "secrets", "docs", "--reveal").out
    assert "correct horse" in cli("identity", "passwords", "docs", "--reveal").out
    assert all(asked["reveal"] is True for asked in daemon.requests("identity"))
    assert [asked["action"] for asked in daemon.requests("identity")] == [
        "secret", "password", "secrets", "passwords",
    ]  # fmt: skip


def test_a_value_cannot_take_over_the_terminal(
    daemon: FakeControl, repo: Path, cli: Cli, terminal: Callable[..., OnTerminal]
) -> None:
    """A pipe gets every byte of it, a terminal none that would move the cursor."""
    daemon.answers["secret"] = secret_view("API_KEY", EVIL)
    assert cli("identity", "secrets", "docs", "API_KEY", "--reveal").out == f"{EVIL}\n"
    run = terminal("identity", "secrets", "docs", "API_KEY", "--reveal")
    assert run.end() == 0
    assert "\x1b[2J" not in run.said


def test_an_empty_vault(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """Nothing stored is said on stderr."""
    assert cli("identity", "secrets", "docs").err == "docs has no secrets\n"
    assert cli("identity", "passwords", "docs").err == "docs has no passwords\n"
