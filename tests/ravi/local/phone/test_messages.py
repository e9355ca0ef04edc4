"""`/api/messages/` of the embedded provider."""

from typing import Any

import pytest
from ravi import Ravi
from ravi.errors import ConflictError, NotFoundError, ValidationError
from ravi.resources.phone import Phone

from constellagent.ravi.local.office import Office
from tests.ravi.local.phone.lines import Line, line
from tests.ravi.local.test_sdk import use
from tests.ravi.provided import Provided

ELSEWHERE = "+4930901820"


async def test_the_public_client_texts(local: Provided, alice: Line, bob: Line) -> None:
    """The SDK sends, waits, lists, answers and marks as read."""

    def talk(ravi: Ravi) -> None:
        mine, other = (ravi.identities.get(who.uuid) for who in (alice, bob))
        sent = mine.phone.send(other.phone.number, "Your code is 123456 \U0001f511")
        assert (sent.direction, sent.is_read) == ("outgoing", True)
        got = other.phone.wait_for(lambda sms: "123456" in sms.body, timeout=30)
        assert (got.from_number, got.to_number) == (alice.number, bob.number)
        assert got.message_sid == sent.message_sid
        assert not got.is_read
        assert [sms.id for sms in other.phone.inbox(unread=True)] == [got.id]
        assert got.mark_read().is_read
        assert other.phone.inbox(unread=True) == []
        assert [sms.id for sms in other.phone.inbox(unread=False)] == [got.id]
        got.reply("thanks")
        (talked,) = mine.phone.conversations()
        assert (talked.message_count, talked.unread_count, talked.preview) == (2, 1, "thanks")
        assert [sms.body for sms in mine.phone.inbox()] == ["thanks", sent.body]
        assert mine.phone.get(sent.id).body == sent.body

    await use(local, talk)


async def test_the_public_client_is_refused_in_its_own_words(local: Provided, alice: Line) -> None:
    """No number, a wrong number and an identity put away each arrive as the SDK's own class."""
    mute = await local.identity()
    with pytest.raises(ValidationError) as refused:
        await use(local, lambda ravi: phone_of(ravi, mute["uuid"]).send(alice.number, "x"))
    assert refused.value.code == "identity.no_phone"
    with pytest.raises(ValidationError):
        await use(local, lambda ravi: phone_of(ravi, alice.uuid).send("110", "x"))
    with pytest.raises(NotFoundError):
        await use(local, lambda ravi: phone_of(ravi, alice.uuid).get(99))
    await local.ask("POST", f"/api/identities/{alice.uuid}/archive/")
    with pytest.raises(ConflictError):
        await use(local, lambda ravi: phone_of(ravi, alice.uuid).send(ELSEWHERE, "x"))


def phone_of(ravi: Ravi, uuid: str) -> Any:
    """Return the SDK's phone of an identity, also of one without a number."""
    return Phone(ravi, identity_uuid=uuid)


async def test_a_message_has_the_shape_that_clients_need(alice: Line, bob: Line) -> None:
    """All fields are there, none is null, and both sides say the same."""
    sent = await alice.send(bob.number, "hello")
    (got,) = await bob.rows("/api/messages/")
    assert got == await bob.rows(f"/api/messages/{got['id']}/")
    assert got.keys() == {
        *("id", "url", "from_number", "to_number", "body", "message_sid", "phone"),
        *("direction", "is_read", "state", "created_dt"),
    }
    assert None not in got.values()
    assert isinstance(got["phone"], str)
    assert (sent["state"], got["state"]) == ("delivered", "received")
    assert got["url"] == f"/api/messages/{got['id']}/"


async def test_to_other_numbers_is_held_and_visible(local: Provided, alice: Line, bob: Line) -> None:
    """A message that cannot leave says so, and is listed for its sender and the account only."""
    sent = await alice.send("+49 (30) 90-18.20", "hallo")
    assert (sent["state"], sent["to_number"]) == ("held", ELSEWHERE)
    assert await alice.rows("/api/outbox/sms/") == [sent]
    assert await bob.rows("/api/outbox/sms/") == []
    assert (await local.ask("GET", "/api/outbox/sms/")).json() == [sent]
    await alice.send(bob.number, "delivered")
    assert len(await alice.rows("/api/outbox/sms/")) == 1


async def test_what_was_put_away_takes_no_messages(local: Provided, alice: Line, bob: Line) -> None:
    """A message to the number of an identity that was put away is held, not lost."""
    await local.ask("POST", f"/api/identities/{bob.uuid}/archive/")
    assert (await alice.send(bob.number, "x"))["state"] == "held"


async def test_to_oneself(alice: Line) -> None:
    """A message to one's own number is both sent and received, and makes no contact."""
    await alice.send(alice.number, "note to self")
    assert [row["direction"] for row in await alice.rows("/api/messages/")] == ["incoming", "outgoing"]
    assert await alice.rows("/api/contacts/") == []


async def test_reading_marks_nothing_and_marking_goes_both_ways(local: Provided, bob: Line) -> None:
    """Only PATCH changes what is read; an empty PATCH changes nothing."""
    await bob.get_from("ACME", "code 1")
    (row,) = await bob.rows("/api/messages/?is_read=false")
    place = f"/api/messages/{row['id']}/"
    assert not (await bob.rows(place))["is_read"]
    for body, expected in (({"is_read": True}, True), ({}, True), ({"is_read": False}, False)):
        assert (await bob.ask("PATCH", place, body)).json()["is_read"] is expected
    assert (await bob.ask("PATCH", place, {"is_read": "yes"})).status_code == 422


async def test_another_identitys_messages_do_not_exist(local: Provided, alice: Line, bob: Line) -> None:
    """Reading and marking them is 404 with its own key and with a narrowed key, byte for byte alike."""
    await bob.get_from("ACME", "code 1")
    (row,) = await bob.rows("/api/messages/")
    for method, body in (("GET", None), ("PATCH", {"is_read": True})):
        there = await alice.ask(method, f"/api/messages/{row['id']}/", body)
        missing = await alice.ask(method, "/api/messages/4711/", body)
        assert (there.status_code, there.content) == (404, missing.content)
        narrowed = f"/api/messages/{row['id']}/?identity={alice.uuid}"
        assert (await local.ask(method, narrowed, body=body)).status_code == 404
    assert (await bob.rows(f"/api/messages/{row['id']}/"))["is_read"] is False
    assert (await local.ask("GET", f"/api/messages/{row['id']}/")).status_code == 200


async def test_the_account_sees_all_and_must_say_who_sends(local: Provided, alice: Line, bob: Line) -> None:
    """A management key reads across identities that are not put away, and sends only as a named one."""
    for who in (alice, bob):
        await who.get_from("ACME", f"for {who.number}")
    assert len((await local.ask("GET", "/api/messages/")).json()) == 2
    body = {"to_number": alice.number, "body": "x"}
    assert (await local.ask("POST", "/api/messages/send/", body=body)).status_code == 400
    sent = await local.ask("POST", f"/api/messages/send/?identity={bob.uuid}", body=body)
    assert sent.json()["from_number"] == bob.number
    await local.ask("POST", f"/api/identities/{bob.uuid}/archive/")
    assert {row["to_number"] for row in (await local.ask("GET", "/api/messages/")).json()} == {alice.number}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to_number": "+12025550100"}, "body"),
        ({"to_number": "+12025550100", "body": ""}, "body"),
        ({"to_number": "+12025550100", "body": " \n"}, "body"),
        ({"to_number": "+12025550100", "body": "x" * 1601}, "body"),
        ({"to_number": "+12025550100", "body": 7}, "body"),
        ({"body": "x"}, "to_number"),
        ({"to_number": "2025550100", "body": "x"}, "to_number"),
        ({"to_number": "+02025550100", "body": "x"}, "to_number"),
        ({"to_number": "+1202555010012345", "body": "x"}, "to_number"),
        ({"to_number": "+1202555\uff10100", "body": "x"}, "to_number"),
        ({"to_number": "+12025550100\n", "body": "x"}, "to_number"),
        ({"to_number": ["+12025550100"], "body": "x"}, "to_number"),
    ],
)
async def test_what_cannot_be_sent_is_named(alice: Line, body: dict[str, object], field: str) -> None:
    """A wrong field is a 422 that names it, and nothing is kept."""
    answer = await alice.ask("POST", "/api/messages/send/", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"] == {"field": field}
    assert await alice.rows("/api/messages/") == []


@pytest.mark.parametrize(
    "body", ["x" * 1600, "\u05e9\u05dc\u05d5\u05dd \U0001f469\u200d\U0001f4bb\x00\u202e"]
)
async def test_any_text_of_the_allowed_length_arrives_as_it_was(alice: Line, bob: Line, body: str) -> None:
    """Nothing is cut, escaped or normalised."""
    await alice.send(bob.number, body)
    (got,) = await bob.rows("/api/messages/")
    assert got["body"] == body


@pytest.mark.parametrize("message", ["0", "x", "-1", "9" * 30, "\u0661", "1%2F2", "%00"])
async def test_odd_ids_are_404(alice: Line, message: str) -> None:
    """What is no id of a message is a message that is not there."""
    assert (await alice.ask("GET", f"/api/messages/{message}/")).status_code == 404


async def test_long_lists_come_in_parts(alice: Line, bob: Line) -> None:
    """Limit and offset cut the list, newest first; nonsense is refused."""
    for count in range(5):
        await alice.send(bob.number, str(count))
    rows = await bob.rows("/api/messages/?limit=2&offset=1")
    assert [row["body"] for row in rows] == ["3", "2"]
    assert await bob.rows("/api/messages/?limit=0") == []
    for query in (
        "limit=-1",
        "limit=x",
        "limit=1001",
        "offset=\u0661",
        f"offset={'9' * 40}",
        "is_read=maybe",
    ):
        assert (await bob.ask("GET", f"/api/messages/?{query}")).status_code == 422


async def test_the_audit_tells_of_every_access(local: Provided, office: Office, alice: Line) -> None:
    """Receiving, sending, holding, listing, reading and marking each leave a line with who it was."""
    bob = await line(local)
    await alice.get_from("ACME", "code 1")
    await alice.send(bob.number, "x")
    await alice.send(ELSEWHERE, "y")
    row = (await alice.rows("/api/messages/"))[-1]
    await alice.rows(f"/api/messages/{row['id']}/")
    await alice.ask("PATCH", f"/api/messages/{row['id']}/", {"is_read": True})
    entries = await office.store.run(lambda db: office.audit.read(db, alice.uuid))
    told = [(e.action, e.result, e.actor, e.about) for e in entries if e.action.startswith("sms.")]
    assert told == [
        ("sms.received", "ok", "gateway", "ACME"),
        ("sms.sent", "ok", "key t", bob.number),
        ("sms.sent", "held", "key t", ELSEWHERE),
        ("sms.list", "ok", "key t", "3 texts"),
        ("sms.read", "ok", "key t", "ACME"),
        ("sms.marked", "ok", "key t", "ACME"),
    ]
