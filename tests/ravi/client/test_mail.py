"""Mail through the client, at a provider that really listens."""

import pytest

from constellagent.ravi.client import MissingError, RaviClient
from tests.ravi.scripted import answer, scripted

ROBERT = "robert@constellagent.test"


async def test_sent_read_answered_forwarded(alice: RaviClient, robert: RaviClient) -> None:
    """A mail with a copy and a file, an answer to all, and a forward."""
    file = await alice.mail.attach("a.txt", "text/plain", b"hello")
    sent = await alice.mail.send(
        ROBERT, "Plan", "Shall we?", cc=["alice@constellagent.test"], attachments=[file]
    )
    assert (sent.direction, sent.cc) == ("outgoing", "alice@constellagent.test")
    (thread,) = await robert.mail.threads(unread=True)
    assert (thread.subject, thread.unread_count, thread.inbox) == ("Plan", 1, ROBERT)
    (mail,) = (await robert.mail.thread(thread.thread_id)).messages
    assert [(each.filename, each.size) for each in mail.attachments] == [("a.txt", 5)]
    assert await robert.mail.messages(unread=True, incoming=True, thread=thread.thread_id) == [mail]
    assert await robert.mail.message(mail.message_id) == mail
    assert (await robert.mail.mark_read(mail.id)).is_read
    assert await robert.mail.messages(unread=True) == []
    assert not (await robert.mail.mark_read(mail.id, read=False)).is_read

    answer_ = await robert.mail.reply(mail.id, "Yes.", everybody=True)
    forward = await robert.mail.forward(mail.id, "alice@constellagent.test", "See below.")
    alone = await robert.mail.reply(mail.id, "Only to you.", bcc=[ROBERT])

    assert {answer_.subject, alone.subject, forward.subject} == {"Re: Plan", "Fwd: Plan"}
    assert len(await alice.mail.messages(incoming=True)) >= 3


async def test_what_is_not_there(alice: RaviClient) -> None:
    """A thread or a mail that does not exist is said to be missing."""
    with pytest.raises(MissingError):
        await alice.mail.thread("<none@example.com>")
    with pytest.raises(MissingError):
        await alice.mail.message(4711)


async def test_rows_of_both_generations_are_read() -> None:
    """Nulls, a list of copies and a size under either name are understood."""
    old = {
        "id": 1, "subject": None, "cc": ["a@b.test", "c@d.test"], "text_content": None,
        "attachments": [{"uuid": "u", "filename": "f", "size_bytes": 7}],
    }  # fmt: skip
    threads = [{"thread_id": "t", "attachment_names": None, "latest_message_dt": None}]
    async with (
        scripted(answer(200, [old]), answer(200, threads)) as script,
        RaviClient(script.url, "ravi_id_k") as client,
    ):
        (mail,) = await client.mail.messages()
        assert (mail.cc, mail.subject, mail.attachments[0].size) == ("a@b.test, c@d.test", "", 7)
        assert (await client.mail.threads())[0].attachment_names == ()


async def test_an_upload_goes_without_the_key() -> None:
    """The bytes are put where the provider says, and the key is not sent along."""
    async with scripted(answer(200)) as store:
        presigned = answer(200, {"uuid": "u1", "upload_url": f"{store.url}/put/token"})
        async with scripted(presigned) as script, RaviClient(script.url, "ravi_id_canary") as client:
            assert await client.mail.attach("a.txt", "text/plain", b"hello") == "u1"
    assert store.asked == ["PUT /put/token"]
    assert store.bodies == [b"hello"]
    assert "content-type: text/plain" in store.heads[0].lower()
    assert "canary" not in store.heads[0]
