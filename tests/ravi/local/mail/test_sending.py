"""`/api/email-messages/`: mails that an identity writes."""

import asyncio
from pathlib import Path

import pytest

from constellagent.ravi.local.options import Options
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import SERVICE, Owner, letter, owner
from tests.ravi.provided import Provided, provided

COMPOSE = "/api/email-messages/compose/"


async def test_a_mail_reaches_an_identity_here(docs: Owner, other: Owner) -> None:
    """The sender has its copy, read; the receiver has its own, unread, in a thread of its own."""
    body = {"to_email": other.address, "subject": "Hello", "content": "How are you?\n\nI am fine."}
    sent = await docs.post(COMPOSE, body)
    assert sent == await docs.get(f"/api/email-messages/{sent['id']}/")
    assert (sent["direction"], sent["is_read"], sent["state"]) == ("outgoing", True, "sent")
    assert (sent["from_email"], sent["from_display_name"]) == (docs.address, "Docs")
    assert (sent["to_email"], sent["cc"]) == (other.address, "")
    assert sent["text_content"] == "How are you?\n\nI am fine."
    assert sent["html_content"] == "<p>How are you?</p>\n<p>I am fine.</p>\n"
    (got,) = await other.get("/api/email-messages/")
    assert (got["direction"], got["is_read"], got["message_id"]) == ("incoming", False, sent["message_id"])
    assert (got["subject"], got["text_content"]) == (sent["subject"], sent["text_content"])
    assert got["thread_id"] != sent["thread_id"]
    assert (await docs.audit())[-2] == ("key t", "mail.sent", "ok", f"to {other.address}: Hello")


async def test_html_is_sent_with_its_text(docs: Owner, other: Owner) -> None:
    """Content with tags is HTML, and whoever reads text only gets its words."""
    body = {"to_email": other.address, "content": '<p>Go <a href="https://x.example/1">on</a></p>'}
    sent = await docs.post(COMPOSE, body)
    assert sent["html_content"] == body["content"]
    assert sent["text_content"] == "Go on (https://x.example/1)"


async def test_a_conversation_is_one_thread_on_both_sides(docs: Owner, other: Owner) -> None:
    """Answers go back and forth, their subject is marked once."""
    sent = await docs.post(COMPOSE, {"to_email": other.address, "subject": "Hello", "content": "1"})
    for round_trip in range(2):
        for each, words in ((other, "2"), (docs, "3")):
            newest = (await each.get("/api/email-messages/?direction=incoming"))[-1]
            answer = await each.post(f"/api/email-messages/{newest['id']}/reply/", {"content": words})
            assert answer["subject"] == "Re: Hello", round_trip
    for each in (docs, other):
        (thread,) = await each.get("/api/email-inbox/")
        assert (thread["subject"], thread["message_count"]) == ("Hello", 5)
    assert (await docs.get("/api/email-inbox/"))[0]["thread_id"] == sent["thread_id"]


async def test_an_answer_by_message_id(docs: Owner) -> None:
    """A Message-ID stands for the mail, also where it is answered."""
    (kept,) = await docs.take(letter(message_id="<1@x>", reply_to=("support@acme.example",)))
    sent = await docs.post("/api/email-messages/%3C1@x%3E/reply/", {"content": "Thanks"})
    assert (sent["to_email"], sent["thread_id"]) == ("support@acme.example", kept.thread)
    again = await docs.post(f"/api/email-messages/{sent['id']}/reply/", {"content": "One more thing"})
    assert again["to_email"] == "support@acme.example"
    assert (await docs.get(f"/api/email-inbox/{kept.thread}/"))["message_count"] == 3


async def test_an_answer_to_all(local: Provided, docs: Owner, other: Owner) -> None:
    """Everybody but oneself gets it, by their copies too."""
    third = await owner(local, "third")
    sent = await docs.post(
        COMPOSE, {"to_email": other.address, "cc": [third.address], "subject": "Hello", "content": "1"}
    )
    assert (sent["to_email"], sent["cc"]) == (other.address, third.address)
    (got,) = await other.get("/api/email-messages/")
    answer = await other.post(f"/api/email-messages/{got['id']}/reply-all/", {"content": "2"})
    assert (answer["to_email"], answer["cc"]) == (docs.address, third.address)
    assert len(await third.get("/api/email-messages/")) == 2
    assert len(await docs.get("/api/email-messages/?direction=incoming")) == 1


async def test_blind_copies_are_blind(local: Provided, docs: Owner, other: Owner) -> None:
    """Who gets a blind copy gets the mail, and nobody sees it."""
    third = await owner(local, "third")
    body = {"to_email": other.address, "bcc": [third.address], "content": "1"}
    await docs.post(COMPOSE, body)
    for each in (other, third):
        (got,) = await each.get("/api/email-messages/")
        assert (got["to_email"], got["cc"]) == (other.address, "")
        assert third.address not in str(got).replace(f"'inbox': '{third.address}'", "")


async def test_a_mail_is_passed_on(docs: Owner, other: Owner) -> None:
    """With the words of the one who passes it on, and the whole mail below."""
    (kept,) = await docs.take(letter(text="It is 123456."))
    body = {"to_email": other.address, "content": "For you"}
    await docs.post(f"/api/email-messages/{kept.id}/forward/", body)
    (got,) = await other.get("/api/email-messages/")
    assert (got["subject"], got["from_email"]) == ("Fwd: Your code", docs.address)
    assert got["text_content"].startswith("For you\n\n----------")
    assert f"From: {SERVICE}" in got["text_content"]
    assert got["text_content"].endswith("It is 123456.")


async def test_mail_for_elsewhere_is_held_and_says_so(docs: Owner) -> None:
    """Without a relay the sender's copy says that it has not left."""
    sent = await docs.post(COMPOSE, {"to_email": "a@x.example", "content": "1"})
    assert sent["state"] == "held"
    assert (await docs.get("/api/email-messages/"))[0]["state"] == "held"


async def test_who_sends(local: Provided, docs: Owner, other: Owner) -> None:
    """The key's identity, the one that is asked for, or the one whose inbox has the number."""
    body = {"to_email": "a@x.example", "content": "1"}
    inbox, uuid = docs.id, docs.row["uuid"]
    for query, key, expected in (
        ("", docs.key, 201),
        (f"?inbox={inbox}", docs.key, 201),
        (f"?inbox={inbox}&identity={uuid}", docs.key, 201),
        (f"?inbox={other.id}", docs.key, 403),
        (f"?identity={other.row['uuid']}", docs.key, 403),
        ("?inbox=999", docs.key, 403),
        ("?inbox=x", docs.key, 422),
        ("", None, 400),
        (f"?inbox={inbox}", None, 201),
        (f"?identity={uuid}", None, 201),
        (f"?inbox={other.id}&identity={uuid}", None, 400),
        ("?inbox=999", None, 404),
        ("?identity=none", None, 404),
        ("", "", 401),
    ):
        answer = await local.ask("POST", COMPOSE + query, key=key, body=body)
        assert answer.status_code == expected, (query, answer.text)
        if expected == 201:
            assert answer.json()["from_email"] == docs.address
    assert await other.get("/api/email-messages/") == []


async def test_a_management_key_answers_for_the_mails_identity(local: Provided, docs: Owner) -> None:
    """A mail's number says whose it is."""
    (kept,) = await docs.take(letter())
    path = f"/api/email-messages/{kept.id}/reply/"
    answer = await local.ask("POST", path, body={"content": "x"})
    assert (answer.status_code, answer.json()["from_email"]) == (201, docs.address)


async def test_who_was_put_away_sends_nothing(local: Provided, docs: Owner) -> None:
    """An archived identity is a conflict that says what to do."""
    (kept,) = await docs.take(letter())
    await local.ask("POST", f"/api/identities/{docs.row['uuid']}/archive/")
    query = f"?identity={docs.row['uuid']}"
    for path in (COMPOSE, f"/api/email-messages/{kept.id}/reply/"):
        body = {"to_email": "a@x.example", "content": "1"}
        answer = await local.ask("POST", path + query, body=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "identity.archived")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": "x"}, "to_email"),
        ({"to_email": "nobody", "content": "x"}, "to_email"),
        ({"to_email": "a@x.example\r\nBcc: b@x.example", "content": "x"}, "to_email"),
        ({"to_email": "a@x.example"}, "content"),
        ({"to_email": "a@x.example", "content": "x", "cc": ["nobody"]}, "cc"),
        ({"to_email": "a@x.example", "content": "x", "subject": "x" * 2001}, "subject"),
        ({"to_email": "a@x.example", "content": "x", "attachment_uuids": ["none"]}, "attachment_uuids"),
    ],
)
async def test_what_cannot_be_sent_is_refused(docs: Owner, body: dict[str, object], field: str) -> None:
    """A 422 names the field, and nothing is kept or sent."""
    refused = await docs.post(COMPOSE, body, 422)
    assert refused["error"]["details"] == {"field": field}
    assert await docs.get("/api/email-messages/") == []


@pytest.mark.parametrize("words", ["Grüße", "日本語 😀", "שלם \u202bעברת\u202c", "x" * 1999, "a\tb"])
async def test_any_script_arrives(docs: Owner, other: Owner, words: str) -> None:
    """Subject and content are what was written."""
    await docs.post(COMPOSE, {"to_email": other.address, "subject": words, "content": words})
    (got,) = await other.get("/api/email-messages/")
    assert (got["subject"], got["text_content"]) == (words.replace("\t", " "), words)


async def test_a_flood_is_refused(tmp_path: Path, root_key: RootKey) -> None:
    """What one identity sends in an hour is limited; a refusal says when to try again and sends nothing."""
    async with provided(tmp_path, root_key, options=Options(sends_per_hour=3)) as local:
        docs, other = await owner(local, "docs"), await owner(local, "other")
        body = {"to_email": other.address, "content": "x"}
        for _ in range(3):
            await docs.post(COMPOSE, body)
        answer = await local.ask("POST", COMPOSE, key=docs.key, body=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limit.exceeded")
        assert int(answer.headers["Retry-After"]) == answer.json()["retry_after_seconds"] > 0
        assert len(await other.get("/api/email-messages/")) == 3
        await other.post(COMPOSE, {"to_email": docs.address, "content": "x"})


async def test_many_at_once_all_arrive(local: Provided, docs: Owner, other: Owner) -> None:
    """Forty mails that are sent at the same time arrive, each once."""
    bodies = [{"to_email": other.address, "subject": str(number), "content": "x"} for number in range(40)]
    await asyncio.gather(*(docs.post(COMPOSE, body) for body in bodies))
    got = await other.get("/api/email-messages/")
    assert sorted(int(row["subject"]) for row in got) == list(range(40))
    assert len({row["thread_id"] for row in got}) == 40
