"""From declared and observed to the ordered difference. The only place where it is decided what to do.

Rules that hold everywhere: what could not be looked at stops its subject and is said; what somebody else
made is never touched; a running session is ended only with leave; what ended by itself stays ended until
its declaration changes or a person asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from constellagent.errors import UsageError
from constellagent.plan.actions import AdoptIdentity, CreateIdentity, GiveNumber, Plan
from constellagent.plan.creation import create_identity, create_worktree, write_identity
from constellagent.plan.desired import Desired, DesiredAgent, DesiredService
from constellagent.plan.draft import Draft
from constellagent.plan.observed import Observed, ObservedAgent, ObservedService, Unknown
from constellagent.plan.removal import remove_agent, remove_service
from constellagent.plan.running import run_service, run_session
from constellagent.plan.sheltering import check_sandbox
from constellagent.plan.waiting import awaited, said
from constellagent.plan.waking import remove_schedules, set_schedules
from constellagent.spec.suggest import did_you_mean


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asked for beside the file.

    Attributes:
        agents: limit to these agents and the services that they need; empty means everything.
        restart: agents and services whose running session may be ended, and whose ended one is started
            again; they are worked on even where `agents` does not name them.
        prune: remove what we made and what is no longer declared.
        destroy: remove everything (or the named agents) instead of creating it.
        force: with removal: rescue what would be lost instead of refusing.
    """

    agents: frozenset[str] = frozenset()
    restart: frozenset[str] = frozenset()
    prune: bool = False
    destroy: bool = False
    force: bool = False


_NO_OPTIONS = Options()


def plan(desired: Desired, observed: Observed, options: Options = _NO_OPTIONS) -> Plan:
    """Return what must happen so that the world is as declared; the same input gives the same plan.

    Raises:
        UsageError: `options` names an agent or a service that there is not.
    """
    _check_names(desired, observed, options)
    drafts = _down(desired, observed, options) if options.destroy else _up(desired, observed, options)
    return Plan(
        constellation=desired.name,
        actions=tuple(action for draft in drafts for action in draft.actions),
        notes=tuple(note for draft in drafts for note in draft.notes),
    )


def _check_names(desired: Desired, observed: Observed, options: Options) -> None:
    ours = {name for name, seen in observed.agents.items() if seen.made_by_us}
    agents = desired.agents.keys() | ours
    for name in sorted(options.agents - agents):
        raise UsageError(
            f"there is no agent {name!r}{did_you_mean(name, agents)}",
            hint="`constellagent status` lists the agents",
        )
    startable = desired.agents.keys() | desired.services.keys()
    for name in sorted(options.restart - startable):
        raise UsageError(
            f"--restart {name}: no agent or service of that name is declared{did_you_mean(name, startable)}",
            hint="`constellagent status` lists the agents and services",
        )


def _up(desired: Desired, observed: Observed, options: Options) -> list[Draft]:
    chosen = [agent for agent in desired.agents.values() if _is_chosen(agent.name, options)]
    drafts = []
    unknown: dict[str, str] = {}
    for service in _services(desired, chosen, options):
        seen = observed.services.get(service.name, ObservedService())
        drafts.append(run_service(service, seen, options.restart))
        if isinstance(seen.session, Unknown):
            unknown[service.name] = seen.session.reason
    agents = [_agent(agent, desired, observed, options, unknown) for agent in chosen]
    drafts += agents
    if desired.host:
        drafts.append(_at_the_host(desired, agents))
    drafts += _undeclared(desired, observed, options)
    return drafts


def _is_chosen(name: str, options: Options) -> bool:
    return not options.agents or name in options.agents or name in options.restart


def _services(desired: Desired, chosen: Iterable[DesiredAgent], options: Options) -> list[DesiredService]:
    """All services, or those that the chosen agents need."""
    if not options.agents:
        return list(desired.services.values())
    needed = {need for agent in chosen for need in agent.services} | options.restart
    return [service for service in desired.services.values() if service.name in needed]


def _agent(
    agent: DesiredAgent,
    desired: Desired,
    observed: Observed,
    options: Options,
    unknown_services: dict[str, str],
) -> Draft:
    draft = Draft(agent.name)
    waits = awaited(agent, desired, observed) | {need: "" for need in agent.after if need in options.restart}
    seen = observed.agents.get(agent.name, ObservedAgent())
    create_identity(draft, agent, seen, prune=options.prune, host=desired.host)
    create_worktree(draft, agent, seen)
    write_identity(draft, agent, seen)
    set_schedules(draft, agent.schedules, seen.schedules)
    run_session(draft, agent, seen, options.restart, unknown_services, said(waits) if waits else "")
    check_sandbox(draft, agent, desired)
    return draft


def _at_the_host(desired: Desired, drafts: Iterable[Draft]) -> Draft:
    """Sum up what a hosted provider is asked for, where that is more than one line of the plan says."""
    whole = Draft(desired.name)
    actions = [action for draft in drafts for action in draft.actions]
    made = [a for a in actions if isinstance(a, CreateIdentity) and not isinstance(a, AdoptIdentity)]
    numbers = sum(a.phone for a in made) + sum(isinstance(a, GiveNumber) for a in actions)
    said = []
    if len(made) > 1:
        said.append(f"{len(made)} identities will be created at {desired.host}")
    if numbers > 1:
        said.append(f"{numbers} numbers are asked for at {desired.host}, and each may cost money")
    if said:
        whole.inform("; ".join(said))
    return whole


def _undeclared(desired: Desired, observed: Observed, options: Options) -> list[Draft]:
    """What we made and nobody declares any more: reported, and removed only with `prune`."""
    drafts = []
    for name, seen in sorted(observed.agents.items()):
        if name in desired.agents or not seen.made_by_us or not _is_chosen(name, options):
            continue
        if options.prune:
            drafts.append(remove_agent(name, seen, "no longer declared", force=options.force))
        else:
            draft = Draft(name)
            remove_schedules(draft, seen.schedules, "no longer declared")
            draft.inform("no longer declared; it is kept until `constellagent apply --prune` removes it")
            drafts.append(draft)
    for name, service in sorted(observed.services.items()):
        if name in desired.services or options.agents:
            continue
        draft = remove_service(name, service, "no longer declared")
        if draft.actions and not options.prune:
            draft = Draft(name)
            draft.inform("a service no longer declared; it runs until `constellagent apply --prune` stops it")
        drafts.append(draft)
    return drafts


def _down(desired: Desired, observed: Observed, options: Options) -> list[Draft]:
    """Everything that is ours, or the chosen agents; services last, since agents may still use them."""
    ours = {name for name, seen in observed.agents.items() if seen.made_by_us}
    drafts = [
        remove_agent(name, observed.agents.get(name, ObservedAgent()), "asked for", force=options.force)
        for name in sorted(ours | desired.agents.keys())
        if not options.agents or name in options.agents
    ]
    if not options.agents:
        drafts += [
            remove_service(name, observed.services.get(name, ObservedService()), "asked for")
            for name in sorted(observed.services.keys() | desired.services.keys())
        ]
    return drafts
