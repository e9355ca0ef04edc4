"""Events and WebSockets of those who stay, through the real server."""

import asyncio
import json
import select
import socket
from typing import Any

import aiohttp
import pytest

from constellagent.faces.web.live import watching
from constellagent.faces.web.live.board import Board
from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.routing import Call
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl, agent_view
from tests.faces.web.asking import BASE, FILE, Api, constellation_view
from tests.faces.web.live.test_board import event, until


async def next_event(stream: aiohttp.StreamReader) -> dict[str, str]:
    """Return the fields of the next event, or comment, of a stream."""
    fields: dict[str, str] = {}
    async with asyncio.timeout(30):
        while line := (await stream.readline()).decode().rstrip("\n"):
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    return fields


async def test_a_stream_of_events_tells_what_changes(api: Api) -> None:
    """It begins with everything, and each event has a mark, a kind and one line of JSON."""
    async with api.client.get(f"{BASE}/events") as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert response.headers["Cache-Control"] == "no-store"
        assert await next_event(response.content) == {"retry": "2000"}
        first = await next_event(response.content)
        assert first["event"] == "views"
        assert json.loads(first["data"])["views"][0]["name"] == "acme"
        api.control.news.put_nowait({"event": event("line\nbreak")})
        second = await next_event(response.content)
        assert json.loads(second["data"])["id"] == second["id"] != first["id"]
        assert json.loads(second["data"])["event"]["text"] == "line\nbreak"


@pytest.mark.parametrize("by_header", [True, False])
async def test_a_stream_goes_on_where_it_broke(api: Api, by_header: bool) -> None:
    """With the last mark, as a browser sends it or in the query, nothing is told twice."""
    async with api.client.get(f"{BASE}/events") as response:
        await next_event(response.content)
        mark = (await next_event(response.content))["id"]
        api.control.news.put_nowait({"event": event("missed")})
        await next_event(response.content)
    headers = {"Last-Event-ID": mark} if by_header else {}
    query = {} if by_header else {"since": mark}
    async with api.client.get(f"{BASE}/events", headers=headers, params=query) as response:
        await next_event(response.content)
        again = await next_event(response.content)
        assert json.loads(again["data"])["event"]["text"] == "missed"


async def test_events_of_before_have_no_mark(api: Api) -> None:
    """What happened before somebody came does not move the mark to come back with."""
    api.control.live_items = [{"views": []}, {"event": event("old")}]
    async with api.client.get(f"{BASE}/events") as response:
        await next_event(response.content)
        await next_event(response.content)
        await next_event(response.content)
    async with api.client.get(f"{BASE}/events") as response:
        await next_event(response.content)
        assert "id" in await next_event(response.content)
        assert "id" not in await next_event(response.content)


async def test_a_quiet_stream_shows_that_it_lives(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without news there is a comment now and then."""
    monkeypatch.setattr(watching, "HEARTBEAT", 0.02)
    async with api.client.get(f"{BASE}/events") as response:
        await next_event(response.content)
        await next_event(response.content)
        assert await next_event(response.content) == {"": "heartbeat"}


async def test_a_websocket_tells_the_same(api: Api) -> None:
    """Everything first, then each change as a text message with its mark."""
    async with api.client.ws_connect(f"{BASE}/live") as live:
        first = await live.receive_json(timeout=30)
        assert first["fresh"] is True
        api.control.news.put_nowait({"agents": {FILE: [{**agent_view("docs", "done")}]}})
        second = await live.receive_json(timeout=30)
        assert second["agents"][FILE][0]["state"] == "done"
    async with api.client.ws_connect(f"{BASE}/live?since={first['id']}") as live:
        assert await live.receive_json(timeout=30) == second


async def test_what_a_viewer_says_has_no_meaning(api: Api) -> None:
    """Words of a viewer are dropped, and a flood of them ends its connection."""
    async with api.client.ws_connect(f"{BASE}/live") as live:
        await live.receive_json(timeout=30)
        await live.send_str("{}")
        api.control.news.put_nowait({"event": event("still here")})
        assert (await live.receive_json(timeout=30))["event"]["text"] == "still here"
        await live.send_str("x" * 5000)
        assert (await live.receive(timeout=30)).type is aiohttp.WSMsgType.CLOSE
        assert live.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_who_leaves_is_forgotten(api: Api) -> None:
    """A hundred viewers that come and go leave nothing behind."""
    for _ in range(100):
        async with api.client.ws_connect(f"{BASE}/live") as live:
            await live.receive(timeout=30)
    assert [name for name, _ in api.control.asked] == ["watch"]
    assert api.control.watchers == 1


async def test_who_does_not_read_is_dropped(
    api: Api, home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that leaves everything unread loses its connection; others go on being told."""
    monkeypatch.setattr(watching, "UNREAD", 2.0)
    api.control.views = [constellation_view(repo="x" * 200_000)]
    loop, dropped = asyncio.get_running_loop(), select.poll()
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.setblocking(False)
        await loop.sock_connect(deaf, str(home.paths.api_socket))
        await loop.sock_sendall(deaf, b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with api.client.ws_connect(f"{BASE}/live") as live:
            await live.receive(timeout=30)
            for _ in range(30):
                api.control.news.put_nowait({"views": [{**view} for view in api.control.views]})
                assert (await live.receive(timeout=30)).type is aiohttp.WSMsgType.TEXT
            dropped.register(deaf, select.POLLHUP)
            await until(lambda: bool(dropped.poll(0)))
            data = b"x"
            taken = 0
            async with asyncio.timeout(30):
                while data:
                    try:
                        data = await loop.sock_recv(deaf, 1 << 20)
                    except ConnectionResetError:
                        data = b""
                    taken += len(data)
            assert taken < 30 * 200_000


async def test_all_are_sent_away_where_the_daemon_tells_no_more(api: Api) -> None:
    """The WebSocket's close code says to come again, and the stream of events ends."""
    async with (
        api.client.ws_connect(f"{BASE}/live") as live,
        api.client.get(f"{BASE}/events") as response,
    ):
        await live.receive(timeout=30)
        await next_event(response.content)
        await next_event(response.content)
        api.control.news.put_nowait(HttpError(500, "it broke"))
        await live.receive(timeout=30)
        assert live.close_code == watching.TRY_AGAIN
        assert await response.content.read() == b""


async def test_an_agent_of_nowhere_is_refused() -> None:
    """A token that does not say to which constellation its agent belongs opens nothing."""
    board = Board(FakeControl())
    call: Any = Call(FakeControl(), board, agent="docs")
    with pytest.raises(HttpError):
        async with watching._listening(call):
            pass
    await until(lambda: not board.watching)
