"""The public SDK, unmodified: identities, keys, domains and contacts."""

import pytest
from ravi.errors import AuthenticationError, NotFoundError, RaviError

from tests.ravi.local.sdk_tour import Tour, exercises


@exercises(
    "Identities.create",
    "Identities.list",
    "Identities.get",
    "Identities.update",
    "Identities.provision_phone",
    "Identity.phone",
    "Identity.email",
)
def test_identities(tour: Tour) -> None:
    """Create with and without wishes, list, get, rename, give a number."""
    known = [tour.alice.uuid, tour.bob.uuid]
    made = tour.account.identities.create(
        name="Docs", email_identifier="docs", domain="a.test", provision_phone=True
    )
    assert (made.name, made.email.address) == ("Docs", "docs@a.test")
    assert made.phone is not None
    assert made.phone.number == made.phone_number
    bare = tour.account.identities.create()
    assert (bool(bare.name), bare.phone) == (True, None)
    assert [row.uuid for row in tour.account.identities.list()] == [*known, made.uuid, bare.uuid]
    assert tour.account.identities.update(bare.uuid, name="Other").name == "Other"
    assert tour.account.identities.get(bare.uuid).name == "Other"
    given = tour.account.identities.provision_phone(bare.uuid)
    assert given.phone is not None
    assert given.phone.number not in {made.phone_number, tour.alice.phone_number}


@exercises("Identities.get_voice_agent", "Identities.set_voice_agent")
def test_voice_agents_are_not_offered(tour: Tour) -> None:
    """Both calls are told so, in the SDK's plain error."""
    with pytest.raises(RaviError, match="not offered") as asked:
        tour.account.identities.get_voice_agent(tour.alice.uuid)
    with pytest.raises(RaviError, match="not offered") as told:
        tour.account.identities.set_voice_agent(
            tour.alice.uuid, response_url="https://a.example/", timeout_seconds=3
        )
    for refused in (asked, told):
        assert (type(refused.value), refused.value.status) == (RaviError, 501)
        assert refused.value.code == "calls.not_offered"


@exercises("Ravi.me", "Ravi.close")
def test_me(tour: Tour) -> None:
    """An identity's key knows whose it is, a management key does not; a client that was lent stays open."""
    client = tour.alice._require_client()
    assert client.me.uuid == tour.alice.uuid
    with pytest.raises(RuntimeError, match="Ambiguous"):
        _ = tour.account.me
    client.close()
    with client:
        assert client.me.uuid == tour.alice.uuid


@exercises(
    "ManagementKeys.list",
    "ManagementKeys.create",
    "ManagementKeys.revoke",
    "IdentityKeys.list",
    "IdentityKeys.create",
    "IdentityKeys.revoke",
)
def test_keys(tour: Tour) -> None:
    """Keys of both kinds are shown once, work, are listed without their value, and end."""
    keys = tour.account.api_keys
    for kind, made, prefix in (
        (keys.management, keys.management.create("ci"), "ravi_mgmt_"),
        (keys.identity, keys.identity.create("ci", tour.bob.uuid), "ravi_id_"),
    ):
        assert (made.label, made.is_active, made.key.startswith(prefix)) == ("ci", True, True)
        bearer = {"Authorization": f"Bearer {made.key}"}
        assert tour.http.get("/email/", headers=bearer).status_code == 200
        (listed,) = [key for key in kind.list() if key.uuid == made.uuid]
        assert listed.key != made.key
        assert listed.last_used_at is not None
        kind.revoke(made.uuid)
        assert made.uuid not in {key.uuid for key in kind.list()}
        assert tour.http.get("/email/", headers=bearer).status_code == 401
        with pytest.raises(NotFoundError):
            kind.revoke(made.uuid)


@exercises("Ravi.me")
def test_a_key_that_ends_while_it_is_used(tour: Tour) -> None:
    """The next request of a client whose key was revoked is refused."""
    (key,) = [key for key in tour.account.api_keys.identity.list() if key.identity == tour.alice.uuid]
    tour.account.api_keys.identity.revoke(key.uuid)
    with pytest.raises(AuthenticationError):
        _ = tour.alice._require_client().me


@exercises("Domains.list")
def test_domains(tour: Tour) -> None:
    """The default domain, and each that an identity uses."""
    tour.account.identities.create(email_identifier="docs", domain="a.test")
    rows = {row.domain: row for row in tour.account.domains.list()}
    assert set(rows) == {"a.test", "constellagent.test"}
    assert (rows["constellagent.test"].is_platform, rows["a.test"].is_platform) == (True, False)
    assert all(row.is_verified for row in rows.values())


@exercises(
    "Contacts.list",
    "Contacts.get",
    "Contacts.create",
    "Contacts.update",
    "Contacts.delete",
    "Contacts.find",
    "Contacts.search",
    "Identity.contacts",
    "Identity.email",
)
def test_contacts(tour: Tour) -> None:
    """By hand and by traffic; found exactly and roughly, changed, forgotten; nobody else's."""
    contacts = tour.alice.contacts
    made = contacts.create(
        email="Ann@Shop.example", phone_number="+12025550123", display_name="Ann Smith", is_trusted=True
    )
    assert (made.source, made.is_trusted, made.interaction_count) == ("manual", True, 0)
    tour.bob.email.send(tour.alice.email_address, "Hi", "Hello")
    met = contacts.find(email=tour.bob.email_address)
    assert (met.source, met.interaction_count) == ("auto", 1)
    assert met.last_interaction_dt is not None
    assert contacts.find(phone_number="+12025550123").uuid == made.uuid
    assert [row.uuid for row in contacts.search("smith")] == [made.uuid]
    assert {row.uuid for row in contacts.list()} == {made.uuid, met.uuid}
    assert [row.uuid for row in contacts.list(search="ann", limit=1, offset=0)] == [made.uuid]
    assert contacts.list(limit=5, offset=2) == []
    changed = contacts.update(made.uuid, nickname="annie", is_trusted=False)
    assert (changed.nickname, changed.is_trusted, changed.display_name) == ("annie", False, "Ann Smith")
    assert contacts.get(made.uuid) == changed
    with pytest.raises(NotFoundError, match="No Contact"):
        tour.bob.contacts.get(made.uuid)
    contacts.delete(made.uuid)
    with pytest.raises(NotFoundError, match="No Contact"):
        contacts.get(made.uuid)
