"""`/api/sso/`: an identity shows a service who it is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from constellagent.ravi.local import sso
from constellagent.ravi.local.sso import LIFETIME
from constellagent.ravi.vault import RootKey
from tests.ravi.local.events.happenings import Agent, Clock, agent
from tests.ravi.provided import Provided, provided


@pytest.fixture
def clock() -> Clock:
    """The provider's clock."""
    return Clock()


@pytest.fixture
async def timed(tmp_path: Path, root_key: RootKey, clock: Clock) -> AsyncIterator[Provided]:
    """A provider that goes by `clock`."""
    async with provided(tmp_path, root_key, now=clock) as running:
        yield running


@pytest.fixture
async def alice(timed: Provided) -> Agent:
    """An identity with a name, an address and a number."""
    return await agent(timed, name="Alice", email_identifier="alice", provision_phone=True)


async def token(who: Agent) -> str:
    """Ask for a token."""
    got = await who.ask("POST", "/api/sso/token/")
    assert got.status_code == 201, got.text
    return str(got.json()["token"])


async def verify(local: Provided, given: object) -> httpx.Response:
    """Verify a token as a service does: without a key."""
    return await local.ask("POST", "/api/sso/verify/", key="", body={"token": given})


def refusal(got: httpx.Response) -> tuple[int, str]:
    """Return status and code of a refusal."""
    return got.status_code, got.json()["error"]["code"]


async def test_a_token_says_who_it_is(alice: Agent, timed: Provided) -> None:
    """The service learns name, address, number and owner; the token is good for five minutes."""
    got = await alice.ask("POST", "/api/sso/token/")
    assert got.json()["token"].startswith("rvt_")
    assert got.json()["expires_at"] == "2027-01-15T08:05:00.000Z"
    assert (await verify(timed, got.json()["token"])).json() == {
        "identity_uuid": alice.uuid,
        "identity_name": "Alice",
        "identity_email": alice.row["inbox"],
        "identity_phone": alice.row["phone"],
        "created_at": alice.row["created_dt"],
        "owner": {"name": "Local Owner", "email": ""},
    }


async def test_who_may_ask_for_a_token(alice: Agent, timed: Provided) -> None:
    """An identity for itself; a management key only for an identity that it names; nobody for another."""
    bob = await agent(timed)
    assert refusal(await timed.ask("POST", "/api/sso/token/")) == (400, "identity.required")
    assert (await timed.ask("POST", "/api/sso/token/", key="")).status_code == 401
    assert (await alice.ask("POST", f"/api/sso/token/?identity={bob.uuid}")).status_code == 403
    named = await timed.ask("POST", f"/api/sso/token/?identity={bob.uuid}")
    row = (await verify(timed, named.json()["token"])).json()
    assert (row["identity_uuid"], row["identity_phone"]) == (bob.uuid, None)


async def test_a_token_can_be_verified_again_until_it_ends(
    alice: Agent, timed: Provided, clock: Clock
) -> None:
    """A service that lost the answer asks again; after five minutes nobody gets one."""
    given = await token(alice)
    for _ in range(3):
        assert (await verify(timed, given)).status_code == 200
    clock.now += LIFETIME - 0.1
    assert (await verify(timed, given)).status_code == 200
    clock.now += 0.1
    assert refusal(await verify(timed, given)) == (401, "sso.expired")
    clock.now += 86_400
    await token(alice)
    assert refusal(await verify(timed, given)) == (401, "sso.unknown")
    assert len(await timed.provider.office.store.rows("SELECT 1 FROM sso_tokens")) == 1


async def test_a_token_ends_with_its_key(alice: Agent, timed: Provided) -> None:
    """When the key is revoked, or the identity put away, its tokens say nothing any more."""
    given, other = await token(alice), await timed.identity_key(alice.uuid)
    row = (await timed.ask("GET", "/api/auth/keys/identity/")).json()[0]
    await timed.ask("DELETE", f"/api/auth/keys/identity/{row['uuid']}/")
    assert refusal(await verify(timed, given)) == (401, "sso.revoked")
    again = (await timed.ask("POST", "/api/sso/token/", key=other)).json()["token"]
    managed = await timed.ask("POST", f"/api/sso/token/?identity={alice.uuid}")
    assert (await verify(timed, again)).status_code == 200
    await timed.ask("POST", f"/api/identities/{alice.uuid}/archive/")
    for ended in (again, managed.json()["token"]):
        assert refusal(await verify(timed, ended)) == (401, "sso.revoked")
    await timed.ask("DELETE", f"/api/identities/{alice.uuid}/")
    assert refusal(await verify(timed, again)) == (401, "sso.unknown")


@pytest.mark.parametrize("given", ["", None, 7, "x" * 201])
async def test_what_is_no_token_is_refused(timed: Provided, given: object) -> None:
    """A body without a token is the caller's mistake."""
    assert (await verify(timed, given)).status_code == 422


@pytest.mark.parametrize("given", ["rvt_made-up", "ravi_id_key", "é", " "])
async def test_an_unknown_token(timed: Provided, given: str) -> None:
    """A token that was never made is refused, whatever it looks like."""
    assert refusal(await verify(timed, given)) == (401, "sso.unknown")


async def test_a_key_is_no_token_and_a_token_is_no_key(alice: Agent, timed: Provided) -> None:
    """What says who somebody is opens nothing."""
    given = await token(alice)
    assert (await timed.ask("GET", "/api/email/", key=given)).status_code == 401
    assert (await verify(timed, alice.key)).status_code == 401


async def test_too_many_questions(
    alice: Agent, timed: Provided, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks too often is told when to come back, and is answered again then."""
    monkeypatch.setattr(sso, "MOST", 20)
    given = await token(alice)
    answers = [await verify(timed, given) for _ in range(20)]
    assert {got.status_code for got in answers} == {200}
    got = await verify(timed, given)
    assert refusal(got) == (429, "rate_limit.exceeded")
    assert got.headers["Retry-After"] == "60"
    assert (await alice.ask("POST", "/api/sso/token/")).status_code == 201
    clock.now += 60
    assert (await verify(timed, given)).status_code == 200


async def test_tokens_are_hashed_and_audited(alice: Agent, timed: Provided) -> None:
    """No byte of the folder holds a token; asking for one and verifying it are in the audit, alike."""
    given = await token(alice)
    await verify(timed, given)
    office = timed.provider.office
    lines: list[Any] = await office.store.run(lambda db: office.audit.read(db, alice.uuid))
    assert [(line.actor, line.action) for line in lines][-2:] == [
        ("key t", "sso.token"),
        ("service", "sso.verify"),
    ]
    assert lines[-1].value == lines[-2].value != ""
    await timed.provider.stop()
    stored = b"".join(file.read_bytes() for file in timed.folder.rglob("*") if file.is_file())
    assert given[4:].encode() not in stored
