"""`/ws/events/`: live, in order, resumed by number, and over when it must be."""

import asyncio
import json
import socket as sockets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import aiohttp
import pytest

from constellagent.errors import WorldError
from constellagent.ravi.local.events import stream
from constellagent.ravi.local.office import Office
from tests.ravi.local.events.happenings import (
    RECEIVED,
    SENT,
    Agent,
    events,
    stopped_without_patience,
    until,
)
from tests.ravi.provided import Provided


@asynccontextmanager
async def connected(
    local: Provided, key: str, query: str = ""
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a stream with a key."""
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{local.url}/ws/events/{query}", headers={"Authorization": f"Bearer {key}"}) as ws,
    ):
        yield ws


async def following(ws: aiohttp.ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    """Return the next events."""
    async with asyncio.timeout(30):
        return [json.loads(await ws.receive_str()) for _ in range(count)]


async def ended(ws: aiohttp.ClientWebSocketResponse, within: float = 30.0) -> int | None:
    """Return the code with which the provider closes the stream."""
    async with asyncio.timeout(within):
        async for message in ws:
            assert message.type is aiohttp.WSMsgType.TEXT
    return ws.close_code


@contextmanager
def never_reading(local: Provided, key: str) -> Iterator[sockets.socket]:
    """Open a stream since the beginning, and take nothing of it."""
    with sockets.create_connection(("127.0.0.1", int(local.url.rpartition(":")[2]))) as stuck:
        stuck.sendall(
            b"GET /ws/events/?since=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
            b"dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer " + key.encode() + b"\r\n\r\n"
        )
        yield stuck


async def revoke(local: Provided) -> None:
    """Revoke the one key of an identity that there is."""
    (key,) = (await local.ask("GET", "/api/auth/keys/identity/")).json()
    assert (await local.ask("DELETE", f"/api/auth/keys/identity/{key['uuid']}/")).status_code == 204


async def test_events_come_as_they_happen(alice: Agent, bob: Agent, local: Provided) -> None:
    """Each event is one frame with what the list says of it; an identity's key hears of its own only."""
    await alice.happens(subject="before")
    async with connected(local, alice.key) as mine, connected(local, local.key) as all_of_them:
        for who in (alice, bob, alice):
            await who.happens(SENT, subject=who.uuid)
        assert [event["seq"] for event in await following(mine, 2)] == [2, 4]
        heard = await following(all_of_them, 3)
    assert heard == (await events(local))[1:]
    assert [event["identity"] for event in heard] == [alice.uuid, bob.uuid, alice.uuid]


async def test_a_stream_goes_on_where_another_ended(alice: Agent, local: Provided) -> None:
    """With `since` the past comes first, and what happens during it is neither lost nor doubled."""
    for number in range(230):
        await alice.happens(RECEIVED if number % 2 else SENT, number=number)
    async with connected(local, alice.key, f"?since=9&event_types={RECEIVED}") as ws:
        first = await following(ws, 50)
        await alice.happens_often(150, number=999)
        rest = await following(ws, 110 - 50 + 150 + 1)
    seqs = [event["seq"] for event in first + rest]
    assert seqs == [*range(10, 231, 2), *range(231, 381)]


async def test_a_narrowed_management_key(alice: Agent, bob: Agent, local: Provided) -> None:
    """`?identity=` narrows a stream as it does every other request."""
    async with connected(local, local.key, f"?identity={bob.uuid}") as ws:
        await alice.happens()
        await bob.happens()
        assert [event["identity"] for event in await following(ws, 1)] == [bob.uuid]
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        async with connected(local, alice.key, f"?identity={bob.uuid}"):
            pass


async def test_no_key_no_stream(alice: Agent, local: Provided) -> None:
    """Without a key, with a wrong one, with the key in the address, and from a web page: refused."""
    for headers, query, status in (
        ({}, "", 401),
        ({"Authorization": "Bearer nonsense"}, "", 401),
        ({}, f"?token={alice.key}&key={alice.key}", 401),
        ({"Authorization": f"Bearer {alice.key}", "Origin": "http://evil.test"}, "", 403),
        ({"Authorization": f"Bearer {alice.key}"}, "?since=x", 422),
    ):
        async with aiohttp.ClientSession() as http:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await http.ws_connect(f"{local.url}/ws/events/{query}", headers=headers)
            assert refused.value.status == status


async def test_it_must_be_a_websocket(alice: Agent) -> None:
    """A plain request is told what to do instead."""
    got = await alice.ask("GET", "/ws/events/")
    assert got.status_code == 400
    assert "WebSocket" in got.json()["detail"]


async def test_a_revoked_key_ends_its_stream(alice: Agent, local: Provided) -> None:
    """The stream closes with 4401 at one of its next looks, and says nothing of what happened after."""
    assert stream._CHECK_EVERY <= 0.5
    async with connected(local, alice.key) as ws:
        await alice.happens()
        await following(ws, 1)
        await revoke(local)
        assert await ended(ws, within=15) == stream.REVOKED


async def test_a_busy_stream_ends_too(alice: Agent, local: Provided) -> None:
    """A stream to which something is always sent looks at its key all the same."""
    over = asyncio.Event()

    async def busy() -> None:
        while not over.is_set():
            await alice.happens()

    async with connected(local, alice.key) as ws, asyncio.TaskGroup() as group:
        group.create_task(busy())
        await following(ws, 20)
        await revoke(local)
        assert await ended(ws, within=15) == stream.REVOKED
        over.set()


async def test_an_archived_identity_ends_the_stream(alice: Agent, local: Provided) -> None:
    """Putting an identity away ends its keys, and with them its streams."""
    async with connected(local, alice.key) as ws:
        await local.ask("POST", f"/api/identities/{alice.uuid}/archive/")
        assert await ended(ws) == stream.REVOKED


async def test_a_provider_that_stops_says_so(alice: Agent, local: Provided) -> None:
    """Every stream is closed with 1001, and stopping does not wait for them."""
    async with connected(local, alice.key) as one, connected(local, local.key) as other:
        endings = [asyncio.ensure_future(ended(ws)) for ws in (one, other)]
        await stopped_without_patience(local)
        assert [await ending for ending in endings] == [1001, 1001]


async def test_a_client_that_goes_is_forgotten(alice: Agent, local: Provided, office: Office) -> None:
    """After a client closed its stream nothing waits for it, also where it fell silent instead."""
    async with connected(local, alice.key) as ws:
        await until(lambda: alice.id in office.bell._waiting)
        await ws.close()
    await until(lambda: alice.id not in office.bell._waiting)
    async with connected(local, alice.key) as ws:
        await until(lambda: alice.id in office.bell._waiting)
        ws._response.close()
    await until(lambda: alice.id not in office.bell._waiting)


async def test_what_a_client_sends_is_ignored(alice: Agent, local: Provided) -> None:
    """Small frames do nothing; one that is too large ends the stream with 1009."""
    async with connected(local, alice.key) as ws:
        await ws.send_str('{"type": "subscribe"}')
        await ws.send_bytes(b"\x00")
        await alice.happens()
        assert len(await following(ws, 1)) == 1
        await ws.send_str("x" * 10_000)
        assert await ended(ws) == 1009


async def test_a_client_is_pinged(
    alice: Agent, local: Provided, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that does not answer pings any more is forgotten."""
    monkeypatch.setattr(stream, "_PING_EVERY", 0.1)
    headers = {"Authorization": f"Bearer {alice.key}"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{local.url}/ws/events/", headers=headers, autoping=False) as ws,
    ):
        async with asyncio.timeout(30):
            assert (await ws.receive()).type is aiohttp.WSMsgType.PING
        await until(lambda: alice.id not in office.bell._waiting)


async def test_a_client_that_takes_nothing_is_dropped(
    alice: Agent, local: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is cut off, what waits for it stays bounded, the others go on, and it can go on by number."""
    monkeypatch.setattr(stream, "_STALLED", 2.0)  # who reads must not be taken for one who does not
    text, many = "x" * 200_000, 200
    assert local.provider._runner is not None
    server = local.provider._runner.server
    assert server is not None
    open_before = len(server.connections)
    with never_reading(local, alice.key) as stuck:
        async with connected(local, alice.key) as ws:
            await alice.happens_often(many, text=text)
            assert [event["seq"] for event in await following(ws, many)] == list(range(1, many + 1))
            assert len(server.connections) >= open_before + 1
            await until(lambda: len(server.connections) == open_before + 1)
        received = await asyncio.to_thread(drained, stuck)
    assert 0 < received < many * len(text) // 2
    async with connected(local, alice.key, "?since=150") as ws:
        assert [event["seq"] for event in await following(ws, 50)] == list(range(151, 201))


async def test_a_stuck_client_does_not_hold_up_the_end(alice: Agent, local: Provided) -> None:
    """A provider that stops waits a moment for a client that takes nothing, and no longer."""
    await alice.happens_often(100, text="x" * 200_000)
    with never_reading(local, alice.key):
        await until(lambda: pending(local) > 1 << 16)
        began = time.monotonic()
        await local.provider.stop()
        assert time.monotonic() - began < 15


def pending(local: Provided) -> int:
    """Return how much waits in our own buffers for clients that do not read."""
    runner = local.provider._runner
    assert runner is not None
    assert runner.server is not None
    open_ones = [handler.transport for handler in runner.server.connections]
    return sum(
        transport.get_write_buffer_size()
        for transport in open_ones
        if isinstance(transport, asyncio.WriteTransport)
    )


def drained(connection: sockets.socket) -> int:
    """Return how many bytes come until the connection ends."""
    connection.settimeout(10)
    received = 0
    try:
        while piece := connection.recv(1 << 16):
            received += len(piece)
    except ConnectionResetError:
        pass
    return received


async def test_a_provider_that_cannot_read_says_so(
    alice: Agent, office: Office, local: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed event, or a disk that refuses, ends the stream with 1011 instead of leaving something out."""
    await alice.happens()
    await office.store.execute("UPDATE events SET content = zeroblob(99)")
    async with connected(local, alice.key, "?since=0") as ws:
        assert await ended(ws) == 1011
    async with connected(local, alice.key) as ws:

        async def fail(*_: object) -> None:
            raise WorldError("the disk is full")

        # A mock, because a disk cannot be made to refuse just now and not before.
        monkeypatch.setattr(stream, "take", fail)
        await alice.happens()
        assert await ended(ws) == 1011


async def test_streaming_is_audited(alice: Agent, local: Provided) -> None:
    """What was told is in the audit, under the name of who heard it."""
    async with connected(local, alice.key) as ws:
        await alice.happens()
        await following(ws, 1)
    assert await alice.audited() == [("key t", "events.read", "ok", "1 events")]


async def test_each_event_wakes_the_stream(
    alice: Agent, local: Provided, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event is sent when it happens, not with the next look at the key."""
    monkeypatch.setattr(stream, "_CHECK_EVERY", 600.0)
    async with connected(local, alice.key) as ws:
        for _ in range(5):
            await alice.happens()
            await following(ws, 1)
