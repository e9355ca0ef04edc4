"""Mail at rest."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from constellagent.ravi.local.mail.kept import keep, letter_of, unread
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.office import Office
from constellagent.ravi.vault import RootKey, VaultError
from tests.ravi.local.mail.letters import SERVICE, Owner, letter, owner
from tests.ravi.provided import Provided, provided

WORDS = [
    "plain",
    "Grüße aus Köln",
    "日本語の件名",
    "😀👩‍👩‍👧 🇯🇵",
    "مرحبا \u202bבת\u202c",
    "e\u0301 n\u0303",
    "x" * 1900,
]
FILE = Attached("Überweisung 😀.pdf", "application/pdf", bytes(range(256)), inline=True, content_id="<a@b>")


@pytest.mark.parametrize("words", WORDS)
async def test_a_letter_comes_back_as_it_was(docs: Owner, words: str) -> None:
    """Every part survives, in any script, with its attachments."""
    before = letter(
        from_name=words,
        subject=words,
        text=words,
        html=f"<p>{words}</p>",
        to=("a@x.example", "b@x.example"),
        cc=("c@x.example",),
        bcc=("d@x.example",),
        reply_to=("e@x.example",),
        in_reply_to="<1@x>",
        references=("<0@x>", "<1@x>"),
        attachments=(FILE, replace(FILE, content=b"", filename=words)),
        automatic=True,
        hops=3,
    )
    (kept,) = await docs.take(before, direction="outgoing")
    office = docs.office
    assert await office.store.run(lambda db: letter_of(office, db, docs.id, kept.id)) == before


async def test_another_identitys_mail_is_not_there(docs: Owner, other: Owner) -> None:
    """An id opens nothing of another identity."""
    (kept,) = await docs.take(letter())
    office = docs.office
    with pytest.raises(LookupError, match=f"identity {other.id} has no mail"):
        await office.store.run(lambda db: letter_of(office, db, other.id, kept.id))


async def test_a_retried_delivery_is_kept_once(docs: Owner, other: Owner) -> None:
    """The same mail again is the first one, and neither counts, rings nor is written down again."""
    mail = letter(attachments=(FILE,))
    first, again = await docs.take(mail, mail)
    assert first == again
    assert len(await docs.get("/api/email-messages/")) == 1
    assert [line[1] for line in await docs.audit()].count("mail.received") == 1
    (contact,) = await docs.get("/api/contacts/")
    assert contact["interaction_count"] == 1
    (theirs,) = await other.take(mail)
    assert theirs != first
    (sent,) = await docs.take(mail, direction="outgoing")
    assert (sent.id, sent.thread) == (sent.id, first.thread)
    assert sent.id != first.id


@pytest.mark.parametrize(
    "change",
    [
        {"text": "It is 654321."},
        {"html": "<p>x</p>"},
        {"subject": "Other"},
        {"from_email": "x@acme.example"},
        {"attachments": (FILE,)},
    ],
)
async def test_one_message_id_for_different_mails_loses_none(docs: Owner, change: dict[str, object]) -> None:
    """A program that reuses an id still has all its mails kept."""
    mail = letter()
    await docs.take(mail, replace(mail, **change))  # type: ignore[arg-type] # parts of a letter by name
    assert len(await docs.get("/api/email-messages/")) == 2


async def test_what_came_in_is_unread(docs: Owner, other: Owner) -> None:
    """Only what came in counts as unread, for each identity; who has read all is left out."""
    office = docs.office
    await docs.take(letter(), letter())
    await docs.take(letter(), direction="outgoing")
    await other.take(letter())
    assert await office.store.run(unread) == {docs.id: 2, other.id: 1}
    await office.store.execute("UPDATE mails SET is_read = 1 WHERE identity = ?", (other.id,))
    assert await office.store.run(unread) == {docs.id: 2}


async def test_mail_is_told_to_audit_contacts_and_events(docs: Owner) -> None:
    """One line, one contact and one event each, with what a person wants to know."""
    await docs.take(letter(from_name="Acme"))
    await docs.take(
        letter(from_email=docs.address, to=("a@x.example",), cc=(docs.address,), bcc=("b@x.example",)),
        direction="outgoing",
    )
    assert (await docs.audit())[-2:] == [
        ("smtp", "mail.received", "ok", f"from {SERVICE}: Your code"),
        ("smtp", "mail.sent", "ok", f"to a@x.example, {docs.address}, b@x.example: Your code"),
    ]
    contacts = await docs.get("/api/contacts/")
    assert {(row["email"], row["display_name"]) for row in contacts} == {
        (SERVICE, "Acme"),
        ("a@x.example", ""),
        ("b@x.example", ""),
    }
    events = (await docs.get("/api/events/"))["events"]
    assert [event["type"] for event in events] == ["email.message.received", "email.message.sent"]
    assert events[0]["data"] == {
        "message_id": 1,
        "inbox_id": docs.id,
        "from_email": SERVICE,
        "to_email": "docs@constellagent.test",
        "subject": "Your code",
        "sender_type": "external",
    }
    assert events[1]["data"]["sender_type"] == "agent"


async def test_an_event_says_that_a_program_wrote_by_itself(docs: Owner) -> None:
    """Whoever acts on events can leave lists, bounces and answers of robots alone."""
    await docs.take(letter(automatic=True))
    (event,) = (await docs.get("/api/events/"))["events"]
    assert event["data"]["sender_type"] == "automated"


async def test_what_is_rolled_back_was_never_there(docs: Owner) -> None:
    """Mail, audit line, contact and event of a transaction that fails are gone together."""
    office = docs.office
    before = await docs.audit()

    def fail(db: sqlite3.Connection) -> None:
        keep(office, db, docs.id, letter(), direction="incoming", actor="smtp")
        raise VaultError("the disk is full")

    with pytest.raises(VaultError):
        await office.store.run(fail)
    assert await docs.audit() == before
    assert await docs.get("/api/email-messages/") == []
    assert await docs.get("/api/contacts/") == []


@pytest.mark.parametrize("step", [0.0, -3600.0, 0.0001])
async def test_no_two_mails_have_one_time(tmp_path: Path, root_key: RootKey, step: float) -> None:
    """Times ascend in the order of arrival, also when the clock stands still or is set back."""
    clock = [1_800_000_000.0]

    def now() -> float:
        clock[0] += step
        return clock[0]

    async with provided(tmp_path, root_key, now=now) as local:
        docs = await owner(local)
        await docs.take(*(letter() for _ in range(50)))
        times = [row["created_dt"] for row in await docs.get("/api/email-messages/")]
    assert times == sorted(set(times))
    assert len(times) == 50


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE mails SET body = (SELECT body FROM mails WHERE id = 1) WHERE id = 2",
        "UPDATE mails SET head = (SELECT head FROM mails WHERE id = 1) WHERE id = 2",
        "UPDATE mails SET body = zeroblob(length(body)) WHERE id = 2",
        "UPDATE mail_files SET head = (SELECT content FROM mail_files WHERE id = 2) WHERE id = 2",
    ],
)
async def test_what_was_changed_or_moved_is_not_shown(docs: Owner, statement: str) -> None:
    """A changed row is an error that gives nothing away; the other mails are still there."""
    await docs.take(
        letter(text="secret 1", attachments=(FILE,)), letter(text="secret 2", attachments=(FILE,))
    )
    await docs.office.store.execute(statement)
    answer = await docs.local.ask("GET", "/api/email-messages/2/", key=docs.key)
    assert answer.status_code == 503
    assert "secret" not in answer.text
    assert (await docs.get("/api/email-messages/1/"))["text_content"] == "secret 1"


async def test_nothing_that_was_written_lies_in_clear(local: Provided, docs: Owner) -> None:
    """No subject, body, address, file or upload is readable in any file, also after a checkpoint."""
    canaries = ["canary-author", "canary-name", "canary-subject", "canary-text", "canary-html", "canary-file"]
    author, name, subject, text, html, file = canaries
    canaries += ["canary-bytes", "canary-to", "canary-cc", "canary-id", "canary-sent", "canary-upload"]
    await docs.take(
        letter(
            from_email=f"{author}@x.example",
            from_name=name,
            subject=subject,
            text=text,
            html=f"<p>{html}</p>",
            cc=("canary-cc@x.example",),
            message_id="<canary-id@x.example>",
            attachments=(Attached(file, "text/plain", b"canary-bytes"),),
        )
    )
    wanted = {"filename": "canary-file", "content_type": "text/plain", "size": 13}
    upload = await docs.post("/api/email-attachments/presign/", wanted)
    path = upload["upload_url"].removeprefix(local.url)
    await local.ask("PUT", path, key="", content=b"canary-upload", headers={"Content-Type": "text/plain"})
    body = {"to_email": "canary-to@x.example", "content": "canary-sent", "attachment_uuids": [upload["uuid"]]}
    await docs.post("/api/email-messages/compose/", body)
    await docs.get("/api/email-messages/?from_email=canary-author@x.example")
    assert_nowhere(local.folder, canaries)
    await local.provider.stop()  # the last connection checkpoints
    assert not (local.folder / "provider.db-wal").exists()
    assert_nowhere(local.folder, canaries)


def assert_nowhere(folder: Path, words: list[str]) -> None:
    """Look for words in every file, as they are and in the forms that text takes in files."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "provider.db" for path in files)
    assert any(path.suffix == ".jsonl" for path in files)
    for path in files:
        content = path.read_bytes()
        for word in words:
            for form in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()):
                assert form not in content, (path, word)


async def test_a_letter_without_an_author_is_kept(docs: Owner, office: Office) -> None:
    """Mail that says nobody as its author is shown, and makes no contact."""
    await docs.take(Letter("", (), "", "<x@y>"))
    (row,) = await docs.get("/api/email-inbox/")
    assert (row["from_email"], row["subject"], row["preview"]) == ("", "", "")
    assert await docs.get("/api/contacts/") == []


async def test_a_deleted_identitys_mail_is_gone(local: Provided, docs: Owner, other: Owner) -> None:
    """Its mails, files, threads and uploads are removed, in whatever relation they stand; others' stay."""
    for each in (docs, other):
        await each.take(
            letter(message_id="<1@x>", attachments=(FILE,)),
            letter(message_id="<2@x>"),
            letter(references=("<1@x>", "<2@x>")),
        )
        wanted = {"filename": "a", "content_type": "text/plain", "size": 1}
        await each.post("/api/email-attachments/presign/", wanted)
        await each.post("/api/email-messages/compose/", {"to_email": "a@x.example", "content": "x"})
    path = f"/api/identities/{docs.row['uuid']}/"
    assert (await local.ask("POST", f"{path}archive/")).status_code == 200
    assert (await local.ask("DELETE", path)).status_code == 204
    for table in ("mails", "mail_files", "mail_threads", "mail_links", "mail_uploads", "outgoing"):
        rows = await docs.office.store.rows(f"SELECT DISTINCT identity FROM {table}")
        assert [tuple(row) for row in rows] == [(other.id,)], table
    assert (await local.ask("GET", f"/api/email-inbox/?identity={docs.row['uuid']}")).status_code == 404
    assert len((await local.ask("GET", "/api/email-messages/")).json()) == 4
