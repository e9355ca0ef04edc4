"""Posts to webhooks that go wrong: receivers that fail in every way, and faults on our own side."""

import asyncio
import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from constellagent.errors import WorldError
from constellagent.ravi.local.events import posting
from constellagent.ravi.local.events.deliveries import next_for, waiting
from constellagent.ravi.local.office import Office
from constellagent.ravi.vault import RootKey
from tests.certificates import authority
from tests.ravi.local.events.happenings import Agent, Clock, agent, until
from tests.ravi.local.events.hooks import ROOT, all_are, settled, subscribe
from tests.ravi.local.events.receiver import Post, Receiver, receiving
from tests.ravi.provided import Provided, provided


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_not_followed(alice: Agent, receiver: Receiver, status: int) -> None:
    """An answer elsewhere is a failure: a signed event goes to the address that was given and to no other."""

    async def elsewhere(post: Post) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "/other"})

    receiver.answer = elsewhere
    await subscribe(alice, receiver.url)
    await alice.happens()
    (row,) = await settled(alice.local, all_are("retrying"))
    assert row["last_error"] == f"it answered {status}, and redirects are not followed"
    assert [post.path for post in receiver.posts] == ["/hook"]


async def test_a_receiver_that_dies(alice: Agent, receiver: Receiver) -> None:
    """A connection that ends without an answer, and a port where nobody listens, are told apart."""

    async def die(post: Post) -> web.StreamResponse:
        assert post.request.transport is not None
        post.request.transport.abort()
        return web.Response()

    receiver.answer = die
    await subscribe(alice, receiver.url)
    await alice.happens()
    (row,) = await settled(alice.local, all_are("retrying"))
    assert row["response_status"] is None
    assert row["last_error"] in {
        "it closed the connection without an answer",
        "the post failed: ClientOSError",
    }
    async with receiving() as gone:
        pass
    await subscribe(alice, gone.url)
    await alice.happens()
    rows = await settled(alice.local, lambda rows: len(rows) == 3 and rows[-1]["attempts"])
    assert rows[-1]["last_error"] == "cannot connect: Connection refused"


async def test_a_slow_receiver_delays_nobody_else(
    alice: Agent, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one webhook never answers, another gets every event at once; the slow one is given up in time."""
    never = asyncio.Event()

    async def hang(post: Post) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    async with receiving() as slow:
        slow.answer = hang
        await subscribe(alice, slow.url)
        await subscribe(alice, receiver.url)
        for _ in range(20):
            await alice.happens()
        posts = await receiver.got(20)
        assert [post.seq for post in posts] == list(range(1, 21))
        assert len(slow.posts) == 1


async def test_a_receiver_that_takes_too_long(
    tmp_path: Path, root_key: RootKey, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up after the time limit, and that is what the log says."""
    never = asyncio.Event()

    async def hang(post: Post) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    receiver.answer = hang
    monkeypatch.setattr(posting, "TIMEOUT", 0.2)
    async with provided(tmp_path, root_key) as local:
        who = await agent(local)
        await subscribe(who, receiver.url)
        await who.happens()
        (row,) = await settled(local, all_are("retrying"))
        assert row["last_error"] == "it did not answer within 0.2 seconds"


async def test_an_answer_that_never_ends_counts(alice: Agent, receiver: Receiver) -> None:
    """A body that goes on for ever, or is a bomb, is looked at for a moment only."""

    async def drip(post: Post) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Encoding": "gzip"})
        await answer.prepare(post.request)
        while True:
            await answer.write(b"\xff" * 10)
            await asyncio.sleep(0.01)

    receiver.answer = drip
    await subscribe(alice, receiver.url)
    await alice.happens()
    (row,) = await settled(alice.local, all_are("delivered"))
    assert row["response_preview"] == "�" * 500


async def test_a_webhook_that_is_deleted_while_it_posts(alice: Agent, receiver: Receiver) -> None:
    """Its answer is dropped, and everything else goes on."""
    go = asyncio.Event()

    async def wait(post: Post) -> web.StreamResponse:
        await go.wait()
        return web.Response()

    receiver.answer = wait
    hook = await subscribe(alice, receiver.url)
    await alice.happens()
    await receiver.got(1)
    await alice.ask("DELETE", f"{ROOT}{hook['id']}/")
    go.set()
    await subscribe(alice, receiver.url)
    await alice.happens()
    await settled(alice.local, all_are("delivered"))


async def test_a_changed_event_fails_and_a_changed_webhook_waits(
    timed: Provided, clock: Clock, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody can open is not posted; a webhook that may be restored keeps what is due."""
    monkeypatch.setattr(posting, "_TICK", 0.05)
    who = await agent(timed)
    office = timed.provider.office
    hook = await subscribe(who, receiver.url)
    query = "SELECT content FROM webhooks WHERE id = ?"
    sealed = (await office.store.rows(query, (hook["id"],)))[0][0]
    await office.store.execute("UPDATE webhooks SET content = zeroblob(99)")
    await who.happens()
    await who.happens()
    await office.store.execute("UPDATE events SET content = zeroblob(99) WHERE seq = 1")
    await office.store.execute("UPDATE webhooks SET content = ?", (sealed,))
    (post,) = await receiver.got(1)
    assert post.seq == 2
    states = await office.store.rows("SELECT state FROM webhook_deliveries ORDER BY event")
    assert states[0][0] == "failed"


async def test_nothing_leaves_without_a_line_in_the_audit(
    tmp_path: Path, root_key: RootKey, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the audit cannot be written nothing is posted; when it is mended, what waited is."""
    monkeypatch.setattr(posting, "_TICK", 0.05)
    async with provided(tmp_path, root_key) as local:
        who = await agent(local)
        await subscribe(who, receiver.url)
        (place,) = (tmp_path / "audit").glob(f"{who.uuid}*")
        size = place.stat().st_size
        with place.open("ab") as file:
            file.write(b"forged\n")
        await who.happens()
        got = await who.ask("GET", "/api/events/")
        assert got.status_code == 503
        assert receiver.posts == []
        os.truncate(place, size)
        await receiver.got(1)
        await settled(local, all_are("delivered"))
        posted = [line[1] for line in await who.audited() if line[0] == "webhook"]
        assert posted == ["webhook.post", "webhook.delivered"]


async def test_one_webhook_that_fails_oddly_does_not_end_the_others(
    alice: Agent, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of ours is logged, and the other webhooks are served."""
    broken = await subscribe(alice, f"{receiver.url}/broken")

    def fail(office: Office, db: Any, endpoint: int) -> object:
        if endpoint == broken["id"]:
            raise ZeroDivisionError
        return next_for(office, db, endpoint)

    # A mock, because no known input makes this code fail.
    monkeypatch.setattr(posting, "next_for", fail)
    await subscribe(alice, receiver.url)
    with caplog.at_level(logging.ERROR):
        await alice.happens()
        await receiver.got(1)
        await until(lambda: "left alone" in caplog.text)
    assert [post.path for post in receiver.posts] == ["/hook"]


async def test_a_disk_that_refuses_for_a_while(
    alice: Agent, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """When the database cannot be asked what to post, that is logged, and it is asked again."""
    real, failed = waiting, asyncio.Event()

    def fail(db: sqlite3.Connection) -> list[int]:
        if failed.is_set():
            return real(db)
        failed.set()
        raise WorldError("the disk is full")

    await subscribe(alice, receiver.url)
    # A mock, because a disk cannot be made to refuse just this question.
    monkeypatch.setattr(posting, "waiting", fail)
    with caplog.at_level(logging.ERROR):
        await alice.happens()
        await until(failed.is_set)
        alice.local.provider.office.bell.ring(alice.id)
        await receiver.got(1)
    assert "cannot look what to post to webhooks: the disk is full" in caplog.text


async def test_certificates_are_checked(
    tmp_path: Path, root_key: RootKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint whose certificate nobody vouches for gets nothing; a trusted one does."""
    private = authority(tmp_path)
    async with receiving(private.context()) as receiver:
        async with provided(tmp_path, root_key) as local:
            who = await agent(local)
            await subscribe(who, receiver.url)
            await who.happens()
            (row,) = await settled(local, all_are("retrying"))
            assert row["last_error"].startswith("its certificate is not accepted: ")
            assert receiver.posts == []
        monkeypatch.setenv("SSL_CERT_FILE", str(private.bundle))
        later = Clock()
        later.now = time.time() + 60  # when the next try is due
        async with provided(tmp_path, root_key, now=later) as local:
            await settled(local, all_are("delivered"))
            assert len(receiver.posts) == 1
