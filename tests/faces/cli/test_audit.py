"""`audit` and `audit verify`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faces.cli.conftest import OnTerminal
from tests.faces.cli.personal import EVIL, audit_view
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl
from tests.golden_option import Golden


@pytest.mark.usefixtures("utc")
def test_shows_who_did_what(daemon: FakeControl, repo: Path, cli: Cli, golden: Golden) -> None:
    """One line for each access; a refusal and a line of nobody's agent can be told apart."""
    daemon.audit_lines = [
        [
            audit_view(1, actor="smtp", action="mail.received", about="jo@example.com Plan"),
            audit_view(2),
            audit_view(3, result="refused", actor="key other", about=EVIL),
            audit_view(1, agent="", identity="0123456789", actor="person"),
        ]
    ]
    ran = cli("audit", "docs")
    golden("cli/audit.txt", ran.out)
    assert "\x1b" not in ran.out
    assert json.loads(cli("audit", "docs", "--json").out) == daemon.audit_lines[0]
    file = str(repo / "constellation.yaml")
    assert daemon.requests("audit")[0] == {"file": file, "agent": "docs", "after": {}, "limit": 50}


def test_the_newest_lines(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """-n limits the lines in all; --all asks for every identity and needs no file."""
    daemon.audit_lines = [[audit_view(number) for number in range(1, 10)]]
    found = json.loads(cli("audit", "-n", "2", "--all", "--json").out)
    assert [line["seq"] for line in found] == [8, 9]
    assert daemon.requests("audit")[0] == {"file": None, "agent": None, "after": {}, "limit": 2}
    assert cli("audit", "--all", "docs").code == 64
    assert cli("audit", "--last=0").code == 64


def test_nothing_yet(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """An empty record is no error."""
    ran = cli("audit")
    assert (ran.code, ran.out, ran.err) == (0, "", "nothing was done yet\n")


def test_follows(daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal]) -> None:
    """--follow goes on with what came after the last line of each identity, until Ctrl-C."""
    daemon.audit_lines = [[audit_view(4)], [audit_view(5, about="LATER")], []]
    run = terminal("audit", "--follow", columns=200)
    run.until("LATER")
    run.interrupt()
    assert run.end() == 130
    assert daemon.requests("audit")[1]["after"] == {"uuid-of-docs": 4}


def test_follows_as_lines_of_json(
    daemon: FakeControl, repo: Path, terminal: Callable[..., OnTerminal]
) -> None:
    """With --json each line is an object of its own."""
    daemon.audit_lines = [[audit_view(4), audit_view(5, agent="last")], []]
    run = terminal("audit", "--follow", "--json", columns=1000)
    run.until('"last"')
    run.interrupt()
    run.end()
    assert json.loads(run.said.splitlines()[0]) == audit_view(4)


def test_verify(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """A record that holds is exit code 0; a broken one is 1, and names which and why."""
    daemon.audit_report = {
        "ok": True,
        "problem": "",
        "identities": [{"identity": "u1", "agent": "docs", "lines": 3, "ok": True, "problem": ""}],
    }
    ran = cli("audit", "verify")
    assert (ran.code, ran.out) == (0, "the audit holds: 3 lines of 1 identities\n")
    daemon.audit_report |= {"ok": False, "problem": "a head was removed"}
    daemon.audit_report["identities"] += [
        {"identity": "u2", "agent": "api", "lines": 2, "ok": False, "problem": f"line 2 was changed{EVIL}"},
        {"identity": "u3", "agent": "", "lines": 0, "ok": False, "problem": "gone"},
    ]
    ran = cli("audit", "verify")
    assert ran.code == 1
    said = ran.out.splitlines()
    assert said[0] == "a head was removed"
    assert said[1].startswith("broken api (u2): line 2 was changed")
    assert said[2] == "broken u3: gone"
    assert "\x1b" not in ran.out
    assert "compare them with a backup" in ran.err
    ran = cli("audit", "verify", "--json")
    assert (ran.code, json.loads(ran.out)) == (1, daemon.audit_report)
    assert {method for method, _ in daemon.asked} == {"audit_verify"}


def test_a_broken_record_is_begun_again(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--restart asks first, for one agent by name, and says where the old record is."""
    daemon.answers["restart_audit"] = {"done": ["began it again", "the old one is /x; keep it"]}
    assert cli("audit", "--restart").code == 64
    assert cli("audit", "docs", "--restart").code == 64
    assert daemon.asked == []
    assert cli("audit", "docs", "--restart", "--yes").out.splitlines()[1] == "the old one is /x; keep it"
