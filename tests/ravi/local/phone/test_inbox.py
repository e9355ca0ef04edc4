"""`/api/sms-inbox/` of the embedded provider."""

from urllib.parse import quote

import pytest

from tests.ravi.local.phone.lines import Line
from tests.ravi.provided import Provided

SENDER = "+12025550199"


async def test_conversations_are_by_the_other_end(alice: Line, bob: Line) -> None:
    """What was sent and received with one number is one conversation, the newest first."""
    await bob.get_from(SENDER, "first")
    await alice.send(bob.number, "second")
    await bob.send(alice.number, "third")
    newest, oldest = await bob.rows("/api/sms-inbox/")
    assert (newest["from_number"], newest["preview"]) == (alice.number, "third")
    assert (newest["message_count"], newest["unread_count"]) == (2, 1)
    assert (oldest["from_number"], oldest["preview"]) == (SENDER, "first")
    assert oldest["conversation_id"] == f"{oldest['phone']}_{SENDER}"
    assert isinstance(oldest["phone"], str)
    assert oldest["phone_number"] == bob.number
    assert oldest["latest_message_dt"].endswith("Z")
    assert None not in oldest.values()


async def test_only_what_has_something_unread(bob: Line) -> None:
    """`?has_unread=true` leaves out what was read to its end."""
    await bob.get_from(SENDER, "x")
    await bob.get_from("ACME", "y")
    message = (await bob.rows("/api/messages/"))[0]["id"]
    await bob.ask("PATCH", f"/api/messages/{message}/", {"is_read": True})
    (left,) = await bob.rows("/api/sms-inbox/?has_unread=true")
    assert left["from_number"] == SENDER
    assert len(await bob.rows("/api/sms-inbox/?has_unread=false")) == 2


@pytest.mark.parametrize("sender", [SENDER, "12345", "ACME", "A&B / C_d"])
async def test_a_conversation_is_shown_oldest_first(bob: Line, sender: str) -> None:
    """Its id works with the '+' as it is, escaped, and turned into a blank; reading marks nothing."""
    for count in range(3):
        await bob.get_from(sender, str(count))
    (listed,) = await bob.rows("/api/sms-inbox/")
    name = listed["conversation_id"]
    assert name.endswith(f"_{sender}")
    forms = {quote(name, safe=""), quote(name, safe="+"), quote(name.replace("+", " "), safe="")}
    for form in forms:
        shown = await bob.rows(f"/api/sms-inbox/{form}/")
        assert [message["body"] for message in shown["messages"]] == ["0", "1", "2"]
        assert (shown["from_number"], shown["message_count"]) == (sender, 3)
        assert (shown["conversation_id"], shown["phone"]) == (name, listed["phone"])
        assert not any(message["is_read"] for message in shown["messages"])


async def test_another_identitys_conversation_does_not_exist(local: Provided, alice: Line, bob: Line) -> None:
    """Its id, a made-up one and nonsense are 404 alike; the account sees it."""
    await bob.get_from(SENDER, "x")
    (row,) = await bob.rows("/api/sms-inbox/")
    name = row["conversation_id"]
    names = (name, f"{row['phone']}_+12025550123", f"999_{SENDER}", f"x_{SENDER}", row["phone"], "_", "%00")
    bodies = {(await alice.ask("GET", f"/api/sms-inbox/{odd}/")).content for odd in names}
    bodies.add((await bob.ask("GET", f"/api/sms-inbox/{row['phone']}_+12025550123/")).content)
    assert len(bodies) == 1
    assert (await alice.ask("GET", f"/api/sms-inbox/{name}/")).status_code == 404
    assert (await local.ask("GET", f"/api/sms-inbox/{name}/?identity={alice.uuid}")).status_code == 404
    assert (await local.ask("GET", f"/api/sms-inbox/{name}/")).status_code == 200
    assert len((await local.ask("GET", "/api/sms-inbox/")).json()) == 1
    await local.ask("POST", f"/api/identities/{bob.uuid}/archive/")
    assert (await local.ask("GET", "/api/sms-inbox/")).json() == []
    assert (await local.ask("GET", f"/api/sms-inbox/{name}/")).status_code == 404
    assert len((await local.ask("GET", f"/api/sms-inbox/?identity={bob.uuid}")).json()) == 1


async def test_one_sender_of_two_identities_is_two_conversations(
    local: Provided, alice: Line, bob: Line
) -> None:
    """The same service in two inboxes stays apart, also in the account's view."""
    for who in (alice, bob):
        await who.get_from("ACME", f"for {who.number}")
    assert [row["preview"] for row in await alice.rows("/api/sms-inbox/")] == [f"for {alice.number}"]
    rows = (await local.ask("GET", "/api/sms-inbox/")).json()
    assert [row["phone_number"] for row in rows] == [bob.number, alice.number]
