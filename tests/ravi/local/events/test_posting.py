"""Posts to webhooks over real sockets: signed, retried, kept over a crash, and never in each other's way."""

import asyncio
from itertools import repeat
from pathlib import Path

from aiohttp import web
from ravi.webhooks import verify_webhook_signature

from constellagent.ravi.local.events.deliveries import DELAYS
from constellagent.ravi.vault import RootKey
from tests.ravi.local.events.happenings import RECEIVED, SENT, Agent, Clock, agent, events
from tests.ravi.local.events.hooks import ROOT, all_are, later, settled, subscribe, tried
from tests.ravi.local.events.receiver import Post, Receiver, accept, receiving, refuse
from tests.ravi.local.test_sdk import use
from tests.ravi.provided import Provided, provided


async def test_an_event_is_posted_and_its_signature_holds(
    alice: Agent, receiver: Receiver, local: Provided
) -> None:
    """What arrives is the event as the list shows it, signed so that the public helper accepts it."""
    hook = await subscribe(alice, f"{receiver.url}?a=1")
    await alice.happens(RECEIVED, subject="héllo")
    (post,) = await receiver.got(1)
    assert post.path == "/hook?a=1"
    assert [post.event] == await events(local)
    assert post.headers["X-Ravi-Event-Id"] == post.event["id"]
    assert post.headers["Content-Type"] == "application/json"
    assert "Authorization" not in post.headers
    verify_webhook_signature(
        post.body, post.headers["X-Ravi-Timestamp"], post.headers["X-Ravi-Signature"], hook["signing_secret"]
    )
    (row,) = await settled(local, all_are("delivered"))
    assert (row["attempts"], row["response_status"], row["response_preview"]) == (1, 200, "thanks")
    assert (row["next_attempt_at"], row["last_error"]) == (None, "")


async def test_who_gets_what(alice: Agent, bob: Agent, receiver: Receiver, local: Provided) -> None:
    """A webhook gets the types that it asked for, of its identity or of all, and nothing while disabled."""
    base = receiver.url
    await subscribe(alice, f"{base}/alice")
    await subscribe(bob, f"{base}/bob-sent", event_types=[SENT])
    await subscribe(local, f"{base}/all")
    await subscribe(alice, f"{base}/off", enabled=False)
    for who, kind in ((alice, RECEIVED), (bob, RECEIVED), (bob, SENT)):
        await who.happens(kind)
    posts = await receiver.got(5)
    await settled(local, all_are(*["delivered"] * 5))
    assert sorted((post.path, post.seq) for post in posts) == [
        ("/hook/alice", 1),
        ("/hook/all", 1),
        ("/hook/all", 2),
        ("/hook/all", 3),
        ("/hook/bob-sent", 3),
    ]


async def test_a_failed_post_is_tried_again(timed: Provided, clock: Clock, receiver: Receiver) -> None:
    """Five seconds later, then thirty: the same event with the same id and a fresh signature."""
    who = await agent(timed)
    hook = await subscribe(who, receiver.url)
    receiver.answer = refuse(500, "x" * 5000)
    await who.happens()
    (row,) = await settled(timed, all_are("retrying"))
    assert (row["attempts"], row["response_status"], row["last_error"]) == (1, 500, "it answered 500")
    assert row["response_preview"] == "x" * 500
    assert row["next_attempt_at"] == "2027-01-15T08:00:05.000Z"
    await later(who, clock, 4.9)
    await later(who, clock, 0.1)
    (row,) = await settled(timed, lambda rows: rows[0]["attempts"] == 2)
    assert row["next_attempt_at"] == "2027-01-15T08:00:35.000Z"
    receiver.answer = accept
    await later(who, clock, 30)
    (row,) = await settled(timed, all_are("delivered"))
    assert (row["attempts"], row["last_error"], row["response_preview"]) == (3, "", "thanks")
    assert len({post.body for post in receiver.posts}) == 1
    stamps = [int(post.headers["X-Ravi-Timestamp"]) for post in receiver.posts]
    assert [stamp - stamps[0] for stamp in stamps] == [0, 5, 35]
    for post, stamp in zip(receiver.posts, stamps, strict=True):
        verify_webhook_signature(
            post.body,
            post.headers["X-Ravi-Timestamp"],
            post.headers["X-Ravi-Signature"],
            hook["signing_secret"],
            now_unix_seconds=repeat(stamp).__next__,
        )


async def test_after_eight_tries_it_has_failed(timed: Provided, clock: Clock, receiver: Receiver) -> None:
    """The tries are spread over most of a day; then nothing is posted any more, and the audit knows all."""
    who = await agent(timed)
    await subscribe(who, receiver.url)
    receiver.answer = refuse(503)
    await who.happens()
    for tries, delay in enumerate(DELAYS, 1):
        await settled(timed, tried(tries))
        await later(who, clock, delay)
    (row,) = await settled(timed, all_are("failed"))
    assert (row["attempts"], row["next_attempt_at"]) == (8, None)
    assert 18 * 3600 < sum(DELAYS) < 24 * 3600
    await later(who, clock, 7 * 86_400)
    await settled(timed, all_are("failed"))
    assert len(receiver.posts) == 8
    told = [line for line in await who.audited() if line[1].startswith("webhook.f")]
    assert [line[2] for line in told] == ["failed"] * 8
    assert told[0][3] == f"{RECEIVED} to {receiver.url.split('/')[2]}"


async def test_short_outages_keep_the_order(timed: Provided, clock: Clock, receiver: Receiver) -> None:
    """While a webhook fails it is left alone, and then gets everything from where it stopped."""
    who = await agent(timed)
    await subscribe(who, receiver.url)
    receiver.answer = refuse(500)
    await who.happens()
    await settled(timed, all_are("retrying"))
    for _ in range(5):
        await who.happens()
    receiver.answer = accept
    await later(who, clock, 5)
    await settled(timed, all_are(*["delivered"] * 6))
    assert [post.seq for post in receiver.posts] == [1, 1, 2, 3, 4, 5, 6]


async def test_an_event_that_is_never_accepted(timed: Provided, clock: Clock, receiver: Receiver) -> None:
    """It does not hold the others back for more than a minute."""
    who = await agent(timed)

    async def poisoned(post: Post) -> web.StreamResponse:
        return web.Response(status=400 if post.seq == 1 else 200)

    receiver.answer = poisoned
    await subscribe(who, receiver.url)
    for _ in range(3):
        await who.happens()
    for tries in (1, 2, 3):
        await settled(timed, tried(tries))
        await later(who, clock, min(DELAYS[tries - 1], 60))
    await settled(timed, all_are("retrying", "delivered", "delivered"))
    assert [post.seq for post in receiver.posts] == [1, 1, 1, 2, 3]


async def test_what_was_pending_is_posted_after_a_restart(
    tmp_path: Path, root_key: RootKey, receiver: Receiver
) -> None:
    """A provider that ends in the middle of a post makes it again: once at least, with the same id."""
    never = asyncio.Event()

    async def hang(post: Post) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    receiver.answer = hang
    async with provided(tmp_path, root_key) as first:
        who = await agent(first)
        await subscribe(who, receiver.url)
        await who.happens(RECEIVED, number=1)
        await who.happens(RECEIVED, number=2)
        await receiver.got(1)
    receiver.answer = accept
    async with provided(tmp_path, root_key) as second:
        await settled(second, all_are("delivered", "delivered"))
    assert [post.event["data"]["number"] for post in receiver.posts] == [1, 1, 2]
    assert receiver.posts[0].body == receiver.posts[1].body
    assert receiver.posts[0].headers["X-Ravi-Event-Id"] == receiver.posts[1].headers["X-Ravi-Event-Id"]


async def test_a_disabled_webhook_keeps_what_waits(timed: Provided, clock: Clock, receiver: Receiver) -> None:
    """Nothing is posted while it is disabled, what was due comes when it is enabled, at its new address."""
    who = await agent(timed)
    hook = await subscribe(who, receiver.url)
    receiver.answer = refuse(500)
    await who.happens()
    await settled(timed, all_are("retrying"))
    await who.ask("PATCH", f"{ROOT}{hook['id']}/", {"enabled": False})
    await later(who, clock, 100)
    await who.happens()
    assert len(receiver.posts) == 1
    receiver.answer = accept
    await who.ask("PATCH", f"{ROOT}{hook['id']}/", {"enabled": True, "url": f"{receiver.url}/new"})
    await who.happens()
    await settled(timed, all_are("delivered", "delivered"))
    assert [(post.path, post.seq) for post in receiver.posts] == [
        ("/hook", 1),
        ("/hook/new", 1),
        ("/hook/new", 3),
    ]


async def test_many_events_to_many_webhooks(alice: Agent, bob: Agent, local: Provided) -> None:
    """Each webhook gets each event once and in order, whatever the others do."""
    count = 40
    async with receiving() as one, receiving() as two, receiving() as three:
        await subscribe(alice, one.url)
        await subscribe(bob, two.url)
        await subscribe(local, three.url)
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task((alice if number % 2 else bob).happens(number=number))
        await asyncio.gather(one.got(count // 2), two.got(count // 2), three.got(count))
        for receiver, total in ((one, count // 2), (two, count // 2), (three, count)):
            seqs = [post.seq for post in receiver.posts]
            assert seqs == sorted(set(seqs))
            assert len(seqs) == total


async def test_the_sdk_reads_the_log(alice: Agent, receiver: Receiver, local: Provided) -> None:
    """Deliveries are listed and read with the public client, signature and all."""
    hook = await use(local, lambda ravi: ravi.webhooks.create(url=receiver.url), alice.key)
    await alice.happens(RECEIVED, subject="hi")
    await settled(local, all_are("delivered"))
    (row,) = await use(local, lambda ravi: ravi.webhooks.deliveries.list(), alice.key)
    assert (row.endpoint, row.endpoint_url, row.status) == (hook.id, receiver.url, "delivered")
    assert row.payload == receiver.posts[0].event
    one = await use(local, lambda ravi: ravi.webhooks.deliveries.get(row.id), alice.key)
    assert one == row
    post = receiver.posts[0]
    verify_webhook_signature(
        post.body, post.headers["X-Ravi-Timestamp"], post.headers["X-Ravi-Signature"], hook.signing_secret
    )
