"""Agents that are started once others are done, also after the apply that found them waiting has returned."""

import asyncio
import logging
from collections.abc import Callable

from constellagent.errors import ConflictError, ConstellagentError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.observed import Absent, Observed, ObservedAgent, There
from constellagent.plan.waiting import awaited, said
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.ports import Step
from constellagent.runtime.runs.needs import Needs
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.store.waiting import WaitingRows

_log = logging.getLogger(__name__)

OnChange = Callable[[str, str, str], None]


class Waiters:
    """Knows who waits for whom, and starts those that wait no more.

    Attributes:
        on_change: is told of the constellation, an agent, and for whom it waits now; or that it could not be
            started, or (an empty text) that it was. It neither blocks nor raises.
    """

    def __init__(self, contexts: Contexts, constellations: Constellations, rows: WaitingRows) -> None:
        """Nothing is started before `start`."""
        self._contexts = contexts
        self._constellations = constellations
        self._rows = rows
        self._why: dict[tuple[str, str], str] = {}
        self._turn = asyncio.Lock()
        self._needs = Needs()
        self.on_change: OnChange = _ignore

    async def start(self) -> None:
        """Start those that may be started, of whom an earlier daemon did not hear."""
        await self._rows.tidy()
        for constellation in dict.fromkeys(constellation for constellation, _ in await self._rows.all()):
            await self.look(constellation)

    def why(self, constellation: str, agent: str) -> str:
        """Return for whom an agent waits, in words; empty where it waits for nobody."""
        return self._why.get((constellation, agent), "")

    async def set(self, constellation: str, waiting: frozenset[str], others: frozenset[str]) -> None:
        """Let agents wait, and `others` no more.

        Raises:
            WorldError: that cannot be written down.
        """
        await self._rows.set(constellation, waiting, others)
        for agent in others:
            self._why.pop((constellation, agent), None)
        await self.look(constellation)

    async def look(self, constellation: str) -> None:
        """Start the agents of a constellation for whom nobody has to be waited any more.

        What fails is logged and shown, not raised: the others go on.
        """
        async with self._turn:
            try:
                names = [agent for where, agent in await self._rows.all() if where == constellation]
                if names:
                    await self._look(constellation, names)
            except ConstellagentError as error:
                _log.warning("who waits for whom is not known: %s", error.message)

    async def session_ended(self, row: SessionRow) -> None:
        """Take note of the end of a session: somebody may have waited for that."""
        await self.look(row.constellation)

    async def _look(self, constellation: str, names: list[str]) -> None:
        applied = await self._constellations.get(constellation)
        if applied is None:
            await self._rows.set(constellation, (), names)
            return
        context = await self._contexts.of_applied(applied)
        sessions = await context.world.sessions.look()
        seen = {
            name: ObservedAgent(session=sessions.get(("agent", name), Absent()))
            for name in context.desired.agents
        }
        observed = Observed(agents=seen)
        for name in names:
            agent = context.desired.agents.get(name)
            if agent is None:
                await self._forget(constellation, name)
                continue
            session = seen[name].session
            if isinstance(session, There) and session.value.live:
                await self._forget(constellation, name)
                continue
            waits = awaited(agent, context.desired, observed)
            if waits:
                self._say(constellation, name, said(waits))
            else:
                await self._begin(context, agent)

    async def _begin(self, context: Context, agent: DesiredAgent) -> None:
        """Start an agent that waited; one that cannot be started waits no more: `apply` tries it again."""
        try:
            record = (await context.world.records.all()).get(agent.name)
            if record is None or not await asyncio.to_thread(record.path.is_dir):
                raise ConflictError(
                    f"{agent.name} has no worktree yet", hint="`constellagent apply` makes it"
                )
            await self._needs.meet(context, agent)
            launch = await context.launches.agent(agent, record.path)
            async with context.world.journal.step(Step.SESSION_START, agent.name):
                await context.world.sessions.start(launch)
        except ConstellagentError as error:
            _log.warning("%s waits no more and could not be started: %s", agent.name, error.message)
        await self._forget(context.id, agent.name)

    async def _forget(self, constellation: str, agent: str) -> None:
        await self._rows.set(constellation, (), (agent,))
        self._why.pop((constellation, agent), None)
        self.on_change(constellation, agent, "")

    def _say(self, constellation: str, agent: str, why: str) -> None:
        if self._why.get((constellation, agent)) != why:
            self._why[constellation, agent] = why
            self.on_change(constellation, agent, why)


def _ignore(_constellation: str, _agent: str, _why: str) -> None:
    """Take a change before anybody wants to know it."""
