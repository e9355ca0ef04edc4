"""From one identity to others: at once, in one transaction, and with a notice where nobody is there."""

from dataclasses import replace
from email import message_from_bytes

import pytest

from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.mail import delivery
from constellagent.ravi.local.mail.kept import Kept, letter_of
from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.options import Options
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import Owner, letter, owner
from tests.ravi.provided import provided


async def send(who: Owner, mail: Letter) -> Kept:
    """Send a mail as an identity."""
    office = who.office
    return await office.store.run(lambda db: delivery.send(office, db, who.id, mail, actor="session s1"))


def written(who: Owner, **parts: object) -> Letter:
    """Return a mail that an identity writes."""
    return letter(from_email=who.address, from_name=who.row["name"], **parts)


async def subjects(who: Owner, direction: str = "incoming") -> list[str]:
    """Return the subjects in an inbox."""
    return [row["subject"] for row in await who.get(f"/api/email-messages/?direction={direction}")]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("docs@constellagent.test", True),
        ("Docs+any.tag@CONSTELLAGENT.test", True),
        ("docs+@constellagent.test", True),
        ("+docs@constellagent.test", False),
        ("nobody@constellagent.test", False),
        ("docs@other.test", False),
        ("docs", False),
        ("", False),
        ("@", False),
        ("dőcs@constellagent.test", False),
        ("docs\udcff@constellagent.test", False),
        ("doc_@constellagent.test", False),
        ("%@constellagent.test", False),
    ],
)
async def test_addresses_find_identities(docs: Owner, address: str, found: bool) -> None:
    """Case and tags do not matter; letters beyond ASCII, wildcards and other domains reach nobody."""
    assert await docs.office.store.run(lambda db: delivery.resolve(db, address)) == (
        docs.id if found else None
    )


@pytest.mark.parametrize("address", ["\u212aim@constellagent.test", "kim@con\u017ftellagent.test"])
async def test_look_alikes_reach_nobody(docs: Owner, address: str) -> None:
    """A letter that becomes ASCII by a change of case does not reach who is spelt in ASCII."""
    await docs.local.identity(email_identifier="kim")
    assert await docs.office.store.run(lambda db: delivery.resolve(db, address)) is None


async def test_domains_are_ours_or_not(docs: Owner) -> None:
    """The default domain and every one that an identity has, or had, is local; a part of one is not."""
    row = await docs.local.identity(email_identifier="docs", domain="shop.example")
    await docs.local.ask("POST", f"/api/identities/{row['uuid']}/archive/")
    names = ("constellagent.test", "SHOP.example", "example", "hop.example", "shop.exämple", "", "%")
    found = await docs.office.store.run(lambda db: [delivery.is_local_domain(db, name) for name in names])
    assert found == [True, True, False, False, False, False, False]


async def test_a_mail_between_identities_is_there_at_once(docs: Owner, other: Owner) -> None:
    """Sender and recipient have their own copy, told to both audits; blind copies stay blind."""
    third = await owner(docs.local, "third")
    kept = await send(docs, written(docs, to=(other.address,), bcc=(third.address,), subject="hi"))
    assert await subjects(docs, "outgoing") == await subjects(other) == await subjects(third) == ["hi"]
    mine = await docs.office.store.run(lambda db: letter_of(docs.office, db, docs.id, kept.id))
    assert mine.bcc == (third.address,)
    (row,) = await other.get("/api/email-messages/")
    theirs = await docs.office.store.run(lambda db: letter_of(docs.office, db, other.id, row["id"]))
    assert theirs == replace(mine, bcc=())
    assert ("session s1", "mail.sent") in [line[:2] for line in await docs.audit()]
    assert ("delivery", "mail.received") in [line[:2] for line in await other.audit()]


async def test_each_recipient_gets_one_copy(docs: Owner, other: Owner) -> None:
    """Named twice, with a tag or in another field, is one copy; a mail to oneself comes and goes."""
    await send(
        docs,
        written(
            docs,
            to=(other.address, "OTHER+x@constellagent.test"),
            cc=(other.address, docs.address),
            subject="s",
        ),
    )
    assert await subjects(other) == await subjects(docs) == await subjects(docs, "outgoing") == ["s"]


async def test_a_recipient_who_should_be_here_bounces(docs: Owner) -> None:
    """The sender finds a notice in the thread of the mail, in the form of RFC 3464."""
    mail = written(docs, to=("nobody@constellagent.test",), cc=(docs.address,), subject="lost ä")
    kept = await send(docs, mail)
    rows = await docs.get("/api/email-messages/?direction=incoming")
    (notice,) = [row for row in rows if row["from_email"] == "mailer-daemon@constellagent.test"]
    assert notice["subject"] == "Undelivered: lost ä"
    assert notice["thread_id"] == kept.thread
    assert "nobody@constellagent.test: There is no such mailbox here. (5.1.1)" in notice["text_content"]
    found = await docs.office.store.run(lambda db: letter_of(docs.office, db, docs.id, notice["id"]))
    assert found.automatic
    assert found.in_reply_to == mail.message_id
    status, headers = found.attachments
    assert (status.content_type, headers.content_type) == ("message/delivery-status", "text/rfc822-headers")
    whole, recipient = status.content.decode().strip().split("\r\n\r\n")
    assert message_from_bytes(whole.encode())["Reporting-MTA"] == "dns; constellagent.test"
    fields = message_from_bytes(recipient.encode())
    assert fields["Final-Recipient"] == "rfc822; nobody@constellagent.test"
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.1")
    assert message_from_bytes(headers.content)["Message-ID"] == mail.message_id


async def test_nothing_bounces_for_ever(docs: Owner, other: Owner) -> None:
    """An automatic mail that reaches nobody makes no notice; the others of its recipients get it."""
    await send(
        docs, written(docs, to=("nobody@constellagent.test", other.address), automatic=True, subject="s")
    )
    assert await subjects(docs) == []
    assert await subjects(other) == ["s"]
    await send(docs, written(docs, to=("Mailer-Daemon@constellagent.test",), subject="Re: Undelivered: s"))
    assert await subjects(docs) == []


async def test_an_identity_that_was_put_away_is_missed(docs: Owner, other: Owner) -> None:
    """Mail to it bounces, and nothing is kept for it."""
    await docs.local.ask("POST", f"/api/identities/{other.row['uuid']}/archive/")
    await send(docs, written(docs, to=(other.address,), subject="s"))
    assert await subjects(docs) == ["Undelivered: s"]
    await docs.local.ask("POST", f"/api/identities/{other.row['uuid']}/restore/")
    back = Owner(docs.local, other.id, other.row, await docs.local.identity_key(other.row["uuid"]))
    assert await subjects(back) == []


async def test_a_full_mailbox_refuses_the_whole_mail(
    tmp_path_factory: pytest.TempPathFactory, root_key: RootKey
) -> None:
    """Where one recipient takes no more now, nobody gets the mail and the sender is told to try again."""
    folder = tmp_path_factory.mktemp("full")
    async with provided(folder, root_key, options=Options(received_per_minute=1)) as local:
        docs, other, third = await owner(local), await owner(local, "other"), await owner(local, "third")
        await send(docs, written(docs, to=(third.address,)))
        with pytest.raises(ApiError) as raised:
            await send(docs, written(docs, to=(other.address, third.address)))
        assert (raised.value.status, raised.value.code) == (429, "rate_limit.exceeded")
        assert await subjects(other) == []
        assert len(await subjects(docs, "outgoing")) == 1


async def test_mail_for_elsewhere_is_held_without_a_relay(docs: Owner, other: Owner) -> None:
    """It is kept as sent, waits in the outbox, and the local recipients have it already."""
    await send(docs, written(docs, to=("a@b.example", other.address), bcc=("c@d.example",), subject="out"))
    rows = await docs.get("/api/outbox/")
    assert {(row["to_email"], row["state"]) for row in rows} == {
        ("a@b.example", "held"),
        ("c@d.example", "held"),
    }
    assert await subjects(other) == ["out"]
    assert await other.get("/api/outbox/") == []
    assert await subjects(docs) == []
