"""The public SDK, unmodified: text messages, and calls, which are not offered."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from ravi.errors import NotFoundError, RaviError
from ravi.models import Call
from ravi.resources import Phone

from tests.ravi.local.sdk_tour import Tour, exercises


def phones(tour: Tour) -> tuple[Phone, Phone]:
    """Return the phones of both identities."""
    alice, bob = tour.alice.phone, tour.bob.phone
    assert alice is not None
    assert bob is not None
    return alice, bob


@exercises(
    "Identity.phone",
    "Phone.send",
    "Phone.inbox",
    "Phone.get",
    "Phone.conversations",
    "SmsMessage.reply",
    "SmsMessage.mark_read",
)
def test_texts(tour: Tour) -> None:
    """What one number sends the other reads: lists, marks, conversations, answers; nobody else's."""
    alice, bob = phones(tour)
    sent = bob.send(alice.number, "Your code is 123456")
    (got,) = alice.inbox()
    assert (got.body, got.direction, got.from_number) == (sent.body, "incoming", bob.number)
    assert (sent.direction, sent.message_sid) == ("outgoing", got.message_sid)
    assert [text.id for text in alice.inbox(unread=True)] == [got.id]
    assert got.mark_read().is_read
    assert (alice.inbox(unread=True), [text.id for text in alice.inbox(unread=False)]) == ([], [got.id])
    answer = got.reply("Thanks")
    assert (answer.to_number, answer.body) == (bob.number, "Thanks")
    assert alice.get(got.id).is_read
    (conversation,) = bob.conversations()
    assert (conversation.from_number, conversation.preview) == (alice.number, "Thanks")
    assert (conversation.message_count, conversation.unread_count) == (2, 1)
    assert conversation.phone_number == bob.number
    with pytest.raises(NotFoundError, match="No SmsMessage"):
        bob.get(got.id)


@exercises("Phone.wait_for", "Phone.send")
def test_waiting(tour: Tour) -> None:
    """A text that arrives while the SDK waits is found; without one the time runs out."""
    alice, bob = phones(tour)
    with pytest.raises(TimeoutError, match="No matching SMS"):
        alice.wait_for(lambda _: True, timeout=0.1, poll=0.02)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(alice.wait_for, lambda text: "654321" in text.body, timeout=20, poll=0.02)
        bob.send(alice.number, "It is 111111.")
        bob.send(alice.number, "It is 654321.")
        assert waiting.result().body == "It is 654321."


@exercises("Phone.call", "Phone.calls", "Call.hangup", "Call.transcript")
def test_calls_are_not_offered(tour: Tour) -> None:
    """Every call is told so, at once and in the SDK's plain error."""
    alice, bob = phones(tour)
    row = {
        "id": 7,
        "uuid": "7",
        "from_number": alice.number,
        "to_number": bob.number,
        "direction": "outgoing",
        "status": "ringing",
        "created_dt": "2026-01-01T00:00:00Z",
    }
    # There is no way to get one from the provider.
    call = Call.model_validate(row)._bind(tour.alice._require_client(), tour.alice.uuid)
    for attempt in (lambda: alice.call(bob.number), alice.calls, call.hangup, call.transcript):
        with pytest.raises(RaviError, match="Calls are not offered") as refused:
            attempt()
        assert type(refused.value) is RaviError
        assert (refused.value.status, refused.value.code) == (501, "calls.not_offered")
