"""Starting again what was applied: after an end that the policy does not accept, or because a person asks.

An agent goes on with its conversation where its program still has it. The file's present content does not
count here: only `apply` takes up what changed.
"""

import asyncio
from pathlib import Path

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.contexts import Context, Contexts, load_once
from constellagent.runtime.control import RestartRequest, RestartView
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.ports import Launch, Step
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.supervisor import Supervisor
from constellagent.spec.models import Restart
from constellagent.spec.suggest import did_you_mean


class Reviver:
    """Starts sessions again."""

    def __init__(
        self,
        contexts: Contexts,
        constellations: Constellations,
        registry: SessionRegistry,
        conversations: ConversationRows,
    ) -> None:
        self._contexts = contexts
        self._constellations = constellations
        self._registry = registry
        self._conversations = conversations

    async def policy(self, row: SessionRow) -> Restart:
        """Return what was declared for the subject of a session; `never` where nothing is any more."""
        applied = await self._constellations.get(row.constellation)
        if applied is None:
            return "never"
        loaded = await asyncio.to_thread(load_once, applied.text.encode(), str(applied.file))
        specs = loaded.constellation.services if row.role == "service" else loaded.constellation.agents
        spec = specs.get(row.subject)
        return spec.restart if spec else "never"

    async def again(self, row: SessionRow) -> None:
        """Start the subject of an ended session again, unless a newer one has come to run since.

        Raises:
            ConstellagentError: it could not be started.
        """
        applied = await self._constellations.get(row.constellation)
        newest = {(r.role, r.subject): r for r in await self._registry.newest(row.constellation)}
        newer = newest.get((row.role, row.subject))
        if applied is None or newer is None or not (newer.id == row.id or _never_ran(newer)):
            return
        context = await self._contexts.of_applied(applied)
        await self._registry.start(row.constellation, await _launch(context, row.subject))

    async def restart(self, request: RestartRequest, supervisor: Supervisor) -> RestartView:
        """Do what a person asks; the session that runs goes on until it is known how to start the next.

        Raises:
            UsageError: there is no such agent or service.
            ConflictError: the constellation was never applied, or the agent has no worktree.
            WorldError: nobody can say whether the conversation still exists, or it could not be started.
        """
        applied = await self._applied(request["file"])
        context = await self._contexts.of_applied(applied)
        subject = _known(context, request["subject"])
        role = "agent" if subject in context.desired.agents else "service"
        if request.get("new"):
            await self._conversations.drop(applied.id, subject)
        launch = await _launch(context, subject)
        await supervisor.forget(applied.id, "agent" if role == "agent" else "service", subject)
        rows = await self._registry.newest(applied.id)
        live = next((r for r in rows if (r.role, r.subject) == (role, subject) and r.live), None)
        if live is not None:
            async with context.world.journal.step(Step.SESSION_STOP, subject):
                await self._registry.stop(live.id)
        async with context.world.journal.step(Step.SESSION_START, subject):
            row = await self._registry.start(applied.id, launch)
        talk = launch.talk
        return RestartView(
            session=self._registry.view(row),
            conversation=talk.id if talk else "",
            resumed=talk.resumed if talk else False,
            why=talk.why if talk else "",
        )

    async def _applied(self, file: str) -> Applied:
        path = await asyncio.to_thread(Path(file).resolve)
        applied = await self._constellations.get(constellation_id(path))
        if applied is None:
            raise ConflictError(f"{file} was never applied", hint="`constellagent apply` does that")
        return applied


def _never_ran(row: SessionRow) -> bool:
    """Say whether a session is the try of a start that failed."""
    return row.ended_by == "lost" and row.holder_pid is None


async def _launch(context: Context, subject: str) -> Launch:
    if subject in context.desired.services:
        return await context.launches.service(context.desired.services[subject])
    agent = context.desired.agents[subject]
    record = (await context.world.records.all()).get(agent.name)
    if record is None or not await asyncio.to_thread(record.path.is_dir):
        raise ConflictError(f"{subject} has no worktree yet", hint="`constellagent apply` makes it")
    return await context.launches.agent(agent, record.path)


def _known(context: Context, name: str) -> str:
    known = {*context.desired.agents, *context.desired.services}
    if name not in known:
        hint = "a changed file takes effect with `constellagent apply`"
        raise UsageError(f"no agent or service {name!r} was applied{did_you_mean(name, known)}", hint=hint)
    return name
