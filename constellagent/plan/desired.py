"""What is declared, resolved for one repository: every default filled in, every name derived.

`desire` is the one place where the file's words become the targets that the planner compares with the
world and that the runtime acts on. It is pure: paths are text here, nothing is looked up.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from constellagent.plan.declared import declared
from constellagent.spec import names
from constellagent.spec.models import Agent, Constellation, IdentityRef, Service


@dataclass(frozen=True, slots=True)
class DesiredIdentity:
    """The identity that an agent should have.

    Attributes:
        name: its name at the provider.
        email: the local part of its address.
        domain: the mail domain, None for the provider's own choice.
        phone: whether it should get a number.
    """

    name: str
    email: str
    domain: str | None
    phone: bool


@dataclass(frozen=True, slots=True)
class DesiredAgent:
    """One agent as declared.

    Attributes:
        name: the agent's name.
        path: its worktree's folder, absolute.
        branch: its branch.
        base: the declared base (`auto`, a branch, a tag, a commit), not yet resolved.
        identity: who it is, None where the file says `identity: false`.
        spec: its block of the file, defaults merged.
        fingerprint: changes when the running process would have to be started anew to follow the file.
        schedules: the declarations of its schedules by name, as `plan.declared` writes them.
        after: the agents that must be done before its own session is started.
    """

    name: str
    path: PurePath
    branch: str
    base: str
    identity: DesiredIdentity | None
    spec: Agent
    fingerprint: str
    schedules: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()

    @property
    def services(self) -> tuple[str, ...]:
        """The services that must be ready first."""
        return tuple(need for need in self.spec.needs if need not in self.after)


@dataclass(frozen=True, slots=True)
class DesiredService:
    """One service as declared."""

    name: str
    spec: Service
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Desired:
    """A whole constellation as declared, for one repository.

    Attributes:
        name: the constellation's name.
        repo: the main checkout.
        worktrees: the folder that holds the agents' worktrees.
        provider: `local` or `ravi`.
        owner: the address or number of who is to be told what happens, None where nobody is declared.
        agents_may_create: whether an agent may create identities beside its own.
        unfit: why agents cannot be run in their sandboxes on this machine, and what to do, by their names.
        unlimited: limits of their sandboxes that cannot be kept on this machine, by their names.
        host: where the hosted provider is; empty for the one on this machine. The machine's settings say it.
    """

    name: str
    repo: PurePath
    worktrees: PurePath
    provider: str
    agents: Mapping[str, DesiredAgent] = field(default_factory=dict)
    services: Mapping[str, DesiredService] = field(default_factory=dict)
    owner: str | None = None
    agents_may_create: bool = False
    host: str = ""
    unfit: Mapping[str, str] = field(default_factory=dict)
    unlimited: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def desire(constellation: Constellation, repo: PurePath) -> Desired:
    """Resolve a constellation for the repository whose main checkout is `repo` (absolute)."""
    name = constellation.name or names.constellation_name(repo.name)
    root = names.worktrees_root(constellation.worktrees, repo)
    domain = constellation.identities.domain
    if domain is None and constellation.identities.provider == "local":
        domain = names.local_domain(name)
    provider = constellation.identities.provider
    agents = {}
    for key, agent in constellation.agents.items():
        identity = _identity(key, agent, constellation, domain)
        agents[key] = DesiredAgent(
            name=key,
            path=root / key,
            branch=agent.branch or names.default_branch(key),
            base=agent.base,
            identity=identity,
            spec=agent,
            fingerprint=_fingerprint_agent(agent, identity, provider),
            schedules={name: declared(spec, constellation) for name, spec in agent.schedules.items()},
            after=tuple(need for need in agent.needs if need not in constellation.services),
        )
    services = {
        key: DesiredService(key, service, _fingerprint_service(service))
        for key, service in constellation.services.items()
    }
    owner = constellation.owner.email or constellation.owner.phone
    may_create = constellation.identities.agents_may_create
    return Desired(name, repo, root, provider, agents, services, owner, may_create)


def _identity(
    key: str, agent: Agent, constellation: Constellation, domain: str | None
) -> DesiredIdentity | None:
    declared = agent.identity
    if declared is False:
        return None
    ref = declared if isinstance(declared, IdentityRef) else IdentityRef(name=declared or None)
    name = ref.name or key
    phone = constellation.identities.phone if ref.phone is None else ref.phone
    return DesiredIdentity(name, ref.email or names.address_local_part(name), domain, phone)


def _fingerprint_agent(agent: Agent, identity: DesiredIdentity | None, provider: str) -> str:
    """Cover what the process was started from; branch, schedules and restart policy act without a restart."""
    chosen = {"kind", "command", "shell", "prompt", "env", "sandbox", "ports", "options"}
    who = None if identity is None else [provider, identity.name]
    return _fingerprint([agent.model_dump(mode="json", include=chosen), who])


def _fingerprint_service(service: Service) -> str:
    """Cover what the process was started from; how to tell that it is ready acts without a restart."""
    return _fingerprint(service.model_dump(mode="json", exclude={"ready", "restart", "stop_grace"}))


def _fingerprint(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]
