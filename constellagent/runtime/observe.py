"""One look at the world through the ports. A look that fails gives `Unknown`, never `Absent`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.plan.desired import Desired, DesiredAgent
from constellagent.plan.observed import (
    Absent,
    BranchFacts,
    IdentityFacts,
    Look,
    Observed,
    ObservedAgent,
    ObservedService,
    SessionFacts,
    There,
    Unknown,
    WorktreeFacts,
)
from constellagent.runtime.ports import (
    Identities,
    Record,
    Records,
    Schedules,
    Sessions,
    WorktreeLook,
    Worktrees,
)
from constellagent.runtime.undeclared import undeclared_agents

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Eyes:
    """The ports that a look needs."""

    worktrees: Worktrees
    identities: Identities
    sessions: Sessions
    records: Records
    schedules: Schedules


async def observe(desired: Desired, eyes: Eyes, *, available_env: frozenset[str] | None = None) -> Observed:
    """Look at everything that is declared, and at what we made before.

    `available_env` names the variables that the agents could be given; None leaves that question out.
    """
    records = await eyes.records.all()
    agents = [*desired.agents.values(), *undeclared_agents(desired, records)]
    worktrees, identities, sessions, runs, schedules = await asyncio.gather(
        _ask(lambda: eyes.worktrees.look(agents)),
        _ask(lambda: eyes.identities.look([_lies_at(agent, records.get(agent.name)) for agent in agents])),
        _ask(eyes.sessions.look),
        _ask(eyes.sessions.runs),
        _ask(eyes.schedules.look),
    )
    if isinstance(runs, Unknown):
        sessions, runs = runs, {}  # what is going on is not known, so nothing is taken away
    services = {name for role, name in _known(sessions) if role == "service"} | set(desired.services)
    return Observed(
        agents={
            agent.name: replace(
                _agent(agent, worktrees, identities, sessions, records, available_env),
                runs=tuple(runs.get(agent.name, ())),
                schedules=schedules
                if isinstance(schedules, Unknown)
                else There(schedules.get(agent.name, {})),
            )
            for agent in agents
        },
        services={name: ObservedService(_session(sessions, "service", name)) for name in sorted(services)},
    )


def _lies_at(agent: DesiredAgent, record: Record | None) -> DesiredAgent:
    """An identity is read where the worktree lies, which is not where it is declared once it was moved."""
    return agent if record is None else replace(agent, path=record.path)


async def _ask(look: Callable[[], Awaitable[T]]) -> T | Unknown:
    try:
        return await look()
    except ConstellagentError as error:
        return Unknown(error.message, unavailable=isinstance(error, UnavailableError))


def _known(
    sessions: Mapping[tuple[str, str], Look[SessionFacts]] | Unknown,
) -> Mapping[tuple[str, str], Look[SessionFacts]]:
    return {} if isinstance(sessions, Unknown) else sessions


def _session(
    sessions: Mapping[tuple[str, str], Look[SessionFacts]] | Unknown, role: str, name: str
) -> Look[SessionFacts]:
    return sessions if isinstance(sessions, Unknown) else sessions.get((role, name), Absent())


def _agent(
    agent: DesiredAgent,
    worktrees: Mapping[str, WorktreeLook] | Unknown,
    identities: Mapping[str, Look[IdentityFacts]] | Unknown,
    sessions: Mapping[tuple[str, str], Look[SessionFacts]] | Unknown,
    records: Mapping[str, Record],
    available_env: frozenset[str] | None,
) -> ObservedAgent:
    worktree: Look[WorktreeFacts]
    branch: Look[BranchFacts]
    base: Look[str]
    if isinstance(worktrees, Unknown):
        worktree = branch = base = worktrees
    else:
        seen = worktrees[agent.name]
        worktree, branch, base = seen.worktree, seen.branch, seen.base
    wanted = agent.spec.env.pass_
    missing = () if available_env is None else tuple(name for name in wanted if name not in available_env)
    return ObservedAgent(
        worktree=worktree,
        branch=branch,
        base=base,
        identity=identities if isinstance(identities, Unknown) else identities.get(agent.name, Absent()),
        session=_session(sessions, "agent", agent.name),
        missing_env=missing,
        made_by_us=agent.name in records,
    )
