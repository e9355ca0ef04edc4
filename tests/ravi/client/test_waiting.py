"""Waiting for mail, texts and codes: at a provider that tells, and at one that has to be asked."""

import asyncio
import time
from collections.abc import Callable

import pytest

from constellagent.errors import UnavailableError
from constellagent.ravi.client import RaviClient
from constellagent.ravi.client.waiting import Code, new_mail, new_texts, newest_code, take
from constellagent.ravi.wires.answers_mail import Mail
from tests.ravi.scripted import answer, scripted

ROBERT = "robert@constellagent.test"


def about(subject: str) -> Callable[[Mail], bool]:
    """Return whether a mail has this subject."""
    return lambda mail: mail.subject == subject


async def test_what_is_there_already_needs_no_wait(alice: RaviClient, robert: RaviClient) -> None:
    """Unread messages count at once, newest first; nothing is marked."""
    for subject in ("One", "Two"):
        await alice.mail.send(ROBERT, subject, "x")
    for _ in range(2):
        assert [mail.subject for mail in await new_mail(robert, 600)] == ["Two", "One"]
    assert await new_texts(robert, 0) == []


async def test_a_delivery_ends_the_wait(alice: RaviClient, robert: RaviClient) -> None:
    """Who waits has the mail when it is delivered, not when the time is over."""
    for number in range(3):
        waiting = asyncio.ensure_future(new_mail(robert, 45, about(f"N{number}")))
        await asyncio.sleep(0.05)
        await alice.mail.send(ROBERT, f"N{number}", "x")
        async with asyncio.timeout(20):
            assert len(await waiting) == 1


async def test_the_end_of_the_wait(robert: RaviClient) -> None:
    """A wait in vain ends when its time is over, and not before."""
    begin = time.monotonic()
    assert await new_mail(robert, 0.3) == []
    assert 0.3 <= time.monotonic() - begin < 30


async def test_a_code_of_mail_or_text(alice: RaviClient, robert: RaviClient) -> None:
    """The newest code wins; once taken, its message is read and the next one counts."""
    phone = await robert.get_phone()
    assert phone is not None
    await alice.mail.send(ROBERT, "Sign in", "Your verification code is 482913.")
    await alice.texts.send(phone.phone_number, "Your code is 771204")
    first = await newest_code(robert, 0)
    assert first is not None
    assert (first.code, first.source) == ("771204", "sms")
    assert "771204" not in repr(first)
    await take(robert, first)
    second = await newest_code(robert, 0, sender="ALICE@")
    assert second is not None
    assert (second.code, second.source) == ("482913", "mail")
    await take(robert, second)
    assert await newest_code(robert, 0) is None
    again = await newest_code(robert, 0, unread=False)
    assert again is not None
    assert again.code == "771204"
    assert await newest_code(robert, 0, unread=False, sender="nobody") is None
    assert await newest_code(robert, 0, unread=False, since=time.time() + 60) is None


async def test_a_provider_that_does_not_tell_is_asked_again() -> None:
    """Without a cursor or without patience the provider is looked at every half second."""
    text = {"id": 5, "body": "Your code is 771204", "created_dt": "2026-11-22T10:00:00Z"}
    refusals = answer(400, {"detail": "since: a number"}), answer(200, []), answer(200, [text])
    async with scripted(*refusals) as script, RaviClient(script.url, "ravi_id_k") as client:
        assert [row.id for row in await new_texts(client, 30)] == [5]
    impatient = (
        answer(200, {"events": [], "cursor": 7}),
        answer(200, []),
        answer(200, {"events": []}),
        answer(200, [text]),
    )
    async with scripted(*impatient) as script, RaviClient(script.url, "ravi_id_k") as client:
        assert [row.id for row in await new_texts(client, 30)] == [5]
    assert script.asked[2].startswith("GET /api/events/?since=7")


async def test_a_provider_that_is_away_is_no_empty_inbox() -> None:
    """A failed look is an error, never 'nothing came'."""
    async with scripted(answer(401)) as script, RaviClient(script.url, "ravi_id_k") as client:
        with pytest.raises(UnavailableError):
            await new_mail(client, 5)


async def test_a_time_that_cannot_be_read_is_long_ago() -> None:
    """A message without a readable time is older than any limit, and counts where there is none."""
    text = {"id": 5, "body": "Your code is 771204", "created_dt": None}
    async with (
        scripted(answer(200, []), answer(200, [text])) as script,
        RaviClient(script.url, "ravi_id_k") as client,
    ):
        assert await newest_code(client, 0) == Code("771204", "sms", "", "", 5)
    async with (
        scripted(answer(200, []), answer(200, [text])) as script,
        RaviClient(script.url, "ravi_id_k") as client,
    ):
        assert await newest_code(client, 0, since=1.0) is None
