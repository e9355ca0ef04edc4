"""The result of the demo: what is counted, what counts as a failure, and how it is shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from constellagent.faces.cli import demo_result, demo_watch
from constellagent.faces.cli.demo_cast import CAST
from constellagent.faces.cli.demo_result import Check, Result
from tests.faces.cli.demo_rig import Scripted


def judged(daemon: Scripted) -> Result:
    """Let the demo be judged."""
    screens = {
        agent: demo_watch.Screen(daemon.client.session("f", agent))
        for agent in CAST
        if agent in daemon.sessions
    }
    for screen in screens.values():
        screen.look()
    return demo_result.judge(daemon.client, "f", screens, 5.0)


@pytest.fixture
def daemon(tmp_path: Path) -> Scripted:
    """Give a daemon with an audit that holds and an outbox with a report of everybody."""
    scripted = Scripted(tmp_path)
    scripted.chains = [
        {"identity": f"u-{agent}", "agent": agent, "lines": 10, "ok": True, "problem": ""} for agent in CAST
    ]
    scripted.outbox = [[{"identity": f"u-{agent}", "state": "held"} for agent in CAST]]
    return scripted


def says(daemon: Scripted, agent: str, contacts: dict[str, str], verified: float) -> None:
    """Let an agent's service say that it has verified somebody."""
    name = CAST[agent].service.name
    said = {"service": name, "contacts": contacts, "signed_up": 101.0, "verified": verified}
    daemon.begins(name.lower(), json.dumps(said))


def check(result: Result, name: str) -> Check:
    """Return one check."""
    return next(each for each in result["checks"] if each["name"] == name)


def test_the_service_says_who_is_verified(daemon: Scripted) -> None:
    """The time runs from the agent's start to the moment at which its service verified its own contacts."""
    daemon.begins("ada", "done")
    says(daemon, "ada", {"email": "ada@demo.test"}, 103.5)
    daemon.begins("bea", "done")
    says(daemon, "bea", {"email": "somebody@else.test"}, 103.5)
    rows = {row["agent"]: row for row in judged(daemon)["agents"]}

    assert rows["ada"]["seconds"] == 3.5
    assert rows["bea"]["seconds"] is None


def test_what_is_missing_is_a_failure(daemon: Scripted) -> None:
    """Nobody verified, nothing in a vault, an agent without a start: each is named and the demo failed."""
    daemon.begins("ada", "refused with 409: taken").end(exit_status=1)
    daemon.begins("bea", "done")
    says(daemon, "bea", {"email": "bea@demo.test"}, 102.0)
    result = judged(daemon)

    assert result["ok"] is False
    assert check(result, "verified")["problems"] == [
        "ada was not verified by Linkhouse: refused with 409: taken",
        "bea has not stored or reported all of it",
        "cal was not verified by Textmill: it was not started",
        "dan was not verified by Twokeys: it was not started",
    ]
    assert check(result, "verified")["text"] == "1 of 4 verified"


@pytest.mark.parametrize("broken", [True, False])
def test_the_audit_of_these_four_counts(daemon: Scripted, broken: bool) -> None:
    """A broken record of one of the four fails the demo, one of another identity does not."""
    odd = {
        "identity": "u-cal" if broken else "u-other",
        "agent": "",
        "lines": 3,
        "ok": False,
        "problem": "line 2",
    }
    daemon.chains = [*(chain for chain in daemon.chains if chain["identity"] != odd["identity"]), odd]
    audit = check(judged(daemon), "audit")

    assert audit["ok"] is not broken
    assert audit["problems"] == (["cal: line 2"] if broken else [])


def test_an_identity_without_an_audit_is_a_failure(daemon: Scripted) -> None:
    """No record at all is none that holds."""
    daemon.chains = [chain for chain in daemon.chains if chain["identity"] != "u-dan"]

    assert check(judged(daemon), "audit")["problems"] == ["dan has no audit"]


def test_a_relay_gets_a_moment(daemon: Scripted) -> None:
    """Reports that are on their way are looked at again until they are gone."""
    (held,) = daemon.outbox
    states: list[list[dict[str, Any]]] = [
        [{**row, "state": state} for row in held] for state in ("waiting", "sending", "sent")
    ]
    daemon.outbox = states

    assert {row["report"] for row in judged(daemon)["agents"]} == {"sent"}


def test_it_is_shown_as_a_table(daemon: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each agent, a line for each check, and below a failed one what is wrong."""
    daemon.begins("ada", "done")
    says(daemon, "ada", {"email": "ada@demo.test"}, 103.5)
    demo_result.show(judged(daemon))
    lines = capsys.readouterr().out.splitlines()

    assert lines[1].split() == ["ada", "ada@demo.test", "+10", "Linkhouse", "3.5s", "no", "items", "held"]
    assert lines[2].split()[4:] == ["-", "no", "items", "held"]
    assert "x   1 of 4 verified" in lines
    assert "    bea was not verified by Codebarn: it was not started" in lines
    assert "ok  the audit holds: 40 lines of 4 identities" in lines
    assert (
        lines[-1] == "    reports to you@example.com are held: `constellagent provider relay` would send them"
    )
