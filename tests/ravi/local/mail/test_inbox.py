"""`/api/email-inbox/`: mails as threads."""

import json
from urllib.parse import quote

import pytest

from constellagent.ravi.local.mail.letter import Attached
from tests.ravi.local.mail.letters import SERVICE, Owner, letter
from tests.ravi.provided import Provided


async def test_a_thread_has_the_shape_that_clients_need(docs: Owner) -> None:
    """All fields are there, none is null, times have a zone."""
    (kept,) = await docs.take(letter(from_name="Acme", attachments=(Attached("a.txt", "text/plain", b"x"),)))
    (row,) = await docs.get("/api/email-inbox/")
    (mail,) = await docs.get("/api/email-messages/")
    assert row == {
        "thread_id": kept.thread,
        "subject": "Your code",
        "preview": "It is 123456.",
        "from_email": SERVICE,
        "from_display_name": "Acme",
        "inbox": docs.address,
        "message_count": 1,
        "unread_count": 1,
        "attachment_names": ["a.txt"],
        "latest_message_dt": mail["created_dt"],
        "oldest_message_dt": mail["created_dt"],
    }
    assert mail["created_dt"].endswith("Z")


async def test_a_thread_is_told_by_its_first_and_its_newest_mail(docs: Owner) -> None:
    """The subject is the first one's, the preview the newest's, the author whoever wrote to the identity."""
    await docs.take(letter(message_id="<1@x>", subject="Question", text="first"))
    await docs.take(
        letter(in_reply_to="<1@x>", subject="Re: Question", text="answer", from_email=docs.address),
        direction="outgoing",
    )
    (row,) = await docs.get("/api/email-inbox/")
    assert (row["subject"], row["preview"], row["from_email"]) == ("Question", "answer", SERVICE)
    assert (row["message_count"], row["unread_count"]) == (2, 1)
    assert row["oldest_message_dt"] < row["latest_message_dt"]


async def test_what_was_only_sent_is_a_thread_from_oneself(docs: Owner) -> None:
    """A mail that nobody has answered yet is listed."""
    await docs.take(letter(from_email=docs.address, to=("a@x.example",)), direction="outgoing")
    (row,) = await docs.get("/api/email-inbox/")
    assert (row["from_email"], row["unread_count"]) == (docs.address, 0)


async def test_the_newest_thread_comes_first(docs: Owner) -> None:
    """A new mail brings its thread to the top."""
    first, second = await docs.take(letter(message_id="<1@x>"), letter())
    rows = await docs.get("/api/email-inbox/")
    assert [row["thread_id"] for row in rows] == [second.thread, first.thread]
    await docs.take(letter(in_reply_to="<1@x>"))
    rows = await docs.get("/api/email-inbox/")
    assert [row["thread_id"] for row in rows] == [first.thread, second.thread]
    rows = await docs.get("/api/email-inbox/?limit=1&offset=1")
    assert [row["thread_id"] for row in rows] == [second.thread]


async def test_unread_threads(docs: Owner) -> None:
    """`has_unread` selects by what is unread; without it all are listed."""
    first, second = await docs.take(letter(), letter())
    await docs.local.ask("PATCH", f"/api/email-messages/{first.id}/", key=docs.key, body={"is_read": True})
    for query, expected in (
        ("?has_unread=true", [second.thread]),
        ("?has_unread=false", [first.thread]),
        ("", [second.thread, first.thread]),
        ("?unread=true", [second.thread, first.thread]),
    ):
        rows = await docs.get(f"/api/email-inbox/{query}")
        assert [row["thread_id"] for row in rows] == expected


async def test_a_thread_shows_its_mails_and_stays_unread(docs: Owner) -> None:
    """Oldest first; looking marks nothing."""
    (first,) = await docs.take(letter(message_id="<1@x>", subject="Question", text="one"))
    await docs.take(letter(in_reply_to="<1@x>", text="two"))
    shown = await docs.get(f"/api/email-inbox/{first.thread}/")
    assert (shown["thread_id"], shown["subject"], shown["message_count"]) == (first.thread, "Question", 2)
    assert [mail["text_content"] for mail in shown["messages"]] == ["one", "two"]
    assert [mail["is_read"] for mail in shown["messages"]] == [False, False]
    assert shown["messages"] == await docs.get("/api/email-messages/")
    assert (await docs.get("/api/email-inbox/"))[0]["unread_count"] == 2


async def test_threads_that_turn_out_to_be_one(docs: Owner) -> None:
    """A mail that names both joins them; each of their ids still leads there."""
    first, second = await docs.take(letter(message_id="<1@x>"), letter(message_id="<2@x>"))
    assert first.thread != second.thread
    await docs.take(letter(references=("<1@x>", "<2@x>")))
    (row,) = await docs.get("/api/email-inbox/")
    assert (row["thread_id"], row["message_count"]) == (first.thread, 3)
    for uuid in (first.thread, second.thread, second.thread.upper()):
        assert (await docs.get(f"/api/email-inbox/{uuid}/"))["thread_id"] == first.thread
    assert len(await docs.get(f"/api/email-messages/?thread_id={second.thread}")) == 3


async def test_another_identitys_thread_is_not_there(local: Provided, docs: Owner, other: Owner) -> None:
    """With the other's key, and with a management key that is narrowed to the other, it is a 404."""
    (kept,) = await docs.take(letter(text="secret"))
    path = f"/api/email-inbox/{kept.thread}/"
    missing = await other.get(path, 404)
    assert missing["detail"] == "No EmailThread matches the given query."
    narrowed = await local.ask("GET", f"{path}?identity={other.row['uuid']}")
    assert narrowed.status_code == 404
    assert (await local.ask("GET", f"{path}?identity={docs.row['uuid']}")).status_code == 200
    assert (await local.ask("GET", path)).status_code == 200
    assert await other.get("/api/email-inbox/") == []


@pytest.mark.parametrize("thread", ["none", "1", "<1@x>", "%", "a/b", "x" * 2000, "\x00"])
async def test_an_odd_thread_is_a_404(docs: Owner, thread: str) -> None:
    """Whatever is no thread is not there."""
    await docs.take(letter(message_id="<1@x>"))
    await docs.get(f"/api/email-inbox/{quote(thread, safe='')}/", 404)


async def test_a_management_key_sees_all_that_was_not_put_away(
    local: Provided, docs: Owner, other: Owner
) -> None:
    """Without an identity the whole account, apart from identities that were archived."""
    (mine,) = await docs.take(letter())
    (theirs,) = await other.take(letter())
    rows = (await local.ask("GET", "/api/email-inbox/")).json()
    assert [(row["thread_id"], row["inbox"]) for row in rows] == [
        (theirs.thread, other.address),
        (mine.thread, docs.address),
    ]
    await local.ask("POST", f"/api/identities/{other.row['uuid']}/archive/")
    rows = (await local.ask("GET", "/api/email-inbox/")).json()
    assert [row["thread_id"] for row in rows] == [mine.thread]
    kept = await local.ask("GET", f"/api/email-inbox/?identity={other.row['uuid']}")
    assert [row["thread_id"] for row in kept.json()] == [theirs.thread]


async def test_looking_is_written_down(docs: Owner) -> None:
    """Who looked at which thread is in the audit; an empty list reads nothing and leaves no line."""
    await docs.get("/api/email-inbox/")
    (kept,) = await docs.take(letter())
    await docs.get("/api/email-inbox/")
    await docs.get(f"/api/email-inbox/{kept.thread}/")
    assert (await docs.audit())[-3:] == [
        ("smtp", "mail.received", "ok", f"from {SERVICE}: Your code"),
        ("key t", "mail.list", "ok", "1 thread"),
        ("key t", "mail.read", "ok", "1 mail of the thread: Your code"),
    ]


async def test_a_list_is_json_in_utf_8(docs: Owner) -> None:
    """Any script arrives as it was, and a preview is short."""
    await docs.take(letter(subject="日本語 😀 \u202bשלם\u202c", text="ü" * 5000))
    answer = await docs.local.ask("GET", "/api/email-inbox/", key=docs.key)
    assert "日本語 😀" in answer.content.decode()
    (row,) = json.loads(answer.content)
    assert row["subject"] == "日本語 😀 \u202bשלם\u202c"
    assert len(row["preview"]) == 140
