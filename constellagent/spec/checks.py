"""Rules between the parts of a file: clashes of agents, services that are not declared.

They run on the parts that are valid by themselves, so that one load tells all problems.
"""

import unicodedata
from collections.abc import Container, Iterator

from constellagent.errors import Problem
from constellagent.spec import names
from constellagent.spec.models import Agent, Constellation, IdentityRef
from constellagent.spec.places import Places, Step
from constellagent.spec.schedule_checks import check_schedules
from constellagent.spec.suggest import did_you_mean
from constellagent.spec.tree import Mapping


def check(constellation: Constellation, places: Places) -> Iterator[Problem]:
    """Yield each broken rule at the place of the part that breaks it."""
    yield from _check_identities(constellation, places)
    yield from _check_branches(constellation, places)
    yield from _check_who(constellation, places)
    for name, agent in constellation.agents.items():
        yield from _check_needs(name, agent, places)
        yield from _check_ports(name, agent, places)
    yield from _check_order(constellation, places)
    yield from check_schedules(constellation, places)


def _check_identities(constellation: Constellation, places: Places) -> Iterator[Problem]:
    who = constellation.identities
    if who.provider == "ravi" and who.domain is not None:
        message = "is for provider local only; the hosted provider chooses its domain"
        yield places.problem(("identities", "domain"), message)
    if who.provider == "ravi" and who.agents_may_create:
        message = "is for provider local only; at the hosted one it would take a key for the whole account"
        yield places.problem(("identities", "agents_may_create"), message)


def _check_branches(constellation: Constellation, places: Places) -> Iterator[Problem]:
    """Two agents on one branch; also names that git keeps apart only on some file systems, or not at all."""
    owners: dict[str, tuple[str, str]] = {}
    for name, agent in constellation.agents.items():
        branch = agent.branch or names.default_branch(name)
        first_name, first_branch = owners.setdefault(_folded(branch), (name, branch))
        if first_name != name:
            same = "is" if first_branch == branch else f"cannot be told from {first_branch} on every system,"
            yield _clash(
                places,
                ("agents", name, "branch"),
                first_name,
                f"branch {branch} {same} the branch of",
                "branch",
            )
    for folded, (name, branch) in owners.items():
        parts = folded.split("/")
        for around in ("/".join(parts[:count]) for count in range(1, len(parts))):
            if around in owners:
                fault = f"git cannot hold branch {branch} beside {owners[around][1]}, the branch of"
                yield _clash(places, ("agents", name, "branch"), owners[around][0], fault, "branch")


def _check_who(constellation: Constellation, places: Places) -> Iterator[Problem]:
    """Two agents with one identity or one address."""
    by_name: dict[str, str] = {}
    by_address: dict[str, str] = {}
    for name, agent in constellation.agents.items():
        declared = agent.identity
        if declared is False:
            continue
        ref = declared if isinstance(declared, IdentityRef) else IdentityRef(name=declared)
        who = ref.name or name
        address = ref.email or names.address_local_part(who)
        first = by_name.setdefault(_folded(who), name)
        holder = by_address.setdefault(address, name)
        if first != name:
            yield _clash(places, ("agents", name, "identity"), first, f"identity {who!r} is the identity of")
        elif holder != name:
            fault = f"the address {address} (from the identity {who!r}) is the address of"
            yield _clash(places, ("agents", name, "identity"), holder, fault)


def _clash(places: Places, steps: tuple[Step, ...], other: str, fault: str, key: str = "identity") -> Problem:
    line = places.find("agents", other, key).line
    return places.problem(steps, f"{fault} agent {other} (line {line}) as well; each agent needs its own")


def _check_needs(name: str, agent: Agent, places: Places) -> Iterator[Problem]:
    declared = places.node("services")
    services: Container[str] = declared.entries if isinstance(declared, Mapping) else ()
    others = places.node("agents")
    agents: Container[str] = others.entries if isinstance(others, Mapping) else ()
    for index, need in enumerate(agent.needs):
        if need not in services and need not in agents:
            known = [
                *(declared.entries if isinstance(declared, Mapping) else ()),
                *(others.entries if isinstance(others, Mapping) else ()),
            ]
            near = did_you_mean(need, known) or "; declare it under services"
            message = f"no service or agent is called {need!r}{near}"
            yield places.problem(("agents", name, "needs", index), message)


def _check_order(constellation: Constellation, places: Places) -> Iterator[Problem]:
    """Look for agents that wait for one another: whoever waits for somebody on the way closes a circle."""
    after = {
        name: [
            need
            for need in agent.needs
            if need not in constellation.services and need in constellation.agents
        ]
        for name, agent in constellation.agents.items()
    }
    done: set[str] = set()
    for first, needs in after.items():
        way = {first: iter(needs)} if first not in done else {}
        while way:
            name, others = next(reversed(way.items()))
            need = next(others, None)
            if need is None:
                del way[name]
                done.add(name)
            elif need in way:
                names = list(way)
                circle = " -> ".join([*names[names.index(need) :], need])
                steps = ("agents", name, "needs", constellation.agents[name].needs.index(need))
                yield places.problem(steps, f"these agents would wait for one another for ever: {circle}")
            elif need not in done:
                way[need] = iter(after[need])


def _check_ports(name: str, agent: Agent, places: Places) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for index, port in enumerate(agent.ports):
        variable = names.port_variable(port)
        if variable in seen:
            message = f"{port} and {seen[variable]} would both be given as {variable}; rename one"
            yield places.problem(("agents", name, "ports", index), message)
        seen.setdefault(variable, port)


def _folded(name: str) -> str:
    """Return the form in which names are one that some file systems cannot tell apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
