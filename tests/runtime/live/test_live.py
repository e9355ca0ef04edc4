"""A watch begins with everything, then tells what differs, and looks only while somebody watches."""

import asyncio
import copy
from collections.abc import AsyncIterator, Sequence

import pytest

from constellagent.errors import SpecError, UnavailableError
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.control import ConstellationView
from constellagent.runtime.live import looking
from constellagent.runtime.live.live import Live
from constellagent.runtime.live.news import News
from constellagent.runtime.live_views import LiveItem
from tests.faces.fake_control import agent_view
from tests.runtime.live.test_news import event


def views_of(*names: str, file: str = "/a.yaml") -> list[ConstellationView]:
    """Return the view of one constellation with these agents."""
    agents = [agent_view(name) for name in names]
    return [ConstellationView(name="shop", file=file, repo="/repo", agents=agents, services=[])]


class World:
    """What is looked at: answers with a copy of what a test sets."""

    def __init__(self) -> None:
        self.views = views_of("docs", "api")
        self.looks = 0
        self.fails: Exception | None = None
        self.title = ""

    def touch(self, views: Sequence[ConstellationView]) -> None:
        """Bring titles up to date."""
        for view in views:
            for agent in view["agents"]:
                agent["title"] = self.title

    async def status(self, file: str | None) -> list[ConstellationView]:
        """Look once."""
        self.looks += 1
        if self.fails:
            raise self.fails
        return copy.deepcopy(self.views)


async def next_item(watch: AsyncIterator[LiveItem]) -> LiveItem:
    """Return the next item, which must come soon."""
    return await asyncio.wait_for(anext(watch), 30)


@pytest.fixture
def world() -> World:
    """Give a world with two agents."""
    return World()


@pytest.fixture
async def live(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Live, News]]:
    """Give what is watched, with its news; nothing is looked at again only because time has passed."""
    monkeypatch.setattr(looking, "LATEST", 3600.0)
    news = News()
    live = Live(world, news, SystemClock())
    yield live, news
    await live.close()


async def test_full_views_then_what_differs(world: World, live: tuple[Live, News]) -> None:
    """First all views come; after a change of one agent only that agent's row does."""
    watch = live[0].watch(None)
    assert [agent["name"] for agent in (await next_item(watch))["views"][0]["agents"]] == ["docs", "api"]
    world.views[0]["agents"][1]["state"] = "waiting"
    live[0].poke()
    item = await next_item(watch)
    assert list(item) == ["agents"]
    assert [(row["name"], row["state"]) for row in item["agents"]["/a.yaml"]] == [("api", "waiting")]
    await watch.aclose()  # type: ignore[attr-defined] # an async generator


async def test_what_memory_tells_needs_no_look(world: World, live: tuple[Live, News]) -> None:
    """A change that memory knows of is told without asking the world."""
    watch = live[0].watch(None)
    await next_item(watch)
    world.title = "thinking"
    live[0].poke(whole=False)
    assert {row["title"] for row in (await next_item(watch))["agents"]["/a.yaml"]} == {"thinking"}
    assert world.looks == 1
    await watch.aclose()  # type: ignore[attr-defined] # an async generator


async def test_agents_that_come_bring_all_views(world: World, live: tuple[Live, News]) -> None:
    """When the set of agents changes, everything is sent again."""
    watch = live[0].watch(None)
    await next_item(watch)
    world.views = views_of("docs", "api", "triage")
    live[0].poke()
    assert len((await next_item(watch))["views"][0]["agents"]) == 3
    await watch.aclose()  # type: ignore[attr-defined] # an async generator


async def test_events_come_after_the_views(world: World, live: tuple[Live, News]) -> None:
    """Events that are kept follow the first views, later ones come as they happen."""
    live[1].tell(event("before"))
    watch = live[0].watch("/a.yaml")
    assert "views" in await next_item(watch)
    assert (await next_item(watch))["event"]["text"] == "before"
    live[1].tell(event("after"))
    assert (await next_item(watch))["event"]["text"] == "after"
    await watch.aclose()  # type: ignore[attr-defined] # an async generator


async def test_two_watchers_share_one_look(world: World, live: tuple[Live, News]) -> None:
    """Who comes second gets the views that are known, at once, and looks are not made twice."""
    one, two = live[0].watch(None), live[0].watch(None)
    await next_item(one)
    await next_item(two)
    assert world.looks == 1
    await one.aclose()  # type: ignore[attr-defined] # an async generator
    await two.aclose()  # type: ignore[attr-defined] # an async generator


async def test_nobody_watching_costs_nothing(world: World, live: tuple[Live, News]) -> None:
    """After the last watcher left nothing is looked at any more."""
    watch = live[0].watch(None)
    await next_item(watch)
    await watch.aclose()  # type: ignore[attr-defined] # an async generator
    looks = world.looks
    live[0].poke()
    await asyncio.sleep(0)
    assert world.looks == looks
    assert not live[0].watched


async def test_a_file_that_cannot_be_read_is_said(world: World, live: tuple[Live, News]) -> None:
    """A watch whose first look fails raises that error."""
    world.fails = SpecError("/a.yaml", [])
    with pytest.raises(SpecError):
        await next_item(live[0].watch("/a.yaml"))


async def test_a_later_failure_keeps_what_is_shown(world: World, live: tuple[Live, News]) -> None:
    """A look that fails later changes nothing for the watcher, and the next one that works is told."""
    watch = live[0].watch(None)
    await next_item(watch)
    world.fails = UnavailableError("git is away")
    live[0].poke()
    pending = asyncio.ensure_future(anext(watch))
    while world.looks < 2:
        await asyncio.sleep(0.01)
    assert not pending.done()
    world.fails = None
    world.views[0]["agents"][0]["state"] = "done"
    live[0].poke()
    item = await asyncio.wait_for(pending, 30)
    assert item["agents"]["/a.yaml"][0]["state"] == "done"
    await watch.aclose()  # type: ignore[attr-defined] # an async generator
