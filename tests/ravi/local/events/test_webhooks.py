"""`/api/webhook-subscriptions/`: who may subscribe which address to whose events."""

import pytest

from constellagent.ravi.local.events.webhooks import MOST, Target
from constellagent.ravi.local.office import Office
from tests.ravi.local.events.happenings import RECEIVED, SENT, Agent, agent
from tests.ravi.local.events.hooks import ROOT, URL, subscribe
from tests.ravi.local.test_sdk import use
from tests.ravi.provided import Provided


async def test_the_sdk_manages_webhooks(alice: Agent, local: Provided) -> None:
    """Create, list, get, change and delete with the public client; the secret is shown once."""
    made = await use(
        local,
        lambda ravi: ravi.webhooks.create(url=URL, identity_uuid=alice.uuid, event_types=[RECEIVED, SENT]),
    )
    assert made.url == URL
    assert made.identity == alice.id
    assert made.enabled
    assert made.event_types == [RECEIVED, SENT]
    assert len(made.signing_secret) > 40
    (listed,) = await use(local, lambda ravi: ravi.webhooks.list())
    assert (listed.id, listed.uuid, listed.signing_secret) == (made.id, made.uuid, "")
    assert (await use(local, lambda ravi: ravi.webhooks.get(made.id))) == listed
    assert (await use(local, lambda ravi: ravi.webhooks.get(made.uuid))) == listed
    changed = await use(
        local,
        lambda ravi: ravi.webhooks.update(made.id, url="https://a.test", enabled=False, event_types=[SENT]),
    )
    assert (changed.url, changed.enabled, changed.event_types) == ("https://a.test", False, [SENT])
    assert changed.signing_secret == ""
    again = await use(local, lambda ravi: ravi.webhooks.update(made.id, enabled=True))
    assert (again.url, again.enabled, again.event_types) == ("https://a.test", True, [SENT])
    await use(local, lambda ravi: ravi.webhooks.delete(made.id))
    assert await use(local, lambda ravi: ravi.webhooks.list()) == []


async def test_an_identity_manages_its_own_only(alice: Agent, bob: Agent, local: Provided) -> None:
    """To an identity's key another's webhook, and the account's, look like none at all."""
    mine, *others = [await subscribe(who) for who in (alice, bob, local)]
    assert [row["identity"] for row in (mine, *others)] == [alice.id, bob.id, None]
    assert [row["id"] for row in (await alice.ask("GET", ROOT)).json()] == [mine["id"]]
    missing = (await alice.ask("GET", f"{ROOT}999/")).content
    for row in others:
        for which in (row["id"], row["uuid"]):
            for method, body in (("GET", None), ("PATCH", {"enabled": False}), ("DELETE", None)):
                got = await alice.ask(method, f"{ROOT}{which}/", body)
                assert (got.status_code, got.content) == (404, missing)
    assert len((await local.ask("GET", ROOT)).json()) == 3
    assert (await alice.ask("DELETE", f"{ROOT}{mine['id']}/")).status_code == 204


async def test_whose_a_webhook_is(alice: Agent, bob: Agent, local: Provided) -> None:
    """The body or the parameter name the identity; both at odds, and another's, are refused."""
    narrowed = await local.ask("POST", f"{ROOT}?identity={bob.uuid}", body={"url": URL})
    assert narrowed.json()["identity"] == bob.id
    assert narrowed.json()["identity_uuid"] == bob.uuid
    named = await subscribe(alice, identity_uuid=alice.uuid)
    assert named["identity"] == alice.id
    refused = await alice.ask("POST", ROOT, {"url": URL, "identity_uuid": bob.uuid})
    assert refused.status_code == 403
    both = {"url": URL, "identity_uuid": alice.uuid}
    assert (await local.ask("POST", f"{ROOT}?identity={bob.uuid}", body=both)).status_code == 400
    gone = {"url": URL, "identity_uuid": "none"}
    assert (await local.ask("POST", ROOT, body=gone)).status_code == 404
    listed = await local.ask("GET", f"{ROOT}?identity={bob.uuid}")
    assert [row["identity"] for row in listed.json()] == [bob.id]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:8443/a/b?c=d&e=%20",
        "HTTPS://Example.COM/",
        "https://[2001:db8::1]/x",
        "http://127.0.0.1:8080/hook",
        "http://localhost/hook",
        "http://[::1]:9/hook",
    ],
)
async def test_addresses_that_are_taken(alice: Agent, url: str) -> None:
    """TLS to anywhere, or plain HTTP that stays on this machine."""
    assert (await subscribe(alice, url))["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "http://example.com/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://127.0.0.1.evil.test/",
        "http://localhost.evil.test/",
        "http://127.0.0.1@evil.test/",
        "http://127.0.0.1\\@evil.test/",
        "https://user:password@example.com/",
        "https://example.com/#fragment",
        "https://example.com/a b",
        "https://exam\nple.com/",
        "https://exämple.com/",
        "https:///path",
        "https://",
        f"https://example.com/{'x' * 2048}",
    ],
)
async def test_addresses_that_are_refused(alice: Agent, url: str) -> None:
    """What would send mail in clear over a network, holds a password, or is no address."""
    got = await alice.ask("POST", ROOT, {"url": url})
    assert got.status_code == 422
    assert got.json()["error"]["details"] == {"field": "url"}
    row = await subscribe(alice)
    assert (await alice.ask("PATCH", f"{ROOT}{row['id']}/", {"url": url})).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": None},
        {"url": 1},
        {"url": URL, "event_types": ["email.arrived"]},
        {"url": URL, "event_types": "email.message.sent"},
        {"url": URL, "enabled": "yes"},
    ],
)
async def test_bodies_that_are_refused(alice: Agent, body: object) -> None:
    """A misspelt type of event is an error, not a webhook that never hears anything."""
    assert (await alice.ask("POST", ROOT, body)).status_code == 422


async def test_there_is_an_end(alice: Agent, bob: Agent, local: Provided) -> None:
    """Each identity, and the account, may have so many; one that has all its own takes none from another."""
    for _ in range(MOST):
        await subscribe(alice)
    refused = await alice.ask("POST", ROOT, {"url": URL})
    assert refused.status_code == 409
    assert "delete one" in refused.json()["detail"]
    await subscribe(bob)
    await subscribe(local)


async def test_addresses_and_secrets_are_sealed(alice: Agent, local: Provided) -> None:
    """No byte of the folder holds them, also of the account's own webhooks, and no repr shows them."""
    secrets = [(await subscribe(who))["signing_secret"] for who in (alice, local)]
    await local.provider.stop()
    stored = b"".join(file.read_bytes() for file in local.folder.rglob("*") if file.is_file())
    for private in (*secrets, "canary", "hooks.shop.test"):
        assert private.encode() not in stored
    assert "canary" not in repr(Target(URL, "secret"))


async def test_an_older_state_cannot_be_put_back(alice: Agent, office: Office) -> None:
    """Whoever puts the sealed address of yesterday back, or swaps two, gets nothing posted there."""
    first, second = await subscribe(alice, "https://a.test"), await subscribe(alice, "https://b.test")
    query = "SELECT content FROM webhooks WHERE id = ?"
    old = (await office.store.rows(query, (first["id"],)))[0][0]
    await alice.ask("PATCH", f"{ROOT}{first['id']}/", {"url": "https://c.test"})
    for target in (first, second):
        kept = (await office.store.rows(query, (target["id"],)))[0][0]
        await office.store.execute("UPDATE webhooks SET content = ? WHERE id = ?", (old, target["id"]))
        assert (await alice.ask("GET", f"{ROOT}{target['id']}/")).status_code == 503
        await office.store.execute("UPDATE webhooks SET content = ? WHERE id = ?", (kept, target["id"]))
    assert (await alice.ask("GET", ROOT)).status_code == 200


async def test_webhooks_are_audited(alice: Agent, bob: Agent, local: Provided) -> None:
    """What happens to a webhook is told to each identity whose events it gets."""
    row = await subscribe(alice)
    await alice.ask("GET", ROOT)
    await alice.ask("GET", f"{ROOT}{row['id']}/")
    await alice.ask("PATCH", f"{ROOT}{row['id']}/", {"enabled": False})
    await alice.ask("DELETE", f"{ROOT}{row['id']}/")
    assert await alice.audited() == [
        ("key t", "webhook.create", "ok", URL),
        ("key t", "webhook.list", "ok", "1 webhooks"),
        ("key t", "webhook.get", "ok", URL),
        ("key t", "webhook.update", "ok", URL),
        ("key t", "webhook.delete", "ok", URL),
    ]
    assert await bob.audited() == []
    everybodys = await subscribe(local)
    await local.ask("GET", f"{ROOT}{everybodys['id']}/")
    await local.ask("DELETE", f"{ROOT}{everybodys['id']}/")
    for who in (alice, bob):
        assert [line[1] for line in (await who.audited())[-2:]] == ["webhook.create", "webhook.delete"]


async def test_archived_and_deleted_identities(alice: Agent, local: Provided) -> None:
    """An archived identity's webhook is shown to who names it; a deleted identity's is gone."""
    row = await subscribe(alice)
    await local.ask("POST", f"/api/identities/{alice.uuid}/archive/")
    assert (await local.ask("GET", ROOT)).json() == []
    assert (await local.ask("GET", f"{ROOT}{row['id']}/")).status_code == 404
    assert (await local.ask("GET", f"{ROOT}{row['id']}/?identity={alice.uuid}")).status_code == 200
    assert (await local.ask("DELETE", f"/api/identities/{alice.uuid}/")).status_code == 204
    await agent(local)
    assert await local.provider.office.store.rows("SELECT id FROM webhooks") == []
