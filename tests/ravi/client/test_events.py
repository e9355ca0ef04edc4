"""Events through the client."""

import asyncio

import pytest

from constellagent.errors import UnavailableError
from constellagent.ravi.client import MissingError, RaviClient
from tests.ravi.scripted import answer, scripted


async def test_events_come_in_order_from_where_one_was(alice: RaviClient, robert: RaviClient) -> None:
    """What happened since is told once, in order, and by type; to each identity its own."""
    begin = await robert.events.latest()
    for number in range(3):
        await alice.mail.send("robert@constellagent.test", f"Number {number}", "x")
    news = await robert.events.since(begin)
    assert [event.data["subject"] for event in news] == ["Number 0", "Number 1", "Number 2"]
    assert [event.seq for event in news] == sorted(event.seq for event in news)
    assert await robert.events.since(news[-1].seq) == []
    assert await robert.events.since(begin, types=["sms.message.received"]) == []
    assert len(await robert.events.since(begin, limit=2)) == 2
    assert {event.type for event in await alice.events.since(0)} == {"email.message.sent"}


async def test_a_wait_ends_with_the_event(alice: RaviClient, robert: RaviClient) -> None:
    """A request that waits is answered when something happens."""
    begin = await robert.events.latest()
    waiting = asyncio.ensure_future(robert.events.since(begin, wait=25))
    await asyncio.sleep(0.05)
    await alice.mail.send("robert@constellagent.test", "Now", "x")
    async with asyncio.timeout(20):
        assert [event.data["subject"] for event in await waiting] == ["Now"]


async def test_what_an_event_says_never_shows() -> None:
    """The data of an event may be a code; its repr leaves it out."""
    row = {"id": "e", "seq": 1, "type": "sms.message.received", "data": {"body": "canary"}}
    async with (
        scripted(answer(200, {"events": [row]})) as script,
        RaviClient(script.url, "ravi_id_k") as client,
    ):
        (event,) = await client.events.since(0)
        assert event.data == {"body": "canary"}
        assert "canary" not in repr(event)


async def test_other_shapes(client: RaviClient) -> None:
    """A bare list is not what this API sends; a provider without a cursor says so."""
    async with scripted(answer(200, [])) as script, RaviClient(script.url, "ravi_id_k") as odd:
        with pytest.raises(UnavailableError):
            await odd.events.since(0)
        with pytest.raises(MissingError):
            await odd.events.latest()
