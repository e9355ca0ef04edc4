"""Texts through the client, at a provider that really listens."""

import pytest

from constellagent.ravi.client import MissingError, RaviClient
from tests.ravi.scripted import answer, scripted


async def test_sent_and_read(alice: RaviClient, robert: RaviClient) -> None:
    """A text between two identities is in both conversations, and is marked as read on demand."""
    own, other = await alice.get_phone(), await robert.get_phone()
    assert own is not None
    assert other is not None
    sent = await alice.texts.send(other.phone_number, "Hello")
    assert (sent.direction, sent.to_number) == ("outgoing", other.phone_number)
    (conversation,) = await robert.texts.conversations(unread=True)
    assert (conversation.from_number, conversation.unread_count) == (own.phone_number, 1)
    (text,) = (await robert.texts.conversation(conversation.conversation_id)).messages
    (unread,) = await robert.texts.messages(unread=True)
    assert (text.id, text.body) == (unread.id, "Hello")
    assert (await robert.texts.mark_read(unread.id)).is_read
    assert await robert.texts.messages(unread=True) == []
    assert (await robert.texts.message(unread.id)).is_read
    assert not (await robert.texts.mark_read(unread.id, read=False)).is_read


async def test_what_is_not_there(alice: RaviClient) -> None:
    """A conversation or a text that does not exist is said to be missing."""
    with pytest.raises(MissingError):
        await alice.texts.conversation("1_+12025550199")
    with pytest.raises(MissingError):
        await alice.texts.message(4711)


async def test_a_phone_may_be_a_number_or_null() -> None:
    """Servers name the phone as text, as a number, or not at all."""
    rows = [{"conversation_id": "a", "phone": 3}, {"conversation_id": "b", "phone": None}]
    async with scripted(answer(200, rows)) as script, RaviClient(script.url, "ravi_id_k") as client:
        assert [row.phone for row in await client.texts.conversations()] == ["3", ""]
