"""Archive, delete, renew, export and import at a person's word."""

import asyncio
import json
import stat
from pathlib import Path

import pyrage
import pytest

from constellagent.errors import ConflictError, ConstellagentError, RefusedError, UsageError
from constellagent.ravi.client import RaviClient
from constellagent.runtime.schedule_views import ScheduleRequest
from tests.runtime.belongings.conftest import AGENTS, DECLARED, Asking

PASSPHRASE = "plain words of a person 4711"


async def test_put_away_and_brought_back(asking: Asking) -> None:
    """Putting away ends the key and keeps the rest; an apply brings the same identity back."""
    before = await asking.about("one", "show")
    done = await asking.about("one", "archive")
    assert "still declared" in done["done"][1]
    assert (await asking.about("one", "show"))["archived"]
    assert "before" in (await asking.about("one", "archive"))["done"][0]
    assert (await asking.lab.apply())["exit_code"] == 0
    after = await asking.about("one", "show")
    assert (after["uuid"], after["archived"]) == (before["uuid"], False)


async def test_nothing_is_taken_from_an_agent_that_runs(asking: Asking) -> None:
    """A running session keeps its identity until it is stopped."""
    asking.lab.declare(AGENTS.replace(", autostart: false", ""), DECLARED)
    await asking.lab.apply()
    for action in ("archive", "delete"):
        with pytest.raises(RefusedError, match="runs") as raised:
            await asking.about("one", action)
        assert "constellagent stop one" in raised.value.hint
    await asking.lab.daemon.stop(asking.lab.file, "one")
    await asking.about("one", "archive")


async def test_nothing_is_taken_from_an_agent_of_which_a_run_goes_on(asking: Asking) -> None:
    """A run of a schedule acts as its agent, so the agent keeps its identity until the run has ended."""
    slow = 'schedules: {slow: {cron: "0 0 1 1 *", command: [sleep, "99"], workspace: agent}}'
    asking.lab.declare(AGENTS.replace("autostart: false", f"autostart: false, {slow}", 1), DECLARED)
    await asking.lab.apply()
    request = ScheduleRequest(file=asking.lab.file, action="run", schedule="one/slow")
    run = (await asking.lab.daemon.schedule(request))["run"]
    while (row := await asking.lab.daemon._registry.get(run)) is None or not row.live:
        await asyncio.sleep(0.02)
    with pytest.raises(RefusedError, match="runs") as raised:
        await asking.about("one", "archive")
    assert "constellagent stop one/slow" in raised.value.hint
    await asking.lab.daemon.stop(asking.lab.file, "one/slow")
    await asking.about("one", "archive")


async def test_g9_deleted_for_good(asking: Asking) -> None:
    """Only what was put away can be deleted; the agent has no identity then, and its address is spent."""
    before = await asking.about("one", "show")
    with pytest.raises(RefusedError, match="in use"):
        await asking.about("one", "delete")
    await asking.about("one", "archive")
    assert "never given again" in (await asking.about("one", "delete"))["done"][1]
    with pytest.raises(ConflictError, match="no identity yet"):
        await asking.about("one", "show")
    lines = await asking.lab.daemon.audit({"file": None, "agent": before["uuid"], "after": {}, "limit": 100})
    assert lines[-1]["action"] == "identity.deleted"
    assert lines[-1]["actor"] == "person"


async def test_a_new_key(asking: Asking) -> None:
    """What was stored before is readable with the new key."""
    async with await asking.as_agent("one") as agent:
        await agent.secrets.set("KEY", "value")
    assert "new key" in (await asking.about("one", "renew_key"))["done"][0]
    assert (await asking.about("one", "secret", key="KEY", reveal=True))["value"] == "value"


async def test_exported_and_imported_elsewhere(asking: Asking, tmp_path: Path) -> None:
    """All that one agent had is another agent's after a way through an encrypted file."""
    async with await asking.as_agent("one") as agent:
        await agent.secrets.set("KEY", "canary")
        await agent.mail.send("one@a.test", "Note", "canary in a mail")
    file = tmp_path / "one.age"
    written = await asking.about("one", "export", path=str(file), passphrase=PASSPHRASE)
    assert written == {"path": str(file), "size": file.stat().st_size}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"canary" not in file.read_bytes()
    assert "canary" in pyrage.passphrase.decrypt(file.read_bytes(), PASSPHRASE).decode()

    taken = {"path": str(file), "passphrase": PASSPHRASE}
    with pytest.raises(ConflictError, match="two has the identity"):
        await asking.about("two", "import", **taken)
    await asking.about("two", "archive")
    with pytest.raises(ConflictError, match="is here already") as raised:
        await asking.about("two", "import", **taken)
    assert "--as-new" in raised.value.hint
    done = await asking.about("two", "import", as_new=True, **taken)
    assert any("imported" in line for line in done["done"])
    assert (await asking.lab.apply())["exit_code"] == 0
    assert (await asking.about("two", "secret", key="KEY", reveal=True))["value"] == "canary"
    subjects = [row["subject"] for row in await asking.about("two", "inbox")]
    assert "Note" in subjects
    assert (await asking.about("two", "show"))["uuid"] != (await asking.about("one", "show"))["uuid"]


async def test_exported_for_a_key(asking: Asking, tmp_path: Path) -> None:
    """A file for recipients is opened with the identity file of one of them, and with no other."""
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    file = tmp_path / "one.age"
    await asking.about("one", "export", path=str(file), recipients=[str(mine.to_public())])
    document = json.loads(pyrage.decrypt(file.read_bytes(), [mine]))
    assert "one@a.test" in json.dumps(document)
    (tmp_path / "mine").write_text(f"{mine}\n")
    (tmp_path / "other").write_text(f"{other}\n")
    await asking.about("two", "archive")
    with pytest.raises(ConstellagentError, match="not locked to this key"):
        await asking.about("two", "import", path=str(file), key_file=str(tmp_path / "other"), as_new=True)
    await asking.about("two", "import", path=str(file), key_file=str(tmp_path / "mine"), as_new=True)


async def test_files_that_cannot_be_written_or_read(asking: Asking, tmp_path: Path) -> None:
    """Nothing is overwritten, nothing half is left, and what is no export is said so."""
    there = tmp_path / "there"
    there.write_text("precious")
    with pytest.raises(RefusedError, match="exists already"):
        await asking.about("one", "export", path=str(there), passphrase=PASSPHRASE)
    assert there.read_text() == "precious"
    with pytest.raises(UsageError, match="absolute"):
        await asking.about("one", "export", path="x.age", passphrase=PASSPHRASE)
    with pytest.raises(UsageError, match="somebody who can open it"):
        await asking.about("one", "export", path=str(tmp_path / "x.age"))
    with pytest.raises(ConstellagentError, match="cannot be written"):
        await asking.about("one", "export", path=str(tmp_path / "no" / "x.age"), passphrase=PASSPHRASE)
    await asking.about("two", "archive")
    for content, told in (
        (b"hello", "no age file"),
        (pyrage.passphrase.encrypt(b"[]", PASSPHRASE), "no identity"),
    ):
        there.write_bytes(content)
        with pytest.raises(ConstellagentError, match=told):
            await asking.about("two", "import", path=str(there), passphrase=PASSPHRASE)
    with pytest.raises(UsageError, match="cannot be read"):
        await asking.about("two", "import", path=str(tmp_path / "gone"), passphrase=PASSPHRASE)
    with pytest.raises(UsageError, match="no agent"):
        await asking.about("nobody", "import", path=str(there), passphrase=PASSPHRASE)


async def test_a_deletion_that_came_through_unseen(asking: Asking) -> None:
    """Where the identity is gone already, deleting it again forgets it here too."""
    found = await asking.about("one", "show")
    await asking.about("one", "archive")
    daemon = asking.lab.daemon
    async with RaviClient(daemon._provider.url, await daemon._provider.management_key()) as client:
        assert await client.delete_identity(found["uuid"])
    assert "deleted" in (await asking.about("one", "delete"))["done"][0]
    with pytest.raises(ConflictError, match="no identity yet"):
        await asking.about("one", "show")
