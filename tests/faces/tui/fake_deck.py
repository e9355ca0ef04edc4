"""A `Deck` in memory: a fleet that a test changes, answers that it gave beforehand, and what was said."""

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.faces.tui.deck import AgentId, Command, Tone, View
from constellagent.runtime.control import AgentView, ConstellationView, ServiceView
from constellagent.runtime.live_views import EventView
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl

FILE = "/repo/acme-web/constellation.yaml"
NOW = 1_000_000.0


def constellation(
    *agents: AgentView, name: str = "acme-web", file: str = FILE, services: Sequence[ServiceView] = ()
) -> ConstellationView:
    """Return a constellation as it is watched."""
    return ConstellationView(
        name=name, file=file, repo=f"/repo/{name}", agents=[*agents], services=[*services]
    )


def event(text: str, subject: str = "docs", **changes: Any) -> EventView:
    """Return an event that asks for attention, with changes."""
    view = EventView(at=NOW, file=FILE, subject=subject, kind="state", level="info", text=text, notify=True)
    return EventView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


class FakeFleet:
    """Meets `Fleet`. A test sets the fields and calls `change`."""

    def __init__(self, *constellations: ConstellationView) -> None:
        self.constellations: list[ConstellationView] = list(constellations)
        self.events: list[EventView] = []
        self.connected = True
        self.problem = ""
        self._told: list[Callable[[], None]] = []

    def agent(self, agent: AgentId) -> AgentView | None:
        """Return the view of one agent."""
        return next(
            (
                view
                for shown in self.constellations
                for view in shown["agents"]
                if AgentId(shown["file"], view["name"]) == agent
            ),
            None,
        )

    def ids(self) -> Sequence[AgentId]:
        """Return all agents in order."""
        return [
            AgentId(shown["file"], view["name"]) for shown in self.constellations for view in shown["agents"]
        ]

    def subscribe(self, changed: Callable[[], None]) -> None:
        """Remember whom to call."""
        self._told.append(changed)

    def change(self, *constellations: ConstellationView) -> None:
        """Tell the subscribers, after taking over `constellations` if there are any."""
        if constellations:
            self.constellations = list(constellations)
        for changed in self._told:
            changed()


class FakeDeck:
    """Meets `Deck`.

    Attributes:
        answers: what `confirm`, `ask` and `choose` answer, one after another.
        asked: the questions, with their details or choices.
        said: (text, tone) of each line.
        shown: the agents whose terminals were shown.
        redraws: how often a frame was asked for.
        settings: may be replaced.
        view: the open view.
        time: what `now` returns.
    """

    def __init__(self, *constellations: ConstellationView) -> None:
        self.fleet = FakeFleet(*constellations)
        self.control = FakeControl()
        self.settings = Settings()
        self.current: AgentId | None = next(iter(self.fleet.ids()), None)
        self.commands: Sequence[Command] = ()
        self.answers: deque[Any] = deque()
        self.asked: list[tuple[str, Any]] = []
        self.said: list[tuple[str, Tone]] = []
        self.shown: list[AgentId] = []
        self.view: View | None = None
        self.redraws = 0
        self.time = NOW
        self._spawned: list[tuple[str, Coroutine[Any, Any, None]]] = []

    def now(self) -> float:
        """Return `time`."""
        return self.time

    def say(self, text: str, tone: Tone = "info") -> None:
        """Write it down."""
        self.said.append((text, tone))

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Keep it for `settle`."""
        self._spawned.append((name, work))

    async def settle(self) -> None:
        """Do all that was spawned; a ConstellagentError is said, as the real deck does."""
        while self._spawned:
            _, work = self._spawned.pop(0)
            try:
                await work
            except ConstellagentError as error:
                self.say(str(error), "error")

    def redraw(self) -> None:
        """Count it."""
        self.redraws += 1

    def show(self, agent: AgentId, *, focus: bool = True) -> None:
        """Write it down, and make the agent the current one."""
        self.shown.append(agent)
        if focus:
            self.current = agent

    def open(self, view: View) -> None:
        """Keep the view."""
        self.view = view

    def close_view(self) -> None:
        """Forget the view."""
        self.view = None

    async def confirm(self, question: str, detail: Sequence[str] = ()) -> bool:
        """Give the next answer."""
        self.asked.append((question, list(detail)))
        return bool(self.answers.popleft())

    async def ask(self, question: str, initial: str = "", *, multiline: bool = False) -> str | None:
        """Give the next answer."""
        self.asked.append((question, {"initial": initial, "multiline": multiline}))
        answer: str | None = self.answers.popleft()
        return answer

    async def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str | None:
        """Give the next answer."""
        self.asked.append((question, list(choices)))
        answer: str | None = self.answers.popleft()
        return answer
