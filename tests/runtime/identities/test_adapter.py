"""The port `Identities` over the embedded provider: the same client, real sockets, real files."""

import json
import os
import stat
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, ConstellagentError
from constellagent.plan.desired import DesiredIdentity
from constellagent.plan.observed import Absent, There, Unknown
from constellagent.ravi.vault import RootKey, VaultError
from constellagent.runtime.ports import Step
from constellagent.runtime.store.bindings import Bindings
from tests.ravi.provided import Provided
from tests.runtime.identities.bench import Bench, DiedError, bench
from tests.runtime.identities.faulty import faulty

DOCS = DesiredIdentity("docs", "docs", "acme.test", phone=True)


async def test_a_new_agent_gets_an_identity_of_its_own(b: Bench, local: Provided) -> None:
    """Absent, then created as declared, then bound; once its file is written there is nothing left to do."""
    assert await b.look(DOCS) == Absent()
    facts = await b.identities.ensure("docs", DOCS)
    assert (facts.name, facts.address) == ("docs", "docs@acme.test")
    assert facts.phone is not None
    seen = await b.look(DOCS)
    assert isinstance(seen, There)
    assert (seen.value.bound, seen.value.written) == (True, False)
    await b.identities.write("docs", b.worktree)
    seen = await b.look(DOCS)
    assert isinstance(seen, There)
    assert (seen.value.uuid, seen.value.bound, seen.value.written) == (facts.uuid, True, True)
    assert (await b.identities.ensure("docs", DOCS)).uuid == facts.uuid
    assert len((await local.ask("GET", "/api/identities/")).json()) == 1


async def test_what_exists_is_adopted(b: Bench, local: Provided) -> None:
    """By address first, else by name on the declared domain; a missing number is given."""
    row = await local.identity(name="made by hand", email_identifier="docs", domain="acme.test")
    seen = await b.look(DOCS)
    assert isinstance(seen, There)
    assert not seen.value.bound
    facts = await b.identities.ensure("docs", DOCS)
    assert facts.uuid == row["uuid"]
    assert facts.phone is not None
    other = await local.identity(name="other", email_identifier="another", domain="acme.test")
    await local.identity(name="other", email_identifier="another", domain="elsewhere.test")
    wanted = DesiredIdentity("other", "other", "acme.test", phone=False)
    assert (await b.identities.ensure("other", wanted)).uuid == other["uuid"]


async def test_another_agents_identity_is_never_taken(b: Bench) -> None:
    """Neither by address, nor by name, nor by choice, in this or another constellation."""
    mine = await b.identities.ensure("docs", DOCS)
    other = b.another("c2")
    with pytest.raises(ConflictError, match="another constellation") as raised:
        await other.ensure("docs", DOCS)
    assert raised.value.hint
    with pytest.raises(ConflictError):
        await other.adopt("docs", mine.uuid)
    with pytest.raises(ConflictError, match="belongs to agent docs"):
        await b.identities.ensure("twin", DOCS)
    seen = await b.look(DOCS, agent="twin")
    assert isinstance(seen, Unknown)
    assert "belongs to agent docs" in seen.reason
    free = DesiredIdentity("docs", "docs", "c2.test", phone=False)
    assert (await other.ensure("docs", free)).uuid != mine.uuid
    with pytest.raises(ConflictError, match="belongs to agent docs"):
        await other.archive("docs", mine.uuid)


async def test_an_undeclared_identity_is_still_seen(b: Bench) -> None:
    """An agent that no longer wants an identity is looked at while it has one, and left out after."""
    assert await b.look(None) is None
    facts = await b.identities.ensure("docs", DOCS)
    seen = await b.look(None)
    assert isinstance(seen, There)
    assert seen.value.bound
    await b.identities.archive("docs", facts.uuid)
    assert await b.look(None) is None


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_the_file_is_private_and_complete(b: Bench, local: Provided, umask: int) -> None:
    """Mode 0600 in 0700 whatever the umask, four fields, a key that opens this identity only."""
    facts = await b.identities.ensure("docs", DOCS)
    old = os.umask(umask)
    try:
        await b.identities.write("docs", b.worktree)
    finally:
        os.umask(old)
    file = b.worktree / ".ravi" / "config.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    content = json.loads(file.read_text())
    assert content == {
        "identity": "docs",
        "identity_uuid": facts.uuid,
        "identity_name": "docs",
        "identity_key": content["identity_key"],
        "api_url": "http://127.0.0.1:4711",
    }
    rows = (await local.ask("GET", "/api/identities/", key=content["identity_key"])).json()
    assert [row["uuid"] for row in rows] == [facts.uuid]


async def test_writing_again_writes_nothing(b: Bench, local: Provided) -> None:
    """Equal content keeps its time stamp, mints no second key, and begins no step."""
    await b.identities.ensure("docs", DOCS)
    await b.identities.write("docs", b.worktree)
    file = b.worktree / ".ravi" / "config.json"
    before = file.stat()
    b.journal.fates = ["before"]
    await b.identities.write("docs", b.worktree)
    after = file.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert len((await local.ask("GET", "/api/auth/keys/identity/")).json()) == 1


async def test_a_changed_file_is_seen_mended_and_kept(b: Bench) -> None:
    """What somebody wrote there is noticed, replaced by ours, and kept beside it."""
    await b.identities.ensure("docs", DOCS)
    await b.identities.write("docs", b.worktree)
    file = b.worktree / ".ravi" / "config.json"
    file.write_text('{"management_key": "theirs"}')
    seen = await b.look(DOCS)
    assert isinstance(seen, There)
    assert not seen.value.written
    await b.identities.write("docs", b.worktree)
    assert json.loads(file.read_text())["identity"] == "docs"
    assert (file.parent / "config.json.before").read_text() == '{"management_key": "theirs"}'


async def test_c8_a_planted_link_gets_no_key(b: Bench, tmp_path: Path) -> None:
    """A `.ravi` that is a link to elsewhere is refused, seen as not written, and nothing is written there."""
    await b.identities.ensure("docs", DOCS)
    (tmp_path / "elsewhere").mkdir()
    (b.worktree / ".ravi").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConstellagentError):
        await b.identities.write("docs", b.worktree)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    seen = await b.look(DOCS)
    assert isinstance(seen, There)
    assert not seen.value.written


async def test_a_revoked_key_is_replaced(b: Bench, local: Provided) -> None:
    """A key that somebody revoked is noticed by the look, and the next write mints another."""
    await b.identities.ensure("docs", DOCS)
    await b.identities.write("docs", b.worktree)
    for row in (await local.ask("GET", "/api/auth/keys/identity/")).json():
        await local.ask("DELETE", f"/api/auth/keys/identity/{row['uuid']}/")
    seen = await b.look(DOCS)
    assert isinstance(seen, There)
    assert not seen.value.written
    await b.identities.write("docs", b.worktree)
    key = json.loads((b.worktree / ".ravi" / "config.json").read_text())["identity_key"]
    assert (await local.ask("GET", "/api/email/", key=key)).status_code == 200


async def test_the_environment_says_who_the_agent_is(b: Bench, local: Provided) -> None:
    """Address, key and git author come from the identity, also while the provider is down."""
    facts = await b.identities.ensure("docs", DOCS)
    await b.identities.write("docs", b.worktree)
    await local.provider.stop()
    env = dict(await b.identities.environment("docs"))
    key = env.pop("RAVI_API_KEY")
    assert key == json.loads((b.worktree / ".ravi" / "config.json").read_text())["identity_key"]
    assert env == {
        "RAVI_API_URL": "http://127.0.0.1:4711",
        "GIT_AUTHOR_NAME": "docs",
        "GIT_AUTHOR_EMAIL": "docs@acme.test",
        "GIT_COMMITTER_NAME": "docs",
        "GIT_COMMITTER_EMAIL": "docs@acme.test",
        "CONSTELLAGENT_IDENTITY": "docs",
        "CONSTELLAGENT_EMAIL": "docs@acme.test",
        "CONSTELLAGENT_PHONE": facts.phone,
    }
    assert await b.identities.author("docs") == ("docs", "docs@acme.test")


async def test_an_environment_mints_the_key_it_needs(b: Bench, local: Provided) -> None:
    """An agent that starts before its file is written gets a working key, and the file gets the same one."""
    await b.identities.ensure("docs", DesiredIdentity("docs", "docs", "acme.test", phone=False))
    env = await b.identities.environment("docs")
    assert (await local.ask("GET", "/api/email/", key=env["RAVI_API_KEY"])).status_code == 200
    assert "CONSTELLAGENT_PHONE" not in env
    await b.identities.write("docs", b.worktree)
    assert env["RAVI_API_KEY"] in (b.worktree / ".ravi" / "config.json").read_text()


async def test_an_agent_without_an_identity_is_told_to_apply(b: Bench) -> None:
    """Neither a file nor an environment comes from nowhere."""
    for use in (b.identities.write("docs", b.worktree), b.identities.environment("docs")):
        with pytest.raises(ConflictError) as raised:
            await use
        assert "apply" in raised.value.hint
    assert await b.identities.author("docs") is None


async def test_g9_archiving_ends_the_key_and_keeps_the_rest(b: Bench, local: Provided) -> None:
    """The key stops at once, repeating is harmless, and the agent gets the same mailbox back later."""
    facts = await b.identities.ensure("docs", DOCS)
    key = (await b.identities.environment("docs"))["RAVI_API_KEY"]
    for _ in range(2):
        await b.identities.archive("docs", facts.uuid)
        assert (await local.ask("GET", "/api/email/", key=key)).status_code == 401
        assert (await local.ask("GET", "/api/identities/")).json() == []
    seen = await b.look(DOCS)
    assert isinstance(seen, There)
    assert not seen.value.bound
    with pytest.raises(ConflictError):
        await b.identities.environment("docs")
    back = await b.identities.ensure("docs", DOCS)
    assert (back.uuid, back.address, back.phone) == (facts.uuid, facts.address, facts.phone)
    fresh = (await b.identities.environment("docs"))["RAVI_API_KEY"]
    assert fresh != key
    assert (await local.ask("GET", "/api/email/", key=fresh)).status_code == 200


async def test_an_archived_identity_waits_for_its_own_agent(b: Bench) -> None:
    """What another agent used is not adopted by name while that agent may come back."""
    facts = await b.identities.ensure("docs", DOCS)
    await b.identities.archive("docs", facts.uuid)
    with pytest.raises(ConflictError, match="belongs to agent docs"):
        await b.identities.ensure("other", DOCS)


async def test_g9_a_provider_without_archiving_only_loses_the_key(tmp_path: Path) -> None:
    """Where the extension is missing the identity stays as it is, and its key is revoked."""
    async with faulty() as server, bench(tmp_path, server.url) as hosted:
        server.has_archive = False
        wanted = DesiredIdentity("docs", "docs", None, phone=False)
        facts = await hosted.identities.ensure("docs", wanted)
        await hosted.identities.write("docs", hosted.worktree)
        await hosted.identities.archive("docs", facts.uuid)
        assert server.live_keys() == []
        assert list(server.rows) == [facts.uuid]
        assert (await hosted.identities.ensure("docs", wanted)).uuid == facts.uuid
        assert len(server.rows) == 1


async def test_a_look_costs_two_requests(tmp_path: Path) -> None:
    """However many agents there are, identities are listed once and keys once."""
    async with faulty() as server, bench(tmp_path, server.url) as many:
        await many.identities.ensure("docs", DesiredIdentity("docs", "docs", None, phone=False))
        server.asked.clear()
        await many.look(DesiredIdentity("docs", "docs", None, phone=False))
        assert server.asked == ["GET /api/identities/", "GET /api/auth/keys/identity/"]


async def test_choosing_by_address_or_name_and_choosing_nothing(b: Bench, local: Provided) -> None:
    """An identity is chosen by what names it alone; what names none is refused."""
    row = await local.identity(name="helper", email_identifier="helper", domain="x.test")
    said = await b.identities.adopt("docs", "helper@x.test")
    assert "helper@x.test" in said
    assert (await b.identities.ensure("docs", DOCS)).uuid == row["uuid"]
    with pytest.raises(ConflictError, match="no identities"):
        await b.identities.adopt("docs", "nobody")


async def test_no_key_lies_in_clear_in_our_state(b: Bench, tmp_path: Path) -> None:
    """No byte of the state database holds the key; another root key cannot open it and does not show it."""
    await b.identities.ensure("docs", DOCS)
    key = (await b.identities.environment("docs"))["RAVI_API_KEY"]
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("state.db*"))
    assert key.encode() not in stored
    assert key.removeprefix("ravi_id_").encode() not in stored
    binding = await b.bindings.get("docs", "local")
    assert binding is not None
    assert key not in repr(binding)
    assert binding.key_sealed is not None
    with pytest.raises(VaultError):
        RootKey(bytes(32), "another").unseal(binding.key_sealed, f"bindings|local|{binding.uuid}|key")


async def test_a_death_while_writing_is_mended(b: Bench) -> None:
    """An intent to write that was left open does not keep the next write from finishing."""
    await b.identities.ensure("docs", DOCS)
    b.journal.fates = ["", "before"]
    with pytest.raises(DiedError):
        await b.identities.write("docs", b.worktree)
    assert Step.IDENTITY_WRITE in await b.journal.open_steps("docs")
    await b.identities.write("docs", b.worktree)
    assert await b.journal.open_steps("docs") == []
    assert (b.worktree / ".ravi" / "config.json").exists()


async def test_bindings_of_two_constellations_do_not_mix(b: Bench) -> None:
    """Each constellation sees its own agents only, though they have the same names."""
    await b.identities.ensure("docs", DOCS)
    other = Bindings(b.database, "c2")
    assert await other.get("docs", "local") is None
    assert len(await other.of_provider("local")) == 1
