"""`/api/contacts/` of the embedded provider."""

import asyncio
import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ravi import Ravi
from ravi.errors import ConflictError, NotFoundError, ValidationError

from constellagent.ravi.local import contact_cards as cards
from constellagent.ravi.local import contacts
from constellagent.ravi.local.office import Office
from tests.ravi.local.test_sdk import use
from tests.ravi.provided import Provided

NUMBER = "+4930901820"


async def fenced(local: Provided, **wanted: object) -> tuple[dict[str, Any], str]:
    """Create an identity with a key."""
    row = await local.identity(**wanted)
    return row, await local.identity_key(row["uuid"])


async def rows(local: Provided, key: str, path: str = "/api/contacts/") -> Any:
    """Return what a path answers."""
    answer = await local.ask("GET", path, key=key)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def touched(office: Office, identity: int, **who: str) -> None:
    """Count an interaction."""
    await office.store.run(lambda db: contacts.touch(office, db, identity, **who))


async def test_the_public_client_keeps_contacts(local: Provided) -> None:
    """The SDK creates, lists, gets, finds, searches, changes and deletes."""
    identity = await local.identity()

    def keep(ravi: Ravi) -> None:
        book = ravi.identities.get(identity["uuid"]).contacts
        made = book.create(email="Ada@example.com", display_name="Ada L\u00f6velace", is_trusted=True)
        other = book.create(phone_number="+49 30 90-1820", nickname="rathaus")
        assert (made.source, made.interaction_count, made.last_interaction_dt) == ("manual", 0, None)
        assert (made.email, made.is_trusted, made.identity) == ("Ada@example.com", True, 1)
        assert other.phone_number == NUMBER
        assert [c.uuid for c in book.list()] == [other.uuid, made.uuid]
        assert [c.uuid for c in book.list(limit=1, offset=1)] == [made.uuid]
        assert [c.uuid for c in book.list(search="lovel")] == [made.uuid]
        assert book.get(made.uuid) == made
        assert book.find(email="ada@EXAMPLE.com").uuid == made.uuid
        assert book.find(phone_number=NUMBER).uuid == other.uuid
        assert [c.uuid for c in book.search("rat 3090")] == [other.uuid]
        changed = book.update(made.uuid, nickname="countess", is_trusted=False)
        assert (changed.nickname, changed.is_trusted, changed.email) == ("countess", False, made.email)
        with pytest.raises(ConflictError):
            book.create(email="ADA@example.com")
        with pytest.raises(ConflictError):
            book.update(other.uuid, email="ada@example.com")
        with pytest.raises(ValidationError):
            book.create(nickname="nobody")
        book.delete(made.uuid)
        with pytest.raises(NotFoundError):
            book.get(made.uuid)
        with pytest.raises(NotFoundError):
            book.find(email="ada@example.com")

    await use(local, keep)


async def test_a_contact_has_the_shape_that_clients_need(local: Provided) -> None:
    """All fields are there, and only the last interaction may be null."""
    _, key = await fenced(local)
    body = {"uuid": "", "created_dt": "", "email": "a@b.test", "phone_number": "", "nickname": None}
    answer = await local.ask("POST", "/api/contacts/", key=key, body=body)
    assert answer.status_code == 201, answer.text
    row = answer.json()
    assert row.keys() == {
        *("uuid", "identity", "email", "phone_number", "display_name", "nickname", "is_trusted", "source"),
        *("interaction_count", "last_interaction_dt", "created_dt", "updated_dt"),
    }
    assert [name for name, value in row.items() if value is None] == ["last_interaction_dt"]
    assert len(row["uuid"]) == 36
    deleted = await local.ask("DELETE", f"/api/contacts/{row['uuid']}/", key=key)
    assert (deleted.status_code, deleted.content) == (204, b"")


async def test_traffic_makes_and_counts_contacts(local: Provided, office: Office) -> None:
    """The first interaction makes a contact; each later one counts, in any spelling, and moves it up."""
    _, key = await fenced(local)
    await touched(office, 1, email="Bot@shop.test", name="Shop")
    await touched(office, 1, phone="12345")
    await touched(office, 1, email="bot@SHOP.test", name="Another name")
    first, second = await rows(local, key)
    assert (first["email"], first["display_name"], first["source"]) == ("Bot@shop.test", "Shop", "auto")
    assert first["interaction_count"] == 2
    assert first["last_interaction_dt"] >= second["last_interaction_dt"]
    assert (second["phone_number"], second["interaction_count"]) == ("12345", 1)
    assert (await rows(local, key, "/api/contacts/find/?phone_number=12345"))["uuid"] == second["uuid"]


async def test_what_a_person_wrote_stays(local: Provided, office: Office) -> None:
    """A sender's own name fills an empty one of an automatic contact only, and never replaces any."""
    _, key = await fenced(local)
    await touched(office, 1, email="a@x.test")
    await touched(office, 1, email="a@x.test", name="Sender")
    (row,) = await rows(local, key)
    assert row["display_name"] == "Sender"
    await local.ask("PATCH", f"/api/contacts/{row['uuid']}/", key=key, body={"display_name": "Mine"})
    await local.ask("POST", "/api/contacts/", key=key, body={"email": "b@x.test"})
    for email in ("a@x.test", "b@x.test"):
        await touched(office, 1, email=email, name="Sender")
    shown = {row["email"]: row for row in await rows(local, key)}
    assert shown["a@x.test"]["display_name"] == "Mine"
    assert shown["a@x.test"]["interaction_count"] == 3
    assert (shown["b@x.test"]["display_name"], shown["b@x.test"]["source"]) == ("", "manual")


async def test_nobody_is_a_contact_of_oneself(local: Provided, office: Office) -> None:
    """One's own address in any form, one's own number, and nobody at all make no contact."""
    row, key = await fenced(local, email_identifier="docs", provision_phone=True)
    for email in (row["inbox"], row["inbox"].upper(), row["inbox"].replace("@", "+tag@")):
        await touched(office, 1, email=email)
    await touched(office, 1, phone=row["phone"])
    await touched(office, 1, name="nobody")
    await touched(office, 1, email=" ", phone="")
    assert await rows(local, key) == []


async def test_a_forgotten_contact_comes_back_with_traffic(local: Provided, office: Office) -> None:
    """Deleting is no block list, and the count begins again."""
    _, key = await fenced(local)
    await touched(office, 1, email="a@x.test")
    (row,) = await rows(local, key)
    await local.ask("DELETE", f"/api/contacts/{row['uuid']}/", key=key)
    await touched(office, 1, email="a@x.test")
    (again,) = await rows(local, key)
    assert (again["interaction_count"], again["uuid"] == row["uuid"]) == (1, False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"nickname": "x"}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "a b@x.test"}, "email"),
        ({"email": "@x.test"}, "email"),
        ({"email": "a@x.test\nBcc: b@x.test"}, "email"),
        ({"email": "a@" + "x" * 255}, "email"),
        ({"email": 5}, "email"),
        ({"phone_number": "12345"}, "phone_number"),
        ({"phone_number": "+0123456789"}, "phone_number"),
        ({"display_name": "a\nb"}, "display_name"),
        ({"display_name": "x" * 101}, "display_name"),
        ({"email": "a@x.test", "is_trusted": "yes"}, "is_trusted"),
    ],
)
async def test_what_is_no_contact_is_named(local: Provided, body: dict[str, object], field: str) -> None:
    """A wrong field is a 422 that names it, on creation, and nothing is kept."""
    _, key = await fenced(local)
    answer = await local.ask("POST", "/api/contacts/", key=key, body=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"] == {"field": field}
    assert await rows(local, key) == []


async def test_a_change_is_checked_and_partial(local: Provided) -> None:
    """An empty text takes a field away, null and absence keep it, and somebody must be left."""
    _, key = await fenced(local)
    body = {"email": "a@x.test", "phone_number": NUMBER, "nickname": "n"}
    place = f"/api/contacts/{(await local.ask('POST', '/api/contacts/', key=key, body=body)).json()['uuid']}/"

    async def patch(**change: object) -> Any:
        return await local.ask("PATCH", place, key=key, body=change)

    assert (await patch(email="", nickname=None)).json()["email"] == ""
    assert (await rows(local, key, place))["nickname"] == "n"
    assert (await local.ask("GET", "/api/contacts/find/?email=a@x.test", key=key)).status_code == 404
    assert (await patch(phone_number="")).status_code == 422
    assert (await patch(phone_number="x")).status_code == 422
    assert (await patch(phone_number=NUMBER)).status_code == 200
    assert (await patch(email="a@x.test")).status_code == 200
    assert (await rows(local, key, "/api/contacts/find/?email=a@x.test"))["phone_number"] == NUMBER


async def test_find_needs_to_know_whom(local: Provided) -> None:
    """Without an address or a number it is 422; an unescaped '+' is understood; strangers are 404."""
    _, key = await fenced(local)
    await local.ask("POST", "/api/contacts/", key=key, body={"phone_number": NUMBER})
    assert (await local.ask("GET", "/api/contacts/find/", key=key)).status_code == 422
    assert (await local.ask("GET", "/api/contacts/find/?email=&phone_number=", key=key)).status_code == 422
    for form in (NUMBER, NUMBER.replace("+", "%2B"), "%2B49%2030%20901820"):
        found = await rows(local, key, f"/api/contacts/find/?phone_number={form}")
        assert found["phone_number"] == NUMBER
    missing = await local.ask("GET", "/api/contacts/find/?email=who@x.test", key=key)
    assert missing.status_code == 404
    assert missing.json()["detail"] == "No Contact matches the given query."


async def test_another_identitys_contacts_do_not_exist(local: Provided, office: Office) -> None:
    """Each verb answers for them as for what is missing; a narrowed key is no wider; the account sees all."""
    (mine, key), (other, others_key) = await fenced(local), await fenced(local)
    await touched(office, 2, email="a@x.test")
    (row,) = await rows(local, others_key)
    place = f"/api/contacts/{row['uuid']}/"
    for method, body in (("GET", None), ("PATCH", {"nickname": "x"}), ("DELETE", None)):
        there = await local.ask(method, place, key=key, body=body)
        missing = await local.ask(method, f"/api/contacts/{mine['uuid']}/", key=key, body=body)
        assert (there.status_code, there.content) == (404, missing.content)
        narrowed = await local.ask(method, f"{place}?identity={mine['uuid']}", body=body)
        assert narrowed.status_code == 404
    for path in ("/api/contacts/", "/api/contacts/search/?q=a@x.test"):
        assert await rows(local, key, path) == []
        assert await rows(local, local.key, path) == [row]
        assert (
            await rows(local, local.key, f"{path}{'&' if '?' in path else '?'}identity={mine['uuid']}") == []
        )
    find = "/api/contacts/find/?email=a@x.test"
    assert (await local.ask("GET", find, key=key)).status_code == 404
    assert await rows(local, local.key, find) == row
    assert (await local.ask("POST", "/api/contacts/", body={"email": "b@x.test"})).status_code == 400
    await touched(office, 1, email="a@x.test")  # the same person may be known to both
    await local.ask("POST", f"/api/identities/{other['uuid']}/archive/")
    assert [c["identity"] for c in await rows(local, local.key)] == [1]
    assert (await local.ask("GET", place)).status_code == 404


async def test_at_the_same_time_one_is_made(local: Provided) -> None:
    """Of many creations of one contact exactly one succeeds."""
    _, key = await fenced(local)
    asked = [
        local.ask("POST", "/api/contacts/", key=key, body={"email": email, "phone_number": NUMBER})
        for email in ("a@x.test", "A@x.test", "b@x.test") * 4
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*asked))
    assert statuses == [201] + [409] * 11


async def test_the_audit_tells_of_every_access(local: Provided, office: Office) -> None:
    """Each verb leaves a line with who it was about."""
    row, key = await fenced(local)
    body = {"email": "a@x.test"}
    made = (await local.ask("POST", "/api/contacts/", key=key, body=body)).json()
    place = f"/api/contacts/{made['uuid']}/"
    await rows(local, key)
    await rows(local, key, place)
    await local.ask("PATCH", place, key=key, body={"nickname": "n"})
    await local.ask("DELETE", place, key=key)
    entries = await office.store.run(lambda db: office.audit.read(db, row["uuid"]))
    told = [(e.action, e.about, e.row) for e in entries if e.action.startswith("contacts.")]
    assert told == [
        ("contacts.create", "a@x.test", made["uuid"]),
        ("contacts.list", "1 contacts", ""),
        ("contacts.get", "a@x.test", made["uuid"]),
        ("contacts.update", "a@x.test n", made["uuid"]),
        ("contacts.delete", "a@x.test n", made["uuid"]),
    ]


async def test_content_that_was_put_back_is_not_shown(local: Provided, office: Office) -> None:
    """An older content in the row of a newer one is an error, not old news."""
    _, key = await fenced(local)
    made = (await local.ask("POST", "/api/contacts/", key=key, body={"email": "a@x.test"})).json()
    place = f"/api/contacts/{made['uuid']}/"

    def content(db: sqlite3.Connection) -> bytes:
        return bytes(db.execute("SELECT content FROM contacts").fetchone()["content"])

    old = await office.store.run(content)
    await local.ask("PATCH", place, key=key, body={"nickname": "n"})
    await office.store.execute("UPDATE contacts SET content = ?", (old,))
    assert (await local.ask("GET", place, key=key)).status_code == 503


@given(text=st.text(max_size=40), query=st.text(max_size=10))
def test_every_part_of_a_name_is_found(text: str, query: str) -> None:
    """A contact matches what its name holds, whatever the letters are; no query raises."""
    contact = cards.card_of(display_name=text, phone_number=NUMBER)
    for word in cards.folded(text).split():
        assert cards.matches(contact, [word])
    cards.matches(contact, cards.folded(query).split())
    assert not cards.matches(contact, [f"{cards.folded(text)}x"])
