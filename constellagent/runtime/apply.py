"""Doing what a plan says, action by action. Nothing is decided here.

Services come first, then the agents side by side; the actions of one agent keep their order. An agent
that fails stops there and does not stop the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import assert_never

from constellagent.errors import ConstellagentError, RefusedError
from constellagent.plan.actions import (
    Action,
    AddSchedule,
    ArchiveIdentity,
    CreateIdentity,
    CreateWorktree,
    Forget,
    Plan,
    RemoveSchedule,
    RemoveWorktree,
    RepairWorktree,
    RestartService,
    RestartSession,
    StartService,
    StartSession,
    StopService,
    StopSession,
    WriteIdentity,
)
from constellagent.plan.desired import Desired, DesiredAgent, DesiredIdentity
from constellagent.runtime.events import Event
from constellagent.runtime.ports import (
    Identities,
    Journal,
    Launch,
    Launches,
    Record,
    Records,
    Report,
    Schedules,
    Sessions,
    Step,
    Worktrees,
)

_SERVICE_ACTIONS = (StartService, RestartService, StopService)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that actions act on."""

    worktrees: Worktrees
    identities: Identities
    sessions: Sessions
    records: Records
    launches: Launches
    schedules: Schedules
    journal: Journal


@dataclass(slots=True)
class Outcome:
    """How an apply ended.

    Attributes:
        done: subjects of which every action was done.
        failed: the error of each subject that stopped half-way.
        skipped: why an action of a subject was left out though nothing failed there.
        changed: how many actions were done.
    """

    done: list[str] = field(default_factory=list)
    failed: dict[str, ConstellagentError] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    changed: int = 0

    @property
    def exit_code(self) -> int:
        """The one code of all failures, or 1 where they differ; 0 where there is none."""
        codes = {error.exit_code for error in self.failed.values()}
        if self.skipped:
            codes.add(1)
        return codes.pop() if len(codes) == 1 else int(bool(codes))


ClearRuns = Callable[[str], Awaitable[None]]
"""Removes the worktrees of an agent's runs; raises RefusedError where one holds work."""


async def _nothing_to_clear(_agent: str) -> None:
    """Do nothing: no run has left anything."""


class Apply:
    """One apply of one plan."""

    def __init__(
        self,
        desired: Desired,
        world: World,
        report: Report,
        *,
        parallel: int,
        clear_runs: ClearRuns = _nothing_to_clear,
    ) -> None:
        """`parallel` bounds the agents that are worked on at once.

        `clear_runs` removes what the runs of an agent left behind, before the agent's own worktree goes.
        """
        self._clear_runs = clear_runs
        self._desired = desired
        self._world = world
        self._report = report
        self._slots = asyncio.Semaphore(parallel)
        self._outcome = Outcome()

    async def run(self, plan: Plan) -> Outcome:
        """Do every action of `plan` and return how it went; raises only what is no failure of a subject."""
        services = [action for action in plan.actions if isinstance(action, _SERVICE_ACTIONS)]
        agents = [action for action in plan.actions if not isinstance(action, _SERVICE_ACTIONS)]
        going_up = [action for action in services if not isinstance(action, StopService)]
        going_down = [action for action in services if isinstance(action, StopService)]
        for batch in (going_up, agents, going_down):
            async with asyncio.TaskGroup() as group:
                for subject, actions in _by_subject(batch).items():
                    group.create_task(self._subject(subject, actions), name=f"apply {subject}")
        return self._outcome

    async def _subject(self, subject: str, actions: list[Action]) -> None:
        async with self._slots:
            try:
                await self._refuse_losses(actions)
                for action in actions:
                    await self._act(action)
            except ConstellagentError as error:
                self._outcome.failed[subject] = error
                text = error.message if not error.hint else f"{error.message} ({error.hint})"
                self._report(Event(subject, text, "error", {"exit_code": error.exit_code, **error.details()}))
            else:
                if subject not in self._outcome.skipped:
                    self._outcome.done.append(subject)

    async def _refuse_losses(self, actions: list[Action]) -> None:
        """Look before the first step down: a session is not stopped for a removal that is then refused."""
        sessions = [action.session for action in actions if isinstance(action, StopSession)]
        for action in actions:
            if isinstance(action, RemoveWorktree) and not action.force:
                path = Path(action.path)
                losses = await self._world.worktrees.losses(action.subject, path, own_sessions=sessions)
                if losses:
                    raise RefusedError(
                        f"removing {path} would lose work",
                        losses,
                        hint="commit and push it, or use --force, which rescues it first",
                    )

    async def _act(self, action: Action) -> None:
        self._report(Event(action.subject, action.verb, "info"))
        done = await self._do(action)
        if done is None:
            return
        self._outcome.changed += 1
        self._report(Event(action.subject, done or action.verb, "done"))

    async def _do(self, action: Action) -> str | None:
        """Do one action; returns words about it, or None where it had to be left out."""
        match action:
            case CreateIdentity() | WriteIdentity() | ArchiveIdentity():
                return await self._identity(action)
            case CreateWorktree() | RepairWorktree() | RemoveWorktree():
                return await self._worktree(action)
            case StartSession() | RestartSession() | StopSession():
                return await self._session(action)
            case StartService() | RestartService() | StopService():
                return await self._service(action)
            case AddSchedule() | RemoveSchedule():
                return await self._schedule(action)
            case Forget():
                await self._clear_runs(action.subject)
                async with self._world.journal.step(Step.RECORD_DROP, action.subject):
                    await self._world.records.drop(action.subject)
                return "forgotten"
            case _:
                assert_never(action)

    async def _identity(self, action: CreateIdentity | WriteIdentity | ArchiveIdentity) -> str:
        identities = self._world.identities
        match action:
            case CreateIdentity():
                await self._remember(action.subject)
                wanted = DesiredIdentity(action.name, action.email, action.domain, action.phone)
                facts = await identities.ensure(action.subject, wanted)
                await self._remember(action.subject, identity_uuid=facts.uuid, identity_name=facts.name)
                return f"is {facts.address}{f', {facts.phone}' if facts.phone else ''}"
            case WriteIdentity():
                await identities.write(action.subject, Path(action.path))
                return "identity written"
            case ArchiveIdentity():
                await identities.archive(action.subject, action.uuid)
                return f"identity {action.name} archived"

    async def _worktree(self, action: CreateWorktree | RepairWorktree | RemoveWorktree) -> str:
        worktrees = self._world.worktrees
        match action:
            case CreateWorktree():
                return await self._create_worktree(action)
            case RepairWorktree():
                await worktrees.repair(self._desired.agents[action.subject], Path(action.path))
                return f"worktree is at {action.path}"
            case RemoveWorktree():
                await self._clear_runs(action.subject)
                removal = await worktrees.remove(action.subject, Path(action.path), force=action.force)
                if removal.rescue_ref:
                    return (
                        f"worktree removed; kept as {removal.rescue_ref}, get it back with: {removal.recover}"
                    )
                return "worktree removed, branch kept"

    async def _create_worktree(self, action: CreateWorktree) -> str:
        agent = self._desired.agents[action.subject]
        await self._remember(agent.name, path=agent.path, branch=agent.branch)
        worktrees, path = self._world.worktrees, Path(agent.path)
        await self._world.sessions.outdate(agent.name)
        await worktrees.register(agent, action.commit, new_branch=action.new_branch)
        if agent.identity is not None:
            await self._world.identities.write(agent.name, path)
        await worktrees.fill(agent)
        await worktrees.finish(agent, await self._world.launches.environment(agent, path), self._report)
        return f"worktree {path} on {agent.branch}"

    async def _session(self, action: StartSession | RestartSession | StopSession) -> str | None:
        sessions, name = self._world.sessions, action.subject
        if isinstance(action, StopSession):
            await self._stop(name, action.session)
            return "stopped"
        agent = self._desired.agents[name]
        broken = [need for need in agent.spec.needs if need in self._outcome.failed]
        if broken:
            reason = f"not started: it needs {', '.join(broken)}, which failed"
            self._outcome.skipped[name] = reason
            self._report(Event(name, reason, "warning"))
            return None
        launch = await self._world.launches.agent(agent, await self._place(agent))
        if isinstance(action, RestartSession):
            await self._stop(name, action.session)
        async with self._world.journal.step(Step.SESSION_START, name):
            await sessions.start(launch)
        return _begun(launch)

    async def _service(self, action: StartService | RestartService | StopService) -> str:
        name = action.subject
        if isinstance(action, StopService):
            await self._stop(name, action.session)
            return "stopped"
        if isinstance(action, RestartService):
            await self._stop(name, action.session)
        service = self._desired.services[name]
        launch = await self._world.launches.service(service)
        async with self._world.journal.step(Step.SESSION_START, name):
            session = await self._world.sessions.start(launch)
        await self._world.launches.wait_ready(service, session)
        return "ready" if service.spec.ready else "started"

    async def _schedule(self, action: AddSchedule | RemoveSchedule) -> str:
        if isinstance(action, RemoveSchedule):
            await self._world.schedules.drop(action.subject, action.name)
            return f"schedule {action.name} removed"
        await self._world.schedules.put(action.subject, action.name, action.declared)
        return f"schedule {action.name} in effect"

    async def _stop(self, subject: str, session: str) -> None:
        async with self._world.journal.step(Step.SESSION_STOP, subject):
            await self._world.sessions.stop(session)

    async def _place(self, agent: DesiredAgent) -> Path:
        """A worktree that was moved lies where the record says."""
        record = (await self._world.records.all()).get(agent.name)
        return record.path if record else Path(agent.path)

    async def _remember(self, name: str, **changes: object) -> None:
        records = self._world.records
        agent = self._desired.agents[name]
        known = (await records.all()).get(name) or Record(name, Path(agent.path), agent.branch)
        wanted = replace(known, **changes)  # type: ignore[arg-type]  # the callers above name fields of Record
        if (await records.all()).get(name) != wanted:
            await records.put(wanted)


def _begun(launch: Launch) -> str:
    """Say in words how a session began."""
    talk = launch.talk
    if talk is None or not (talk.resumed or talk.why):
        return "started"
    return "started: its conversation goes on" if talk.resumed else f"started: a new conversation, {talk.why}"


def _by_subject(actions: Iterable[Action]) -> dict[str, list[Action]]:
    subjects: dict[str, list[Action]] = {}
    for action in actions:
        subjects.setdefault(action.subject, []).append(action)
    return subjects
