"""SMTP in, over real sockets: what is taken is kept, what is refused is refused with the right code."""

import asyncio
import contextlib
import smtplib
import socket
import sqlite3
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError, WorldError
from constellagent.ravi.local import LocalProvider
from constellagent.ravi.local.mail import outgoing
from constellagent.ravi.local.options import Options
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import Owner, owner
from tests.ravi.local.mail.talking import SENDER, Talk, mail, post, smtp_port
from tests.ravi.provided import Provided, provided


async def test_any_program_can_mail_an_identity(docs: Owner, other: Owner) -> None:
    """A mail of the standard library's client is in the inbox when the client was answered, in no other."""
    await post(docs.local, mail(docs.address, "Grüße 🎉", "Bitte hier klicken: https://a.test/x?y=1\n"))
    (row,) = await docs.get("/api/email-messages/")
    assert (row["subject"], row["from_email"], row["to_email"]) == ("Grüße 🎉", SENDER, docs.address)
    assert row["text_content"] == "Bitte hier klicken: https://a.test/x?y=1"
    assert (row["direction"], row["is_read"]) == ("incoming", False)
    assert await other.get("/api/email-messages/") == []
    assert ("smtp", "mail.received") in [line[:2] for line in await docs.audit()]


async def test_case_and_tags_of_an_address_do_not_matter(docs: Owner) -> None:
    """`DOCS+shop@…` is the mailbox of `docs@…`; the address that was written is shown."""
    await post(docs.local, mail("DOCS+Shop@Constellagent.TEST"))
    (row,) = await docs.get("/api/email-messages/")
    assert row["to_email"] == "DOCS+Shop@constellagent.test"


async def test_a_blind_copy_shows_where_it_came_to(docs: Owner) -> None:
    """A mail that names no recipient is shown as sent to the mailbox."""
    await post(docs.local, b"From: a@b.example\r\nSubject: s\r\n\r\nx\r\n", [docs.address])
    (row,) = await docs.get("/api/email-messages/")
    assert row["to_email"] == docs.address


async def test_several_recipients_get_one_copy_each(docs: Owner, other: Owner) -> None:
    """A mail for two identities is kept once for each, also where one is named twice."""
    await post(docs.local, mail(f"{docs.address}, {other.address}, docs+twice@constellagent.test"))
    assert len(await docs.get("/api/email-messages/")) == 1
    assert len(await other.get("/api/email-messages/")) == 1


@pytest.mark.parametrize(
    ("address", "code", "status"),
    [
        ("nobody@constellagent.test", 550, b"5.1.1"),
        ("docs@constellagent.test.evil.example", 550, b"5.7.1"),
        ("someone@gmail.example", 550, b"5.7.1"),
        ("docs", 550, b"5.7.1"),
        ("docs@", 553, b"5.1.3"),
        ("docs%gmail.example@constellagent.test", 550, b"5.1.1"),
    ],
)
async def test_unknown_recipients_are_refused(docs: Owner, address: str, code: int, status: bytes) -> None:
    """Nobody here is 5.1.1, elsewhere is 5.7.1: no program can use the provider to write to the world."""
    with pytest.raises(smtplib.SMTPRecipientsRefused) as raised:
        await post(docs.local, b"Subject: x\r\n\r\nx", [address])
    ((found, words),) = raised.value.recipients.values()
    assert (found, words[:5]) == (code, status)


async def test_a_route_in_an_address_is_not_followed(docs: Owner) -> None:
    """By the release of Python it is refused or passed over; nothing goes by way of another server."""
    with contextlib.suppress(smtplib.SMTPRecipientsRefused):
        await post(docs.local, mail(docs.address), [f"@gmail.example:{docs.address}"])
    assert (await docs.local.ask("GET", "/api/outbox/")).json() == []


async def test_bytes_that_are_no_text_in_an_address_are_refused(line: Talk) -> None:
    """An address that is no UTF-8 is nobody's."""
    await line.say("EHLO x")
    await line.say("MAIL FROM:<>")
    assert (await line.say(b"RCPT TO:<\xff\xfe@constellagent.test>")).startswith("55")
    assert (await line.say("RCPT TO:<docs@constellagent.test>")).startswith("250")


async def test_an_identity_that_was_put_away_gets_no_mail(docs: Owner) -> None:
    """Its mailbox is unknown until it is brought back."""
    path = f"/api/identities/{docs.row['uuid']}/"
    await docs.local.ask("POST", f"{path}archive/")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        await post(docs.local, mail(docs.address))
    await docs.local.ask("POST", f"{path}restore/")
    await post(docs.local, mail(docs.address))


async def test_a_mailbox_put_away_in_the_middle_is_temporary(docs: Owner, other: Owner, line: Talk) -> None:
    """Between RCPT and the end of DATA nothing is lost: nobody gets the mail, and it is asked for again."""
    await line.start(docs.address, other.address)
    await docs.local.ask("POST", f"/api/identities/{docs.row['uuid']}/archive/")
    assert (await line.say("Subject: x\r\n\r\nx\r\n.")).startswith("450 4.2.1")
    assert await other.get("/api/email-messages/") == []


async def test_pipelined_commands_are_answered_in_order(docs: Owner, line: Talk) -> None:
    """A client that does not wait for the answers gets them all."""
    await line.say("EHLO x")
    commands = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{docs.address}>\r\nRCPT TO:<no@constellagent.test>\r\nDATA"
    codes = [(await line.say(commands))[:3], *[(await line.hear())[:3] for _ in range(3)]]
    assert codes == ["250", "250", "550", "354"]
    assert (await line.say("Subject: piped\r\n\r\nx\r\n.")).startswith("250 2.0.0")


async def test_dots_and_bare_line_feeds_are_content(docs: Owner, line: Talk) -> None:
    """Leading dots come through, and `LF . LF` or `LF . CR LF` ends no mail: nothing is smuggled in."""
    await line.start(docs.address)
    smuggled = "MAIL FROM:<x@y.example>"
    content = f"Subject: dots\r\n\r\n..one\r\n...two\r\na\n.\n{smuggled}\r\nb\n.\r\nc"
    assert (await line.say(f"{content}\r\n.")).startswith("250")
    (row,) = await docs.get("/api/email-messages/")
    assert row["text_content"] == f".one\n..two\na\n.\n{smuggled}\nb\n.\nc"


async def test_malformed_mail_is_refused_and_the_connection_goes_on(docs: Owner, line: Talk) -> None:
    """What cannot be kept whole is 554; the next mail on the connection is taken."""
    await line.start(docs.address)
    assert (await line.say(f"Subject: {'x' * 200_000}\r\n\r\nx\r\n.")).startswith("554 5.6.0")
    await line.start(docs.address)
    assert (await line.say("Subject: x\r\n\r\nx\r\n.")).startswith("250")
    assert len(await docs.get("/api/email-messages/")) == 1


async def test_more_than_a_hundred_recipients_are_asked_for_later(docs: Owner, line: Talk) -> None:
    """The 101st is 452, so that the client sends the rest in another mail."""
    await line.say("EHLO x")
    await line.say(f"MAIL FROM:<{SENDER}>")
    answers = [await line.say(f"RCPT TO:<docs+{n}@constellagent.test>") for n in range(102)]
    assert {answer[:3] for answer in answers[:100]} == {"250"}
    assert [answer[:9] for answer in answers[100:]] == ["452 4.5.3"] * 2
    await line.say("DATA")
    assert (await line.say("Subject: x\r\n\r\nx\r\n.")).startswith("250")
    assert len(await docs.get("/api/email-messages/")) == 1


async def test_loops_end(docs: Owner, line: Talk) -> None:
    """More than 25 hops, and mail of our own that comes back, are 5.4.6; a quoted one is none."""
    for hops, answer in ((25, "250"), (26, "554 5.4.6")):
        await line.start(docs.address)
        content = "Received: by a\r\n" * hops + f"Subject: {hops}\r\n\r\nx\r\n."
        assert (await line.say(content)).startswith(answer)
    marker = await docs.office.store.run(outgoing.marker)
    for content, answer in (
        (f"X-Loop: {marker}\r\nSubject: x\r\n\r\nx", "554 5.4.6"),
        (f"Subject: x\r\nX-Loop: {marker}", "554 5.4.6"),
        (f"Subject: quoted\r\n\r\nX-Loop: {marker}", "250"),
    ):
        await line.start(docs.address)
        assert (await line.say(f"{content}\r\n.")).startswith(answer), content


async def test_a_flood_is_put_off(tmp_path: Path, root_key: RootKey) -> None:
    """Over the limit of a mailbox is 452, for that mailbox only; a minute later there is room again."""
    clock = [1_800_000_000.0]
    options = Options(received_per_minute=3)
    async with provided(tmp_path, root_key, options=options, now=lambda: clock[0]) as local:
        docs, other = await owner(local), await owner(local, "other")
        for _ in range(3):
            await post(local, mail(docs.address))
        for to in ([docs.address], [other.address, docs.address]):
            with pytest.raises(smtplib.SMTPDataError) as raised:
                await post(local, mail(docs.address), to)
            assert (raised.value.smtp_code, raised.value.smtp_error[:5]) == (452, b"4.2.2")
        await post(local, mail(other.address))
        clock[0] += 62
        await post(local, mail(docs.address))
        assert len(await docs.get("/api/email-messages/")) == 4
        assert len(await other.get("/api/email-messages/")) == 1


async def test_a_store_that_fails_is_temporary(
    docs: Owner, line: Talk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk while a mail is kept is 451 and nothing is kept; then the same connection works again."""

    def full(db: sqlite3.Connection) -> None:
        raise WorldError("audit: no space left on device")

    await line.start(docs.address)
    # The real thing needs a file system of its own; what matters is that the error comes before the commit.
    monkeypatch.setattr(docs.office.audit, "settle", full)
    assert (await line.say("Subject: x\r\n\r\nsecret\r\n.")).startswith("451 4.3.0")
    monkeypatch.undo()
    assert "no space" in caplog.text
    assert "secret" not in caplog.text
    assert await docs.get("/api/email-messages/") == []
    await line.start(docs.address)
    assert (await line.say("Subject: x\r\n\r\nx\r\n.")).startswith("250")


async def test_a_retried_delivery_is_kept_once(docs: Owner) -> None:
    """A client that did not hear the answer sends the same mail again."""
    message = mail(docs.address, Message_ID="<once@acme.example>")
    await post(docs.local, message)
    await post(docs.local, message)
    assert len(await docs.get("/api/email-messages/")) == 1


async def test_mails_without_an_id_are_all_kept(docs: Owner) -> None:
    """Two equal mails without Message-ID are two mails."""
    await post(docs.local, mail(docs.address))
    await post(docs.local, mail(docs.address))
    rows = await docs.get("/api/email-messages/")
    assert len({row["message_id"] for row in rows}) == 2


async def test_a_notice_without_a_sender_is_taken(docs: Owner, line: Talk) -> None:
    """`MAIL FROM:<>` is how servers send their notices; nothing is answered to them."""
    await line.start(docs.address, sender="")
    assert (await line.say("From: mailer-daemon@x.example\r\nSubject: x\r\n\r\nx\r\n.")).startswith("250")
    assert len(await docs.get("/api/email-messages/")) == 1


async def test_addresses_beyond_ascii_may_write(docs: Owner, line: Talk) -> None:
    """With SMTPUTF8 a sender's address and the header may be UTF-8 as they are."""
    await line.say("EHLO x")
    assert (await line.say("MAIL FROM:<jürgen@exämple.example> SMTPUTF8 BODY=8BITMIME")).startswith("250")
    await line.say(f"RCPT TO:<{docs.address}>")
    await line.say("DATA")
    said = "From: Jürgen <jürgen@exämple.example>\r\nSubject: Grüße\r\n\r\nschön\r\n."
    assert (await line.say(said)).startswith("250")
    (row,) = await docs.get("/api/email-messages/")
    assert (row["from_email"], row["subject"]) == ("jürgen@exämple.example", "Grüße")
    assert (row["from_display_name"], row["text_content"]) == ("Jürgen", "schön")


async def test_the_library_logs_no_mail(docs: Owner, caplog: pytest.LogCaptureFixture) -> None:
    """Even the most talkative log holds neither an address nor a word of a mail."""
    with caplog.at_level("DEBUG"):
        await post(docs.local, mail(docs.address, "canary-subject", "canary-body"))
    assert len(await docs.get("/api/email-messages/")) == 1
    smtp_log = "\n".join(record.getMessage() for record in caplog.records if record.name == "mail.log")
    assert smtp_log == ""
    assert "canary" not in caplog.text


async def test_the_port_is_that_of_last_time(tmp_path: Path, root_key: RootKey) -> None:
    """After a restart mail is taken in on the same port; where that is taken, on another, which is kept."""
    async with provided(tmp_path, root_key) as first:
        port = await smtp_port(first.provider.office)
        assert first.provider.smtp_url == f"smtp://127.0.0.1:{port}"
    async with provided(tmp_path, root_key) as second:
        assert await smtp_port(second.provider.office) == port
    with socket.create_server(("127.0.0.1", port)):
        async with provided(tmp_path, root_key) as third:
            other = await smtp_port(third.provider.office)
            assert other != port
            await post(third, mail((await owner(third)).address))


async def test_a_named_port_is_used_or_nothing(tmp_path: Path, root_key: RootKey) -> None:
    """A port that the user named is not replaced by another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=str(port)) as raised:
            await LocalProvider(tmp_path, root_key, options=Options(smtp_port=port)).start()
    assert raised.value.hint
    async with provided(tmp_path, root_key, options=Options(smtp_port=port)) as local:
        assert await smtp_port(local.provider.office) == port


async def test_only_the_loopback_address_is_served(docs: Owner) -> None:
    """The socket is bound to 127.0.0.1: not even another address of this machine leads to it."""
    port = await smtp_port(docs.office)
    with pytest.raises(OSError):  # noqa: PT011 - refused, or on some systems no such address
        socket.create_connection(("127.0.0.2", port), timeout=30)


async def test_many_at_once(local: Provided) -> None:
    """Twelve mailboxes get ten mails each from ten programs at a time: each its own, none twice."""
    owners = [await owner(local, f"agent-{n}") for n in range(12)]
    room = asyncio.Semaphore(10)

    async def one(to: Owner, number: int) -> None:
        async with room:
            await post(
                local, mail(to.address, f"{to.row['name']} {number}", Message_ID=f"<{number}.{to.id}@x>")
            )

    async with asyncio.TaskGroup() as group:
        for to in owners:
            for number in range(10):
                group.create_task(one(to, number))
    for to in owners:
        rows = await to.get("/api/email-messages/?limit=100")
        assert sorted(row["subject"] for row in rows) == [f"{to.row['name']} {n}" for n in range(10)]
