"""What is known of all agents, from the daemon's stream of changes, for as long as the multiplexer runs.

While the daemon is away the last that was known stays, and one is started again as the command line would.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

from constellagent.errors import ConstellagentError
from constellagent.faces.tui.deck import AgentId
from constellagent.runtime.control import AgentView, ConstellationView, Control
from constellagent.runtime.live_views import EventView, LiveItem

KEPT_EVENTS = 1000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


class LiveFleet:
    """Meets `Fleet`.

    Attributes:
        problem: why the daemon is away, one line; empty while it answers.
    """

    def __init__(
        self,
        control: Control,
        file: str | None,
        start: Callable[[], Awaitable[None]],
    ) -> None:
        """`file` is the constellation to show, None for all; `start` starts a daemon that is away."""
        self.problem = ""
        self._control = control
        self._file = file
        self._start = start
        self._views: list[ConstellationView] = []
        self._agents: dict[AgentId, AgentView] = {}
        self._events: deque[EventView] = deque(maxlen=KEPT_EVENTS)
        self._told: list[Callable[[], None]] = []
        self._connected = False

    @property
    def constellations(self) -> Sequence[ConstellationView]:
        """The newest views, in the order of the daemon."""
        return self._views

    @property
    def events(self) -> Sequence[EventView]:
        """What happened, oldest first; the last thousand."""
        return self._events

    @property
    def connected(self) -> bool:
        """The daemon answers; False while it is away, when what is shown may be old."""
        return self._connected

    def agent(self, agent: AgentId) -> AgentView | None:
        """Return the view of one agent, None where there is none any more."""
        return self._agents.get(agent)

    def ids(self) -> Sequence[AgentId]:
        """Return all agents in the order of the list."""
        return list(self._agents)

    def subscribe(self, changed: Callable[[], None]) -> None:
        """Call `changed` after each change of what is known; it must not block."""
        self._told.append(changed)

    async def keep(self) -> None:
        """Follow the daemon until cancelled, through any number of deaths of it."""
        pause = _FIRST_PAUSE
        while True:
            try:
                async for item in self._control.watch(self._file):
                    pause = _FIRST_PAUSE
                    self.take(item)
                self._away("it ended")
            except ConstellagentError as error:
                self._away(str(error).partition("\n")[0])
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            try:
                await self._start()
            except ConstellagentError as error:
                self._away(str(error).partition("\n")[0])

    def take(self, item: LiveItem) -> None:
        """Take over one item of the stream, and tell of it."""
        self._connected, self.problem = True, ""
        if "views" in item:
            self._views = [cast(ConstellationView, view) for view in item["views"]]
        elif "agents" in item:
            self._views = [_changed(view, item["agents"].get(view["file"], ())) for view in self._views]
        elif "event" in item and item["event"] not in self._events:  # a new stream repeats the last minutes
            self._events.append(item["event"])
        self._agents = {
            AgentId(view["file"], agent["name"]): agent for view in self._views for agent in view["agents"]
        }
        self._tell()

    def _away(self, problem: str) -> None:
        if self._connected or self.problem != problem:
            self._connected, self.problem = False, problem
            self._tell()

    def _tell(self) -> None:
        for changed in self._told:
            changed()


def _changed(view: ConstellationView, agents: Sequence[dict[str, object]]) -> ConstellationView:
    """Return the view with those agents in place of what was known of them."""
    newer = {str(agent["name"]): cast(AgentView, agent) for agent in agents}
    if not newer:
        return view
    return {**view, "agents": [newer.get(agent["name"], agent) for agent in view["agents"]]}
