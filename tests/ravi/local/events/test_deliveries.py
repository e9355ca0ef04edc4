"""`/api/webhook-deliveries/`: what was posted and what will be, and who may see it."""

import asyncio
from typing import Any

import pytest

from constellagent.ravi.local.events import deliveries
from tests.ravi.local.events.happenings import Agent, until
from tests.ravi.local.events.hooks import LOG, all_are, settled, subscribe
from tests.ravi.local.events.receiver import Receiver
from tests.ravi.provided import Provided


async def rows(who: Agent | Provided, query: str = "") -> list[dict[str, Any]]:
    """Return a page of the log."""
    got = await who.ask("GET", f"{LOG}{query}")
    assert got.status_code == 200, got.text
    found: list[dict[str, Any]] = got.json()
    return found


async def test_who_sees_what(alice: Agent, bob: Agent, receiver: Receiver, local: Provided) -> None:
    """An identity sees what its own webhooks got, a management key all, or all of one identity."""
    for who in (alice, bob, local):
        await subscribe(who, receiver.url)
    await alice.happens()
    await bob.happens()
    await settled(local, all_are(*["delivered"] * 4))
    everything = await rows(local)
    (mine,) = await rows(alice)
    assert mine["payload"]["identity"] == alice.uuid
    narrowed = await rows(local, f"?identity={alice.uuid}")
    assert {row["payload"]["identity"] for row in narrowed} == {alice.uuid}
    assert len(narrowed) == 2
    for row in everything:
        expected = 200 if row["id"] == mine["id"] else 404
        for which in (row["id"], row["uuid"]):
            assert (await alice.ask("GET", f"{LOG}{which}/")).status_code == expected
    assert (await local.ask("GET", f"{LOG}{mine['id']}/?identity={bob.uuid}")).status_code == 404
    await local.ask("POST", f"/api/identities/{alice.uuid}/archive/")
    assert {row["payload"]["identity"] for row in await rows(local)} == {bob.uuid}


async def test_a_page_is_fifty(alice: Agent, receiver: Receiver) -> None:
    """Newest first, fifty at a time, nothing beyond the last page."""
    await subscribe(alice, receiver.url)
    await alice.happens_often(60)
    await receiver.got(60)
    pages = [await rows(alice, f"?page={page}") for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [50, 10, 0]
    assert [row["payload"]["seq"] for row in pages[0] + pages[1]] == list(range(60, 0, -1))
    for wrong in ("0", "x", "-1", "99999999999"):
        assert (await alice.ask("GET", f"{LOG}?page={wrong}")).status_code == 422


async def test_what_waits_is_shown(alice: Agent, receiver: Receiver) -> None:
    """A post that is being made for the first time is pending."""
    go = asyncio.Event()
    take = receiver.answer

    async def wait(post: Any) -> Any:
        await go.wait()
        return await take(post)

    receiver.answer = wait
    await subscribe(alice, receiver.url)
    await alice.happens()
    await receiver.got(1)
    (row,) = await rows(alice)
    assert (row["status"], row["attempts"], row["response_status"]) == ("pending", 0, None)
    assert (row["response_preview"], row["last_error"]) == ("", "")
    assert row["next_attempt_at"].endswith("Z")
    go.set()
    await settled(alice.local, all_are("delivered"))


async def test_the_log_is_sealed_and_audited(alice: Agent, receiver: Receiver, local: Provided) -> None:
    """What a receiver answered is in no file in clear; posts, and looks at the log, are in the audit."""
    host = receiver.url.split("/")[2]
    await subscribe(alice, f"{receiver.url}/canary")
    await alice.happens()
    await settled(local, all_are("delivered"))
    await rows(alice)
    told = [line for line in await alice.audited() if line[1] == "webhook.delivered"]
    assert told == [("webhook", "webhook.delivered", "ok", f"email.message.received to {host}")]
    assert ("key t", "events.read", "ok", "1 webhook deliveries") in await alice.audited()
    await local.provider.stop()
    stored = b"".join(file.read_bytes() for file in local.folder.rglob("*") if file.is_file())
    assert b"thanks" not in stored
    assert b"canary" not in stored


async def test_the_log_goes_with_its_webhook_and_its_event(alice: Agent, receiver: Receiver) -> None:
    """A deleted webhook has no log any more, and no event that was deleted is in one."""
    office = alice.local.provider.office
    first = await subscribe(alice, receiver.url)
    await subscribe(alice, receiver.url)
    await alice.happens()
    await alice.happens()
    await settled(alice.local, all_are(*["delivered"] * 4))
    await alice.ask("DELETE", f"/api/webhook-subscriptions/{first['id']}/")
    await office.store.execute("DELETE FROM events WHERE seq = 1")
    (row,) = await rows(alice)
    assert row["payload"]["seq"] == 2


@pytest.mark.parametrize("attempts", range(len(deliveries.DELAYS) + 1))
async def test_each_try_seals_anew(alice: Agent, receiver: Receiver, attempts: int) -> None:
    """What an earlier try got cannot be put back as what the last one got."""
    office = alice.local.provider.office
    await subscribe(alice, receiver.url)
    await alice.happens()
    await settled(alice.local, all_are("delivered"))
    await office.store.execute("UPDATE webhook_deliveries SET attempts = ?", (attempts,))
    assert (await alice.ask("GET", LOG)).status_code == (200 if attempts == 1 else 503)


async def test_everything_is_posted_before_the_workers_rest(
    alice: Agent, receiver: Receiver, local: Provided
) -> None:
    """When nothing is left to post, only the worker that looks for work waits."""
    await subscribe(alice, receiver.url)
    await alice.happens()
    await settled(local, all_are("delivered"))
    await until(lambda: len(local.provider.office.bell._waiting.get(None, ())) == 1)
    waiting = await local.provider.office.store.run(deliveries.waiting)
    assert waiting == []
