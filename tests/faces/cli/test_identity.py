"""`identity list|show|archive|delete|renew-key`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.errors import RefusedError, UsageError
from constellagent.faces.cli.identity import standard_input
from tests.faces.cli.conftest import OnTerminal
from tests.faces.cli.personal import identity_view
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def test_lists_and_shows(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The table names each agent's address; --json is what the daemon answered."""
    daemon.identity_views = [identity_view("docs")]
    daemon.answers["show"] = identity_view("docs")
    assert "docs@acme.test" in cli("identity", "list").out
    assert json.loads(cli("identity", "list", "--json").out) == daemon.identity_views
    assert "docs@acme.test" in cli("identity", "show", "docs").out
    assert json.loads(cli("identity", "show", "docs", "--json").out) == daemon.answers["show"]
    file = str(repo / "constellation.yaml")
    assert daemon.requests("identity")[0] == {"file": file, "agent": "docs", "action": "show"}


def test_nobody_has_one_yet(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """An empty list says on stderr what makes identities."""
    ran = cli("identity", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "constellagent apply" in ran.err


@pytest.mark.parametrize("verb", ["archive", "delete"])
def test_g9_ends_are_asked_for(daemon: FakeControl, repo: Path, cli: Cli, verb: str) -> None:
    """Without --yes and without a terminal nothing is done; with it, what was done is said."""
    daemon.answers[verb] = {"done": ["put away docs"]}
    assert cli("identity", verb, "docs").code == 64
    assert daemon.asked == []
    assert cli("identity", verb, "docs", "--yes").out == "put away docs\n"
    assert json.loads(cli("identity", verb, "docs", "--yes", "--json").out) == {"done": ["put away docs"]}


@pytest.mark.parametrize(("typed", "code"), [("Docs Person", 0), ("y", 1), ("docs", 1), ("", 1)])
def test_g9_a_deletion_needs_the_typed_name(
    daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal], typed: str, code: int
) -> None:
    """On a terminal only the identity's own name deletes it for good; a yes from habit does not."""
    daemon.answers["show"] = {**identity_view("docs"), "name": "Docs Person"}
    daemon.answers["delete"] = {"done": ["deleted Docs Person"]}
    run = terminal("identity", "delete", "docs")
    run.until("Type Docs Person to go on:")
    assert "docs@acme.test" in run.said
    run.type(f"{typed}\n")
    assert run.end() == code
    assert ("delete" in [request["action"] for request in daemon.requests("identity")]) == (code == 0)


def test_a_refusal_is_the_exit_code(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """What the daemon refuses to protect is exit code 3, with what would be lost."""
    daemon.fail("identity", RefusedError("docs is in use", ["its mail"], hint="archive first"))
    ran = cli("identity", "delete", "docs", "--yes")
    assert ran.code == 3
    assert "its mail" in ran.err


def test_renews_without_asking(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A new key loses nothing."""
    daemon.answers["renew_key"] = {"done": ["sealed with a new key"]}
    assert cli("identity", "renew-key", "docs").out == "sealed with a new key\n"


def test_an_empty_pipe_is_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was to be piped in is named."""
    with Path("/dev/null").open() as empty:
        monkeypatch.setattr("sys.stdin", empty)
        with pytest.raises(UsageError, match="there is no body: stdin is empty"):
            standard_input("body")
