"""`/api/email-messages/`: mails to read and to mark."""

from urllib.parse import quote

import pytest

from constellagent.ravi.local.mail import shown
from constellagent.ravi.local.mail.letter import Attached
from tests.ravi.local.mail.letters import SERVICE, Owner, letter
from tests.ravi.provided import Provided


async def test_a_mail_has_the_shape_that_clients_need(docs: Owner) -> None:
    """All fields are there and none is null; `cc` is one text, sizes come under both names."""
    (kept,) = await docs.take(
        letter(
            from_name="Acme",
            to=(docs.address, "b@x.example"),
            cc=("c@x.example", "d@x.example"),
            html="<p>It is 123456.</p>",
            message_id="<1@acme.example>",
            attachments=(Attached("a.txt", "text/plain", b"abc", inline=True),),
        )
    )
    shown_mail = await docs.get(f"/api/email-messages/{kept.id}/")
    (file,) = shown_mail.pop("attachments")
    url = docs.local.url
    assert shown_mail == {
        "id": kept.id,
        "uuid": kept.uuid,
        "url": f"{url}/api/email-messages/{kept.id}/",
        "inbox": docs.address,
        "from_email": SERVICE,
        "from_display_name": "Acme",
        "to_email": f"{docs.address}, b@x.example",
        "cc": "c@x.example, d@x.example",
        "subject": "Your code",
        "text_content": "It is 123456.",
        "html_content": "<p>It is 123456.</p>",
        "direction": "incoming",
        "is_read": False,
        "state": "received",
        "sender_type": "external",
        "message_id": "<1@acme.example>",
        "thread_id": kept.thread,
        "created_dt": shown_mail["created_dt"],
    }
    assert file == {
        "id": file["id"],
        "uuid": file["uuid"],
        "filename": "a.txt",
        "content_type": "text/plain",
        "size": 3,
        "size_bytes": 3,
        "is_inline": True,
        "download_url": f"{url}/api/email-attachments/{file['uuid']}/",
    }
    assert await docs.get("/api/email-messages/") == [{**shown_mail, "attachments": [file]}]


async def test_html_alone_is_shown_as_text_too(docs: Owner) -> None:
    """A client that reads text only finds the code and the link."""
    await docs.take(letter(text="", html='<p>Code 42 or <a href="https://x.example/v">this</a></p>'))
    (mail,) = await docs.get("/api/email-messages/")
    assert mail["text_content"] == "Code 42 or this (https://x.example/v)"


@pytest.mark.parametrize(
    "message_id", ["<1@acme.example>", "<a+b/c?d#e%25@x>", "<~!$&'*=^`|_-@[127.0.0.1]>", "<ü@x>"]
)
async def test_a_mail_is_found_by_its_message_id(docs: Owner, message_id: str) -> None:
    """With or without its brackets, percent-encoded, whatever is in it."""
    await docs.take(letter(), letter(message_id=message_id, subject="This one"))
    for form in (message_id, message_id[1:-1]):
        found = await docs.get(f"/api/email-messages/{quote(form, safe='+@')}/")
        assert (found["subject"], found["message_id"]) == ("This one", message_id)


async def test_of_mail_to_oneself_what_came_in_is_meant(docs: Owner) -> None:
    """A Message-ID that is there twice names the incoming mail."""
    mail = letter(from_email=docs.address, to=(docs.address,), message_id="<1@x>")
    (came,) = await docs.take(mail)
    await docs.take(mail, direction="outgoing")
    assert (await docs.get("/api/email-messages/<1@x>/"))["id"] == came.id


@pytest.mark.parametrize(
    "named",
    ["0", "-1", "99", "9" * 18, "9" * 40, "x", "<x@y>", "x@" + "y" * 2000, "\u0661", "\x00", "1.0", "%"],
)
async def test_what_is_not_there_is_a_404(docs: Owner, named: str) -> None:
    """An unknown, odd or huge id is a 404 for every verb."""
    await docs.take(letter())
    path = f"/api/email-messages/{quote(named, safe='')}/"
    missing = await docs.get(path, 404)
    assert missing["detail"] == "No EmailMessage matches the given query."
    for verb, tail in (("PATCH", ""), ("POST", "reply/"), ("POST", "reply-all/"), ("POST", "forward/")):
        body = {"is_read": True, "content": "x", "to_email": "a@x.example"}
        assert (await docs.local.ask(verb, path + tail, key=docs.key, body=body)).status_code == 404


async def test_another_identitys_mail_is_not_there(local: Provided, docs: Owner, other: Owner) -> None:
    """Neither an id nor a Message-ID opens it, with the other's key or with one narrowed to the other."""
    (kept,) = await docs.take(letter(message_id="<1@x>", text="secret"))
    for named in (str(kept.id), "<1@x>"):
        path = f"/api/email-messages/{named}/"
        for verb, tail in (("GET", ""), ("PATCH", ""), ("POST", "reply/"), ("POST", "forward/")):
            body = {"is_read": True, "content": "x", "to_email": other.address} if verb != "GET" else None
            theirs = await local.ask(verb, path + tail, key=other.key, body=body)
            narrowed = await local.ask(verb, f"{path}{tail}?identity={other.row['uuid']}", body=body)
            assert (theirs.status_code, narrowed.status_code) == (404, 404)
            assert "secret" not in theirs.text + narrowed.text
    assert await other.get("/api/email-messages/") == []
    assert not (await docs.get("/api/email-messages/"))[0]["is_read"]


async def test_a_management_key_needs_an_identity_for_a_message_id(local: Provided, docs: Owner) -> None:
    """An id is one mail of the account; a Message-ID may be several."""
    (kept,) = await docs.take(letter(message_id="<1@x>"))
    assert (await local.ask("GET", f"/api/email-messages/{kept.id}/")).status_code == 200
    assert (await local.ask("GET", "/api/email-messages/<1@x>/")).status_code == 400
    path = f"/api/email-messages/<1@x>/?identity={docs.row['uuid']}"
    assert (await local.ask("GET", path)).json()["id"] == kept.id


async def test_marking(docs: Owner) -> None:
    """PATCH marks as read and as unread, and without anything changes nothing."""
    (kept,) = await docs.take(letter())
    path = f"/api/email-messages/{kept.id}/"
    for body, expected in (({"is_read": True}, True), ({}, True), ({"is_read": False}, False)):
        answer = await docs.local.ask("PATCH", path, key=docs.key, body=body)
        assert (answer.status_code, answer.json()["is_read"]) == (200, expected)
        assert (await docs.get(path))["is_read"] is expected
    refused = await docs.local.ask("PATCH", path, key=docs.key, body={"is_read": "yes"})
    assert refused.status_code == 422
    lines = [line for line in await docs.audit() if line[1] == "mail.marked"]
    assert lines[0] == ("key t", "mail.marked", "ok", f"read: from {SERVICE}: Your code")
    assert len(lines) == 3


async def test_filters(docs: Owner) -> None:
    """Each filter selects, alone and with the others."""
    first, second = await docs.take(
        letter(message_id="<1@x>"), letter(from_email="Bob@x.example", in_reply_to="<1@x>")
    )
    (third,) = await docs.take(letter(from_email=docs.address), direction="outgoing")
    await docs.local.ask("PATCH", f"/api/email-messages/{first.id}/", key=docs.key, body={"is_read": True})
    for query, expected in (
        ("", [first, second, third]),
        ("is_read=false", [second]),
        ("is_read=true", [first, third]),
        ("direction=incoming", [first, second]),
        ("direction=outgoing", [third]),
        (f"thread_id={first.thread}", [first, second]),
        ("thread_id=none", []),
        ("from_email=bob@X.example", [second]),
        (f"from_email={SERVICE}", [first]),
        ("from_email=nobody@x.example", []),
        (f"thread_id={first.thread}&is_read=true", [first]),
        ("is_read=false&direction=outgoing", []),
    ):
        rows = await docs.get(f"/api/email-messages/?{query}")
        assert [row["id"] for row in rows] == [kept.id for kept in expected], query
        account = await docs.local.ask("GET", f"/api/email-messages/?{query}")
        assert account.json() == rows


@pytest.mark.parametrize(
    "query",
    [
        "is_read=perhaps",
        "direction=inbound",
        "page=0",
        "page=x",
        "page=99999999999",
        "limit=-1",
        "limit=5000",
        "offset=x",
        "created_after=yesterday",
    ],
)
async def test_a_filter_that_means_nothing_is_refused(docs: Owner, query: str) -> None:
    """A mistake is a 422 that names the field, not an empty or a full list."""
    refused = await docs.get(f"/api/email-messages/?{query}", 422)
    assert refused["error"]["details"] == {"field": query.partition("=")[0]}


async def test_pages(docs: Owner) -> None:
    """Oldest first, fifty to a page, or as many as asked for."""
    ids = [kept.id for kept in await docs.take(*(letter() for _ in range(120)))]
    for query, expected in (
        ("page=1", ids[:50]),
        ("page=3", ids[100:]),
        ("page=4", []),
        ("limit=7", ids[:7]),
        ("limit=7&offset=3", ids[3:10]),
        ("limit=7&page=2", ids[7:14]),
    ):
        rows = await docs.get(f"/api/email-messages/?{query}")
        assert [row["id"] for row in rows] == expected, query


async def test_going_on_from_the_last_time_seen_gets_all(docs: Owner) -> None:
    """Whoever asks for what came after the last one never misses or repeats a mail."""
    kept = await docs.take(*(letter() for _ in range(30)))
    seen: list[int] = []
    after = "2000-01-01T00:00:00Z"
    while rows := await docs.get(f"/api/email-messages/?limit=7&created_after={quote(after)}"):
        seen += [row["id"] for row in rows]
        after = rows[-1]["created_dt"]
    assert seen == [each.id for each in kept]
    for form in (after.replace("Z", "+00:00"), quote(after.replace("Z", "+00:00")), after.rstrip("Z")):
        assert await docs.get(f"/api/email-messages/?created_after={form}") == []


async def test_who_asks_without_a_page_sees_the_newest(docs: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not all fit into one answer, the newest do, and at least one."""
    monkeypatch.setattr(shown, "_MOST_BYTES", 1000)
    kept = await docs.take(*(letter(text="x" * 300) for _ in range(9)))
    assert [row["id"] for row in await docs.get("/api/email-messages/")] == [each.id for each in kept[-3:]]
    thread = await docs.get(f"/api/email-inbox/{kept[0].thread}/")
    assert (thread["message_count"], len(thread["messages"])) == (1, 1)
    (large,) = await docs.take(letter(text="x" * 5000))
    assert [row["id"] for row in await docs.get("/api/email-messages/")] == [large.id]


async def test_reading_is_written_down(docs: Owner) -> None:
    """A list is one line, a mail is one with what it was about; an empty list reads nothing."""
    await docs.get("/api/email-messages/")
    kept, _ = await docs.take(letter(), letter())
    await docs.get("/api/email-messages/")
    await docs.get(f"/api/email-messages/{kept.id}/")
    assert [line[1:] for line in await docs.audit()][-4:] == [
        ("mail.received", "ok", f"from {SERVICE}: Your code"),
        ("mail.received", "ok", f"from {SERVICE}: Your code"),
        ("mail.list", "ok", "2 mails, the newest is 2"),
        ("mail.read", "ok", f"from {SERVICE}: Your code"),
    ]


async def test_reading_all_is_written_down_for_each(local: Provided, docs: Owner, other: Owner) -> None:
    """A look at the whole account is in the audit of every identity whose mail was in it."""
    await docs.take(letter())
    await other.take(letter())
    assert len((await local.ask("GET", "/api/email-messages/")).json()) == 2
    for each in (docs, other):
        assert (await each.audit())[-1][:3] == ("key constellagent", "mail.list", "ok")
