"""One watch for all who look."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from constellagent.errors import UnavailableError, WorldError
from constellagent.faces.web.live.board import GRACE, Board
from constellagent.faces.web.live.frames import Frame, encode
from constellagent.faces.web.live.listeners import MOST_WAITING, Audience
from constellagent.runtime.live_views import EventView
from tests.faces.fake_control import FakeControl, agent_view, session_view
from tests.faces.web.asking import FILE, constellation_view


@pytest.fixture
async def board(control: FakeControl) -> AsyncIterator[Board]:
    """Give a board of one constellation."""
    control.views = [constellation_view()]
    made = Board(control)
    yield made
    await made.close()
    assert control.watchers == 0


def event(text: str, subject: str = "docs", file: str = FILE) -> EventView:
    """Return something that happened."""
    return EventView(at=1.0, file=file, subject=subject, kind="state", level="info", text=text, notify=False)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


def told(frames: list[Frame]) -> list[Any]:
    """Return what frames say, without their marks."""
    return [{key: value for key, value in json.loads(one.data).items() if key != "id"} for one in frames]


async def test_a_newcomer_is_told_all(board: Board, control: FakeControl) -> None:
    """First everything in full, then what happened lately, then what happens."""
    control.live_items = [
        {"views": [{**constellation_view()}]},
        {"event": event("one")},
        {"event": event("two")},
    ]
    await board.rows()
    await until(lambda: board._marks.number == 3)
    listener = await board.listen(Audience())
    first = told(listener.take())
    assert [row["name"] for row in first[0]["views"]] == ["acme"]
    assert first[0]["fresh"] is True
    assert [one["event"]["text"] for one in first[1:]] == ["one", "two"]
    control.news.put_nowait({"event": event("three")})
    assert await listener.wait(30)
    assert [one["event"]["text"] for one in told(listener.take())] == ["three"]


async def test_who_comes_back_is_told_the_rest(board: Board, control: FakeControl) -> None:
    """With the mark of what came last nothing is repeated; with another one all is told anew."""
    listener = await board.listen(Audience())
    mark = json.loads(listener.take()[0].data)["id"]
    control.news.put_nowait({"event": event("later")})
    assert await listener.wait(30)
    again = await board.listen(Audience(), mark)
    assert [one["event"]["text"] for one in told(again.take())] == ["later"]
    for odd in ("deadbeef-1", "x", f"{mark}0"):
        anew = await board.listen(Audience(), odd)
        assert told(anew.take())[0]["fresh"] is True


async def test_a_hundred_viewers_cost_one_watch(board: Board, control: FakeControl) -> None:
    """All of them are told from one watch, with bytes that were encoded once."""
    listeners = [await board.listen(Audience()) for _ in range(100)]
    for listener in listeners:
        listener.take()
    control.news.put_nowait({"agents": {FILE: [{**agent_view("docs", "done")}]}})
    assert await listeners[-1].wait(30)
    frames = {id(listener.take()[0].data) for listener in listeners}
    assert len(frames) == 1
    assert control.watchers == 1
    assert [name for name, _ in control.asked] == ["watch"]


async def test_nothing_is_watched_for_nobody(board: Board, control: FakeControl) -> None:
    """Some time after the last one has left the watch ends; the next one begins a new one."""
    assert not board.watching
    listener = await board.listen(Audience())
    other = await board.listen(Audience())
    board._grace = 0.05
    board.leave(other)
    await asyncio.sleep(0.15)
    assert board.watching
    board.leave(listener)
    await until(lambda: control.watchers == 0)
    assert not board.watching
    board._grace = GRACE
    assert [row["name"] for row in await board.rows()] == ["acme"]
    assert control.watchers == 1


async def test_an_agent_is_told_of_itself_alone(board: Board, control: FakeControl) -> None:
    """Views, changes and events are cut down to its own."""
    mine = await board.listen(Audience(FILE, "docs"))
    (first,) = told(mine.take())
    assert [agent["name"] for agent in first["views"][0]["agents"]] == ["docs"]
    assert first["views"][0]["services"] == []
    for news in (
        {"event": event("hers", "auth")},
        {"agents": {FILE: [{**agent_view("auth", "done")}]}},
        {"views": [{**constellation_view()}]},
        {"agents": {FILE: [{**agent_view("auth")}, {**agent_view("docs", "done")}]}},
        {"event": event("elsewhere", file="/b.yaml")},
        {"event": event("his")},
    ):
        control.news.put_nowait(news)  # type: ignore[arg-type] # items of a watch
    await until(lambda: board._marks.number == 7)
    seen = told(mine.take())
    assert b"auth" not in encode(seen)
    assert [next(iter(one)) for one in seen] == ["views", "agents", "event"]


async def test_who_falls_behind_gets_one_full_view(board: Board, control: FakeControl) -> None:
    """In the place of too many frames there is one that holds everything as it is now."""
    slow = await board.listen(Audience())
    for number in range(MOST_WAITING + 5):
        control.news.put_nowait({"event": event(str(number))})
    await until(lambda: slow.stale)
    caught_up = json.loads(board.caught_up(slow).data)
    assert caught_up["stale"] is True
    assert [row["name"] for row in caught_up["views"]] == ["acme"]
    assert not slow.stale


async def test_what_is_encoded_is_made_again_only_after_a_change(board: Board, control: FakeControl) -> None:
    """The mark of an answer changes with what it is about, and not with what happens elsewhere."""
    other = constellation_view("beta", "/b.yaml")
    control.live_items = [{"views": [{**constellation_view()}, {**other}]}]
    made = 0

    def make() -> bytes:
        nonlocal made
        made += 1
        return str(made).encode()

    first = await board.encoded(FILE, ("agents",), make)
    every = await board.encoded("", ("constellations",), make)
    control.news.put_nowait({"agents": {"/b.yaml": [{**agent_view("docs", "done")}]}})
    await until(lambda: board._marks.number == 2)
    assert await board.encoded(FILE, ("agents",), make) == first
    assert await board.encoded("", ("constellations",), make) != every
    control.news.put_nowait({"agents": {FILE: [{**agent_view("docs", "done")}]}})
    await until(lambda: board._marks.number == 3)
    assert (await board.encoded(FILE, ("agents",), make))[1] != first[1]


async def test_a_look_that_fails_is_told_to_who_waits(board: Board, control: FakeControl) -> None:
    """The daemon's own error comes to whoever asked, and the next one looks anew."""
    control.fail("watch", WorldError("the disk is gone"))
    with pytest.raises(WorldError, match="the disk is gone"):
        await board.rows()
    control.fails.clear()
    assert len(await board.rows()) == 1


async def test_the_end_of_the_watch_reaches_all(board: Board, control: FakeControl) -> None:
    """Where the daemon tells no more everybody is sent away, and nothing old is shown as new."""
    listener = await board.listen(Audience())
    control.news.put_nowait(WorldError("it broke"))
    await until(lambda: listener.over)
    assert not board.watching
    board.leave(listener)
    assert not board.watching


async def test_another_session_is_waited_for(board: Board, control: FakeControl) -> None:
    """An agent that ended and is started again is noticed; one that only ended is not."""
    waiting = asyncio.ensure_future(board.another_session(FILE, "docs", "s1"))
    await until(lambda: control.watchers == 1)
    ended = agent_view("docs", "exited", session=session_view(id="s1", live=False))
    control.news.put_nowait({"agents": {FILE: [{**ended}]}})
    await until(lambda: board._marks.number == 2)
    assert not waiting.done()
    started = agent_view("docs", session=session_view(id="s2"))
    control.news.put_nowait({"agents": {FILE: [{**started}]}})
    async with asyncio.timeout(30):
        assert await waiting is True


async def test_a_closed_board_answers_nobody(board: Board) -> None:
    """After the end nothing begins again by itself."""
    listener = await board.listen(Audience())
    await board.close()
    assert listener.over
    board.leave(listener)
    with pytest.raises(UnavailableError):
        await board.rows()
