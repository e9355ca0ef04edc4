"""All that faces are shown of the agents: `status` once, or `watch` as it changes, with what happens."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

from constellagent.errors import ConstellagentError
from constellagent.ravi.wires.answers_events import Count
from constellagent.runtime.changes import Changes
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.control import AgentView, ConstellationView, StreamItem
from constellagent.runtime.events import Event
from constellagent.runtime.live.happenings import Happenings
from constellagent.runtime.live.live import Live
from constellagent.runtime.live.news import News
from constellagent.runtime.live.unread import Unread
from constellagent.runtime.live_views import LiveItem
from constellagent.runtime.schedule_views import OpenRunView
from constellagent.runtime.statuses import Statuses
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.ledger import LedgerRow
from constellagent.runtime.store.paused import PausedRow
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn
from constellagent.runtime.timekeeping import AgentRuns
from constellagent.runtime.undeclared import undeclared_agents

_log = logging.getLogger(__name__)

_COUNT_EVERY = 3.0
"""Seconds between two looks whether an agent's changes have to be counted anew."""


class Lookout:
    """Looks, while somebody asks or watches, and tells."""

    def __init__(
        self,
        *,
        contexts: Contexts,
        constellations: Constellations,
        bindings: Bindings,
        statuses: Statuses,
        runs: AgentRuns,
        changes: Changes,
        count: Callable[[], Awaitable[Sequence[Count]]],
        clock: Clock,
        paused: Callable[[str], Sequence[PausedRow]] = lambda _: (),
    ) -> None:
        """`count` counts unread messages at the local provider; `bindings` are of all constellations.

        `paused` tells which runs of a constellation are.
        """
        self._paused = paused
        self._contexts = contexts
        self._constellations = constellations
        self._bindings = bindings
        self._statuses = statuses
        self._runs = runs
        self._changes = changes
        self._unread = Unread(count)
        self._clock = clock
        self._owners: Mapping[tuple[str, str], str] = {}
        news = News()
        self._happenings = Happenings(news, constellations, bindings, clock)
        self._live = Live(self, news, clock)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to follow what is only known by asking, while somebody watches."""
        self._tasks = [
            spawn(self._unread.follow(lambda: self._live.watched, self._come), name="count unread messages"),
            spawn(self._count_changes(), name="count changes"),
        ]

    async def close(self) -> None:
        """End all watches."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._live.close()

    async def status(self, file: str | None) -> list[ConstellationView]:
        """Show one constellation, or all that were ever applied where `file` is None."""
        self._owners = {
            (binding.constellation, binding.agent): binding.uuid
            for binding in await self._bindings.of_provider("local")
            if not binding.archived
        }
        if file is not None:
            return [await self._view(await self._contexts.of_file(file))]
        views = []
        for applied in await self._constellations.all():
            try:
                views.append(await self._view(await self._contexts.of_applied(applied)))
            except ConstellagentError as error:
                _log.warning("status failed: %s: %s", applied.file, error.message)
                views.append(
                    ConstellationView(
                        name=applied.name,
                        file=str(applied.file),
                        repo=str(applied.repo),
                        problem=error.message,
                        agents=[],
                        services=[],
                    )
                )
        return views

    def touch(self, views: Sequence[ConstellationView]) -> None:
        """Bring up to date what terminals tell, and the counts."""
        for view in views:
            constellation = self._contexts.id_of(view["file"])
            for agent in view["agents"]:
                self._statuses.touch(agent)
            self._count(constellation, view["agents"])

    def watch(self, file: str | None) -> AsyncIterator[LiveItem]:
        """Tell what changes, until the caller leaves."""
        return self._live.watch(file)

    def poke(self, *, whole: bool = True) -> None:
        """Say that something has changed that is shown."""
        self._live.poke(whole=whole)

    def state_changed(self, row: SessionRow, state: str, reason: str) -> None:
        """Take note that a session's terminal tells something else."""
        self._changes.poke(row.constellation, row.subject)
        self._live.poke(whole=False)
        spawn(self._happenings.state(row, state, reason), name="tell of a state")

    def prompted(self, row: SessionRow, text: str) -> None:
        """Take note of what there is to say about the first prompt of a session."""
        self._live.poke(whole=False)
        spawn(self._happenings.prompt(row, text), name="tell of a prompt")

    def session_started(self, row: SessionRow) -> None:
        """Take note of a new session."""
        self._changes.poke(row.constellation, row.subject)
        self._live.poke()

    async def session_ended(self, row: SessionRow) -> None:
        """Take note of the end of a session."""
        self._changes.poke(row.constellation, row.subject)
        await self._happenings.session_ended(row)
        self._live.poke()

    async def run_ended(self, row: LedgerRow) -> None:
        """Take note of the end of a schedule's run."""
        await self._happenings.run_ended(row)
        self._live.poke()

    def reviewed(self, file: str, agent: str, text: str) -> None:
        """Take note of what a reviewer has done in an agent's worktree."""
        self._changes.poke(self._contexts.id_of(file), agent)
        self._happenings.review(file, agent, text)
        self._live.poke()

    async def told(self, file: str, items: AsyncIterator[StreamItem]) -> AsyncIterator[StreamItem]:
        """Pass on the items of an apply, telling of them to those who watch."""
        try:
            async for item in items:
                if event := item.get("event"):
                    self._happenings.apply(file, Event(**event))
                    self._live.poke()
                yield item
        finally:
            self._live.poke()

    async def _view(self, context: Context) -> ConstellationView:
        view = await self._statuses.of(context)
        await self._runs.mark(context.id, view)
        _mark_paused(view, self._paused(context.id))
        self._count(context.id, view["agents"])
        return view

    def _count(self, constellation: str, agents: Sequence[AgentView]) -> None:
        """Add the counts that are known."""
        changes = self._changes.of(constellation)
        for agent in agents:
            if found := changes.get(agent["name"]):
                agent["added"], agent["removed"] = found.added, found.removed
                agent["ahead"] = found.ahead if found.ahead is not None else agent["ahead"]
                if found.behind is not None:
                    agent["behind"] = found.behind
            owner = self._owners.get((constellation, agent["name"]))
            if owner is not None and (unread := self._unread.get(owner)) is not None:
                agent["unread_mail"], agent["unread_texts"] = unread.unread_mail, unread.unread_texts

    async def _come(self, news: Mapping[str, tuple[int, int]]) -> None:
        self._live.poke(whole=False)
        await self._happenings.come(news)

    async def _count_changes(self) -> None:
        while True:
            if self._live.watched:
                for applied in await self._constellations.all():
                    with suppress(ConstellagentError):  # it is tried again, and what was known stays shown
                        context = await self._contexts.of_applied(applied)
                        records = await context.world.records.all()
                        undeclared = undeclared_agents(context.desired, records)
                        agents = [*context.desired.agents.values(), *undeclared]
                        self._changes.poke_oldest(context.id)
                        if await self._changes.refresh(context.id, agents, context.worktrees):
                            self._live.poke(whole=False)
            await asyncio.sleep(_COUNT_EVERY)


def _mark_paused(view: ConstellationView, paused: Sequence[PausedRow]) -> None:
    """Show which runs stand still."""
    agents = {agent["name"]: agent for agent in view["agents"]}
    for row in paused:
        agent = agents.get(row.subject.partition("/")[0])
        if agent is None:
            continue
        runs = [run for run in agent.get("runs", []) if run["run"] != row.session]
        shown = OpenRunView(run=row.session, schedule=row.subject, state="paused", since=row.at, why=row.why)
        agent["runs"] = [*runs, shown]
