"""Keys of sessions: good until the session ends, and named in the audit."""

import pytest

from constellagent.errors import ConflictError
from constellagent.ravi.local.office import Office
from tests.ravi.provided import Provided


async def works(local: Provided, key: str) -> bool:
    """Whether a key opens its mailbox."""
    return (await local.ask("GET", "/api/email/", key=key)).status_code == 200


async def test_a_session_key_opens_its_identity_until_it_is_withdrawn(local: Provided) -> None:
    """It opens one identity only, and nothing from the moment on in which it is taken back."""
    mine, other = await local.identity(), await local.identity()
    key = await local.provider.issue("s-1", mine["uuid"])

    assert [row["email"] for row in (await local.ask("GET", "/api/email/", key=key)).json()] == [
        mine["inbox"]
    ]
    place = f"/api/email/?identity={other['uuid']}"
    assert (await local.ask("GET", place, key=key)).status_code == 403

    await local.provider.withdraw("s-1")
    assert not await works(local, key)
    await local.provider.withdraw("s-1")


async def test_f4_each_start_has_another_key(local: Provided) -> None:
    """A session that is given a key again loses the first; other sessions of the identity keep theirs."""
    row = await local.identity()
    first, other = (
        await local.provider.issue("s-1", row["uuid"]),
        await local.provider.issue("s-2", row["uuid"]),
    )

    second = await local.provider.issue("s-1", row["uuid"])

    assert [await works(local, key) for key in (first, second, other)] == [False, True, True]


async def test_no_key_for_what_is_not_there(local: Provided) -> None:
    """An unknown identity and one that was put away get none."""
    row = await local.identity()
    await local.ask("POST", f"/api/identities/{row['uuid']}/archive/")
    for uuid in (row["uuid"], "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(ConflictError, match="put away"):
            await local.provider.issue("s-1", uuid)


async def test_f4_the_audit_names_both_ends(local: Provided, office: Office) -> None:
    """Giving and taking back are a line each, with the session in clear only for who may read it."""
    row = await local.identity()
    key = await local.provider.issue("s-1", row["uuid"])
    await local.provider.withdraw("s-1")

    lines = await office.store.run(lambda db: office.audit.read(db, row["uuid"]))

    told = [(line.action, line.about) for line in lines if line.action.startswith("key.")]
    assert told == [("key.issued", "session s-1"), ("key.withdrawn", "session s-1")]
    file = (local.folder / "audit" / f"{row['uuid']}.jsonl").read_text()
    assert key not in file
    assert "s-1" not in file


async def test_a_session_that_may_creates_and_opens_nothing_more(local: Provided, office: Office) -> None:
    """It gets the new identity's key in the answer; its own key still opens its own identity only."""
    mine = await local.identity()
    plain = await local.provider.issue("s-1", mine["uuid"])
    allowed = await local.provider.issue("s-2", mine["uuid"], may_create=True)

    refused = await local.ask("POST", "/api/identities/", key=plain, body={"name": "more"})
    made = await local.ask("POST", "/api/identities/", key=allowed, body={"name": "more"})

    assert (refused.status_code, made.status_code) == (403, 201)
    row = made.json()
    place = f"/api/email/?identity={row['uuid']}"
    assert (await local.ask("GET", place, key=allowed)).status_code == 403
    opened = await local.ask("GET", "/api/email/", key=row["api_key"])
    assert [found["email"] for found in opened.json()] == [row["inbox"]]
    assert (await local.ask("POST", "/api/identities/", key=row["api_key"], body={})).status_code == 403
    assert (await local.ask("PATCH", place.replace("email", "identities"), key=allowed)).status_code in {
        403,
        405,
    }
    assert "api_key" not in (await local.ask("POST", "/api/identities/", body={})).json()


async def test_a_broken_audit_does_not_keep_a_key_alive(local: Provided, office: Office) -> None:
    """Giving out needs the audit; taking away works without it."""
    row = await local.identity()
    key = await local.provider.issue("s-1", row["uuid"])
    file = local.folder / "audit" / f"{row['uuid']}.jsonl"
    file.write_bytes(file.read_bytes()[:-10])

    await local.provider.withdraw("s-1")

    assert not await works(local, key)
