"""What faces ask about the sessions of agents, services and runs: by a subject's name, or a session's id."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from constellagent.agents.values import plain
from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.control import SEND_WAIT, RunRequest, SendView, SessionView
from constellagent.runtime.delivery import Courier, gate
from constellagent.runtime.limits import Gate
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.screens import Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.supervisor import Supervisor
from constellagent.runtime.timekeeping import AgentRuns
from constellagent.spec.suggest import did_you_mean


class Terminals:
    """Looks at sessions, types into them, starts and stops them, as a person asks."""

    def __init__(
        self,
        contexts: Contexts,
        registry: SessionRegistry,
        supervisor: Supervisor,
        screens: Screens,
        runs: AgentRuns,
        courier: Courier,
        limits: Gate,
    ) -> None:
        """`limits` lets through what they allow."""
        self._limits = limits
        self._contexts = contexts
        self._registry = registry
        self._supervisor = supervisor
        self._screens = screens
        self._runs = runs
        self._courier = courier

    async def session(self, file: str, subject: str) -> SessionView:
        """Return a session by its id, or the newest of an agent or service (else of its runs)."""
        return self._registry.view(await self._newest(file, subject))

    async def screen(self, request: ScreenRequest) -> ScreenView:
        """Return what the terminal of a session shows, or showed when it ended."""
        row = await self._newest(request["file"], request["subject"])
        return await self._screens.screen(row, request)

    async def send(
        self,
        file: str,
        agent: str,
        text: str,
        *,
        enter: bool,
        wait: float = SEND_WAIT,
        force: bool = False,
        over_limit: bool = False,
    ) -> SendView:
        """Deliver text to the agent's session, and say whether its program took it.

        A program that is not ready is waited for, `wait` seconds at most, and so is an end to the work of
        others where only so many may work; `force` types it all the same, `over_limit` in spite of limits.

        Raises:
            ConflictError: it does not run, a limit is reached, or nothing was typed; says why.
            ConstellagentError: it cannot be written to.
        """
        row = await self._live(file, agent)
        free = over_limit or not enter or row.role != "agent"  # what is only typed begins no work
        async with self._limits.text(row.constellation, row.subject, wait=wait, over=free):
            went = await self._courier.deliver(row, text, enter=enter, wait=wait, force=force)
        return SendView(confirmed=went.confirmed, why=went.why)

    async def prompt(self, file: str, agent: str, text: str, *, over_limit: bool = False) -> SendView:
        """Deliver a prompt as `send` does, but never where its Enter would answer another question.

        Raises:
            ConstellagentError: the agent does not run, cannot be written to, asks for a permission now, or is
                over a limit.
        """
        row = await self._live(file, agent)
        kind = await self._courier.kind(row)
        if self._courier.asks(row) and not gate.knows(kind):
            raise ConflictError(
                f"{agent} asks for a permission, and Enter would grant it",
                hint=f"`constellagent attach {agent}` shows what it asks",
            )
        said = plain(text) if gate.knows(kind) else text
        async with self._limits.text(row.constellation, row.subject, wait=SEND_WAIT, over=over_limit):
            went = await self._courier.deliver(row, said, wait=SEND_WAIT)
        return SendView(confirmed=went.confirmed, why=went.why)

    async def stop(self, file: str, subject: str) -> str:
        """Stop the session of an agent or service, or the runs of a schedule."""
        if "/" in subject:
            constellation = constellation_id(await asyncio.to_thread(Path(file).resolve))
            return await self._runs.stop(constellation, subject)
        row = await self._newest(file, subject)
        if row.role != "run":
            await self._supervisor.forget(row.constellation, row.role, row.subject)
        return await self._registry.stop(row.id)

    async def run(self, request: RunRequest) -> SessionView:
        """Start a run of an agent and return its session.

        Raises:
            UsageError: there is no such agent.
            ConflictError: it has no worktree yet, or a limit is reached.
        """
        context = await self._contexts.of_file(request["file"])
        agent = context.desired.agents[named(context, request["agent"], services=False)]
        record = (await context.world.records.all()).get(agent.name)
        if record is None or not record.path.is_dir():
            raise ConflictError(f"{agent.name} has no worktree yet", hint="`constellagent apply` makes it")
        argv = tuple(request.get("argv", ()))
        limit = timedelta(seconds=request["timeout"]) if "timeout" in request else None
        launch = await context.launches.run(agent, record.path, request.get("prompt"), argv, limit=limit)
        rows, columns = request.get("rows", launch.rows), request.get("columns", launch.columns)
        session = launch.session or uuid.uuid4().hex
        launch = replace(launch, rows=rows, columns=columns, session=session)
        over = request.get("over_limit", False)
        async with self._limits.run(context.id, agent.name, session, wait=SEND_WAIT, over=over):
            return self._registry.view(await self._registry.start(context.id, launch))

    async def _live(self, file: str, agent: str) -> SessionRow:
        row = await self._newest(file, agent)
        if not row.live:
            raise ConflictError(
                f"{agent} does not run: {row.outcome}",
                hint=f"`constellagent restart {agent}` starts it",
            )
        return row

    async def _newest(self, file: str, subject: str) -> SessionRow:
        constellation = constellation_id(await asyncio.to_thread(Path(file).resolve))
        known = await self._registry.get(subject)
        if known is not None and known.constellation == constellation:
            return known
        rows = await self._registry.newest(constellation)
        found = [row for row in rows if row.subject == subject]
        own = [row for row in found if row.role != "run"] or found
        if own:
            return max(own, key=lambda row: row.started_at)
        session = await self._runs.session(constellation, subject)
        run = None if session is None else await self._registry.get(session)
        if run is not None:
            return run
        named(await self._contexts.of_file(file), subject, services=True)
        raise ConflictError(f"{subject} was never started", hint="`constellagent apply` starts it")


def named(context: Context, name: str, *, services: bool) -> str:
    """Return `name` where the constellation declares such an agent (or service).

    Raises:
        UsageError: it does not.
    """
    known = set(context.desired.agents) | (set(context.desired.services) if services else set())
    if name not in known:
        what = "agent or service" if services else "agent"
        raise UsageError(f"there is no {what} {name!r}{did_you_mean(name, known)}")
    return name
