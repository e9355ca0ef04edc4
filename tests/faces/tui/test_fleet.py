"""What is known of the agents, through deaths of the daemon."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from constellagent.errors import UnavailableError
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.fleet import LiveFleet
from constellagent.runtime.live_views import LiveItem
from tests.faces.fake_control import FakeControl
from tests.faces.fake_control import agent_view as agent
from tests.faces.tui.fake_deck import FILE, constellation, event


class Watched(FakeControl):
    """Gives one stream of items after another; where there is none, no daemon answers."""

    def __init__(self, *streams: list[LiveItem]) -> None:
        super().__init__()
        self.streams = list(streams)

    async def watch(self, file: str | None) -> AsyncIterator[LiveItem]:
        """Give the next stream, then end."""
        if not self.streams:
            raise UnavailableError("no daemon answers")
        for item in self.streams.pop(0):
            yield item


def views(*agents: Any) -> LiveItem:
    """Return the first item of a stream."""
    return LiveItem(views=[dict(constellation(*agents))])


async def kept(fleet: LiveFleet, until: Callable[[], bool]) -> None:
    """Follow the daemon until something is so."""
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        work = group.create_task(fleet.keep())
        while not until():
            await asyncio.sleep(0.01)
        work.cancel()


async def _none() -> None:
    """Start no daemon."""


async def test_views_and_changed_agents_are_taken_over() -> None:
    """An agent that changed is replaced in its place; unknown ones change nothing."""
    fleet = LiveFleet(Watched(), None, _none)
    told: list[int] = []
    fleet.subscribe(lambda: told.append(len(fleet.ids())))
    fleet.take(views(agent("a"), agent("b")))
    fleet.take(LiveItem(agents={FILE: [dict(agent("b", state="waiting"))], "/other": [dict(agent("b"))]}))
    assert fleet.ids() == [AgentId(FILE, "a"), AgentId(FILE, "b")]
    found = fleet.agent(AgentId(FILE, "b"))
    assert found is not None
    assert found["state"] == "waiting"
    assert fleet.agent(AgentId("/other", "b")) is None
    assert told == [2, 2]
    assert (fleet.connected, fleet.problem) == (True, "")


async def test_events_that_are_repeated_are_kept_once() -> None:
    """A new stream tells the last minutes again."""
    fleet = LiveFleet(Watched(), None, _none)
    for text in ("one", "two", "one"):
        fleet.take(LiveItem(event=event(text)))
    assert [known["text"] for known in fleet.events] == ["one", "two"]


async def test_a_daemon_that_dies_is_started_and_followed_again() -> None:
    """What was known stays meanwhile."""
    control = Watched([views(agent("a"))])
    started: list[bool] = []

    async def start() -> None:
        started.append(fleet.connected)
        if len(started) == 1:
            raise UnavailableError("it cannot be started\nits log says more")
        control.streams.append([views(agent("b"))])

    seen: list[tuple[bool, str, int]] = []
    fleet = LiveFleet(control, None, start)
    fleet.subscribe(lambda: seen.append((fleet.connected, fleet.problem, len(fleet.ids()))))
    await kept(fleet, lambda: AgentId(FILE, "b") in fleet.ids())
    assert started[:2] == [False, False]
    assert (False, "it ended", 1) in seen
    assert (False, "it cannot be started", 1) in seen
