"""What an event says of a message, and what has to be looked up because it does not say it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from constellagent.errors import UnavailableError
from constellagent.ravi.client import RaviClient
from constellagent.ravi.wires.answers_events import Event
from constellagent.runtime.triggers.arrivals import MAIL, TEXT, read
from tests.ravi.local.mail.talking import mail, post
from tests.ravi.local.phone.lines import hand_in
from tests.runtime.triggers.station import Station

NOW = 1_800_000_000.0


async def nobody(*_: str) -> None:
    """Fail where something is looked up that need not be."""
    raise AssertionError("nothing is to be looked up")


def event(kind: str = MAIL, at: str = "2026-11-22T09:00:00.001Z", **data: Any) -> Event:
    """Return an event."""
    return Event(id="e-1", seq=7, type=kind, created_dt=at, data=data)


async def test_an_event_that_says_enough_is_not_looked_up() -> None:
    """Sender, subject and kind of sender are all that is needed; the address comes without the name."""
    async with RaviClient("http://127.0.0.1:1", "key") as client:
        said = event(from_email="Boss <boss@acme.example>", subject="hi", sender_type="external")
        arrival = await read(said, client.of("u"), nobody, NOW)
        robot = await read(
            event(from_email="a@b", subject="", sender_type="automated"), client.of("u"), nobody, NOW
        )
        empty = await read(
            event(from_email="", subject="", sender_type="external"), client.of("u"), nobody, NOW
        )
        text = await read(event(TEXT, from_number=" +1 ", body="x"), client.of("u"), nobody, NOW)

    assert arrival is not None
    assert (arrival.kind, arrival.sender, arrival.subject) == ("email", "boss@acme.example", "hi")
    assert (arrival.automatic, arrival.at) == (False, datetime(2026, 11, 22, 9, 0, 0, 1000, tzinfo=UTC))
    assert robot is not None
    assert robot.automatic
    assert empty is not None
    assert empty.automatic
    assert text is not None
    assert (text.kind, text.sender, text.text, text.automatic) == ("sms", "+1", "x", False)
    assert repr(arrival) == f"Arrival(kind='email', automatic=False, at={arrival.at!r})"


@pytest.mark.parametrize("kind", ["email.message.sent", "call.started", "webhook.test"])
async def test_other_events_are_passed_over(kind: str) -> None:
    """What was sent, called or tested wakes nobody."""
    async with RaviClient("http://127.0.0.1:1", "key") as client:
        assert await read(event(kind, from_email="a@b"), client.of("u"), nobody, NOW) is None
        assert await read(event(), client.of("u"), nobody, NOW) is None
        assert await read(event(TEXT), client.of("u"), nobody, NOW) is None


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-11-22T10:00:00+01:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("2026-11-22T09:00:00", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("", datetime.fromtimestamp(NOW, UTC)),
        ("yesterday", datetime.fromtimestamp(NOW, UTC)),
    ],
)
async def test_times(said: str, at: datetime) -> None:
    """Any zone is read, none means UTC, and a provider that says nothing is taken to mean now."""
    async with RaviClient("http://127.0.0.1:1", "key") as client:
        arrival = await read(event(TEXT, said, from_number="1", body=""), client.of("u"), nobody, NOW)
    assert arrival is not None
    assert arrival.at == at


async def test_what_is_missing_is_looked_up_and_told_first(open_at: Station) -> None:
    """A provider whose events only name the message is asked for it; that it is automatic is seen, too."""
    docs = await open_at.agent("docs", phone=True)
    await post(open_at.local, mail(docs.address, "list", Precedence="list", From="Boss <boss@x.example>"))
    await hand_in(open_at.local, "+12025550199", docs.phone or "", "hello")
    belongings, told = open_at.client.of(docs.uuid), list[tuple[str, str]]()

    async def tell(action: str, about: str) -> None:
        told.append((action, about))

    listed = await read(event(at="", message_id=1), belongings, tell, NOW)
    text = await read(event(TEXT, at="", message_id=1), belongings, tell, NOW)
    gone = await read(event(message_id=99), belongings, tell, NOW)

    assert listed is not None
    assert (listed.sender, listed.subject, listed.automatic) == ("boss@x.example", "list", True)
    assert text is not None
    assert (text.sender, text.text) == ("+12025550199", "hello")
    assert abs(text.at.timestamp() - open_at.clock.now()) < 60
    assert gone is None
    assert [action for action, _ in told] == ["mail.read", "sms.read", "mail.read"]
    assert {row.is_read for row in await belongings.mail.messages()} == {False}


async def test_what_cannot_be_looked_up_now_is_no_answer() -> None:
    """A provider that is away is not one that has no such message."""

    async def tell(*_: str) -> None:
        return

    async def hurry(_: float) -> None:
        return

    async with RaviClient("http://127.0.0.1:1", "key", sleep=hurry) as client:
        with pytest.raises(UnavailableError):
            await read(event(message_id=1), client.of("u"), tell, NOW)
