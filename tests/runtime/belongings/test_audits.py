"""The audit, as a person reads and checks it."""

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.identity_views import AuditRequest
from tests.runtime.belongings.conftest import Asking


def request(asking: Asking, **more: object) -> AuditRequest:
    """Return a question about all agents of the file, with changes."""
    asked = AuditRequest(file=asking.lab.file, agent=None, after={}, limit=1000)
    return AuditRequest(**{**asked, **more})  # type: ignore[typeddict-item] # a test names real keys


async def test_lines_say_whose_they_are(asking: Asking) -> None:
    """The lines of a file are those of its agents, by time; those of one agent are its own."""
    await asking.about("one", "send", to="two@a.test", subject="Plan", body="x")
    lines = await asking.lab.daemon.audit(request(asking))
    assert {line["agent"] for line in lines} == {"one", "two"}
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    received = [line for line in lines if line["action"] == "mail.received"]
    assert received[0]["agent"] == "two"
    assert "Plan" in received[0]["about"]
    own = await asking.lab.daemon.audit(request(asking, agent="one"))
    assert own == [line for line in lines if line["agent"] == "one"]
    everybody = await asking.lab.daemon.audit(request(asking, file=None))
    assert [line["seq"] for line in everybody] == [line["seq"] for line in lines]
    by_uuid = await asking.lab.daemon.audit(request(asking, file=None, agent=own[0]["identity"]))
    assert by_uuid == own


@pytest.mark.parametrize("everything", [True, False])
async def test_what_came_since(asking: Asking, everything: bool) -> None:
    """`after` leaves out what is known, identity by identity, and `limit` gives the newest."""
    ask = request(asking, file=None) if everything else request(asking)
    await asking.about("one", "send", to="jo@example.com", subject="First", body="x")
    known = {line["identity"]: line["seq"] for line in await asking.lab.daemon.audit(ask)}
    assert await asking.lab.daemon.audit({**ask, "after": known}) == []
    await asking.about("one", "send", to="jo@example.com", subject="Second", body="x")
    (line,) = await asking.lab.daemon.audit({**ask, "after": known})
    assert (line["action"], "Second" in line["about"]) == ("mail.sent", True)
    newest = await asking.lab.daemon.audit({**ask, "limit": 1})
    assert newest[-1] == line


async def test_the_record_is_checked(asking: Asking) -> None:
    """A record that holds says so; a changed one is named with its agent, and can be begun again."""
    await asking.about("one", "send", to="two@a.test", subject="Plan", body="x")
    assert (await asking.lab.daemon.audit_verify())["ok"]
    uuid = (await asking.about("one", "show"))["uuid"]
    folder = asking.lab.daemon._settings.paths.ravi / "audit"
    (file,) = folder.rglob(f"*{uuid}*")
    file.write_bytes(file.read_bytes().replace(b"mail.sent", b"mail.lost"))

    report = await asking.lab.daemon.audit_verify()
    assert not report["ok"]
    assert {chain["agent"]: chain["ok"] for chain in report["identities"]} == {"one": False, "two": True}
    with pytest.raises(ConflictError) as raised:
        await asking.told("one")
    assert "audit verify" in raised.value.hint
    done = await asking.about("one", "restart_audit")
    assert "began the audit" in done["done"][0]
    assert (await asking.lab.daemon.audit_verify())["ok"]
    with pytest.raises(ConflictError, match="holds"):
        await asking.about("one", "restart_audit")


async def test_an_agent_needs_its_file(asking: Asking) -> None:
    """A name alone says nothing where every file may have such an agent."""
    with pytest.raises(UsageError, match="file"):
        await asking.lab.daemon.audit(request(asking, file=None, agent="one"))
