"""The public SDK, unmodified, reads and writes mail."""

import asyncio
from pathlib import Path

import pytest
from ravi import Ravi
from ravi.errors import NotFoundError, RateLimitError, ValidationError
from ravi.resources.email import Email

from constellagent.ravi.local.mail.letter import Attached
from constellagent.ravi.local.options import Options
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import SERVICE, Owner, letter, owner
from tests.ravi.local.test_sdk import use
from tests.ravi.provided import Provided, provided


def email(ravi: Ravi, who: Owner) -> Email:
    """Return the mail of an identity as the SDK offers it."""
    return ravi.identities.get(who.row["uuid"]).email


@pytest.mark.parametrize("fenced", [True, False], ids=["identity key", "management key"])
async def test_reading(local: Provided, docs: Owner, fenced: bool) -> None:
    """Inbox, filters, threads and single mails, with either kind of key."""
    key = docs.key if fenced else local.key
    first, second = await docs.take(
        letter(from_name="Acme", attachments=(Attached("a.txt", "text/plain", b"abc"),)),
        letter(from_email="bob@x.example", subject="Hi", text="", html="<p>Only HTML</p>"),
    )
    mails = await use(local, lambda ravi: email(ravi, docs).inbox(), key)
    assert [mail.id for mail in mails] == [first.id, second.id]
    assert (mails[0].from_email, mails[0].from_display_name) == (SERVICE, "Acme")
    assert mails[0].attachments[0].size_bytes == 3
    assert mails[1].body == "Only HTML"
    assert mails[0].created_dt.tzinfo is not None
    await use(local, lambda ravi: email(ravi, docs).get(first.id).mark_read(), key)
    unread = await use(local, lambda ravi: email(ravi, docs).inbox(unread=True), key)
    read = await use(local, lambda ravi: email(ravi, docs).inbox(unread=False), key)
    assert ([mail.id for mail in unread], [mail.id for mail in read]) == ([second.id], [first.id])
    filtered = await use(
        local,
        lambda ravi: email(ravi, docs).inbox(
            direction="incoming", thread_id=first.thread, from_email=SERVICE, page=1
        ),
        key,
    )
    assert [mail.id for mail in filtered] == [first.id]
    threads = await use(local, lambda ravi: email(ravi, docs).threads(), key)
    assert [thread.thread_id for thread in threads] == [second.thread, first.thread]
    assert (threads[1].unread_count, threads[1].attachment_names) == (0, ["a.txt"])


# The SDK opens the file and never closes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
async def test_writing(local: Provided, docs: Owner, other: Owner, tmp_path: Path) -> None:
    """Send with a file, answer, answer all, pass on: the other side gets each."""
    file = tmp_path / "report.csv"
    file.write_bytes(b"a,b\n1,2\n" * 1000)
    sent = await use(
        local,
        lambda ravi: email(ravi, docs).send(
            other.address, "Report", "Here", cc=["c@x.example"], attachments=[str(file)]
        ),
        docs.key,
    )
    assert (sent.direction, sent.cc, sent.attachments[0].filename) == (
        "outgoing",
        "c@x.example",
        "report.csv",
    )
    got = await use(
        local, lambda ravi: email(ravi, other).wait_for(lambda mail: mail.subject == "Report"), other.key
    )
    assert (got.attachments[0].content_type, got.attachments[0].size_bytes) == ("text/csv", 8000)
    answer = await use(local, lambda ravi: email(ravi, other).get(got.id).reply("Thanks"), other.key)
    assert (answer.subject, answer.to_email) == ("Re: Report", docs.address)
    everybody = await use(
        local, lambda ravi: email(ravi, other).get(got.id).reply_all(html="<b>All</b>"), other.key
    )
    assert (everybody.to_email, everybody.cc, everybody.text_content) == (docs.address, "c@x.example", "All")
    passed = await use(
        local, lambda ravi: email(ravi, other).get(got.id).forward("d@x.example", "Look"), other.key
    )
    assert (passed.subject, passed.attachments[0].filename) == ("Fwd: Report", "report.csv")
    threads = await use(local, lambda ravi: email(ravi, docs).threads(), docs.key)
    assert [thread.message_count for thread in threads] == [3]


async def test_waiting_for_a_mail(local: Provided, docs: Owner) -> None:
    """A mail that comes while the SDK waits is found; without one the time is over."""

    def wait(ravi: Ravi) -> str:
        mail = email(ravi, docs).wait_for(lambda mail: "654321" in mail.body, timeout=20, poll=0.02)
        return str(mail.body)

    waiting = asyncio.ensure_future(use(local, wait, docs.key))
    await docs.take(letter())
    assert not waiting.done()
    await docs.take(letter(text="It is 654321."))
    assert await waiting == "It is 654321."
    with pytest.raises(TimeoutError):
        await use(
            local, lambda ravi: email(ravi, docs).wait_for(lambda _: False, timeout=0.1, poll=0.02), docs.key
        )


async def test_refusals_arrive_as_its_own_errors(
    local: Provided,
    docs: Owner,
    other: Owner,
    tmp_path: Path,
    root_key: RootKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is missing, what is wrong, and too much at once."""
    (kept,) = await docs.take(letter())
    with pytest.raises(NotFoundError, match="No EmailMessage"):
        await use(local, lambda ravi: email(ravi, other).get(kept.id), other.key)
    with pytest.raises(ValidationError, match="mail address"):
        await use(local, lambda ravi: email(ravi, docs).send("nobody", "x", "x"), docs.key)
    with pytest.raises(ValidationError, match="no attachment"):
        await use(
            local,
            lambda ravi: email(ravi, docs).send("a@x.example", "x", "x", attachments=["none"]),
            docs.key,
        )
    folder = tmp_path / "limited"
    folder.mkdir()
    # The SDK tries three times more, and waits for up to eight seconds before each.
    monkeypatch.setattr("ravi._request._MAX_BACKOFF_SECONDS", 0.01)
    async with provided(folder, root_key, options=Options(sends_per_hour=0)) as limited:
        third = await owner(limited)
        with pytest.raises(RateLimitError) as raised:
            await use(limited, lambda ravi: email(ravi, third).send("a@x.example", "x", "x"), third.key)
    assert raised.value.retry_after
