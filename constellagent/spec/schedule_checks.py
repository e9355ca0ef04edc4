"""Rules about schedules: times that cross, jitter that is too long, and agents that would wake in circles.

They are broken by a combination of values, each of which is fine alone.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from constellagent.errors import Problem
from constellagent.spec import tree
from constellagent.spec.cron import parse_cron
from constellagent.spec.durations import format_duration
from constellagent.spec.explain import NEVER_FIRES, UNSAFE
from constellagent.spec.models import Agent, Constellation, IdentityRef, On, Schedule
from constellagent.spec.moments import in_zone
from constellagent.spec.names import schedule_seed
from constellagent.spec.places import Places, Step
from constellagent.spec.suggest import did_you_mean

MOST_TOLD = 8
"""Of a longer circle only both ends are told."""


class _Woken(NamedTuple):
    """An agent that another one wakes, and where that is written."""

    agent: str
    steps: tuple[Step, ...]


def check_schedules(constellation: Constellation, places: Places) -> Iterator[Problem]:
    """Yield each broken rule at the place of the value that breaks it."""
    hooks: dict[str, str] = {}
    woken: dict[str, list[_Woken]] = {}
    for agent, declared in constellation.agents.items():
        for name, schedule in declared.schedules.items():
            steps = ("agents", agent, "schedules", name)
            yield from _check_times(steps, schedule, constellation, places)
            yield from _check_jitter(steps, schedule, constellation, places)
            if schedule.on is None:
                continue
            yield from _check_reachable(steps, schedule.on, declared, constellation, places)
            yield from _check_other(agent, steps, schedule.on, places)
            if schedule.on.webhook and hooks.setdefault(schedule.on.webhook, agent) != agent:
                taken = f"is a hook of agent {hooks[schedule.on.webhook]} already"
                message = f"{taken}; a hook wakes one agent, so give this one a name of its own"
                yield _unsafe(places, (*steps, "on", "webhook"), message)
            if schedule.on.agent is not None and schedule.on.agent != agent:
                woken.setdefault(schedule.on.agent, []).append(_Woken(agent, (*steps, "on", "agent")))
    yield from _check_circles(woken, places)


def _unsafe(places: Places, steps: tuple[Step, ...], message: str) -> Problem:
    return places.problem(steps, message)._replace(rule=UNSAFE)


def _seed(steps: tuple[Step, ...], constellation: Constellation) -> str:
    return schedule_seed(constellation.name or "", str(steps[1]), str(steps[3]))


def _check_times(
    steps: tuple[Step, ...], schedule: Schedule, constellation: Constellation, places: Places
) -> Iterator[Problem]:
    if schedule.start is None or schedule.end is None:
        return
    zone = ZoneInfo(schedule.timezone or constellation.timezone)
    start, end = (in_zone(moment, zone).astimezone(UTC) for moment in (schedule.start, schedule.end))
    message = ""
    if start >= end:
        message = "is not after start, so the schedule never fires"
    elif schedule.cron is not None:
        cron = parse_cron(schedule.cron, seed=_seed(steps, constellation))
        first = cron.next(start - datetime.resolution, zone)
        if first is None or first >= end:
            would = (
                "" if first is None else f"; from start on, {first.astimezone(zone):%Y-%m-%d %H:%M} is first"
            )
            message = f"comes before the first fire, so the schedule never fires{would}"
    if message:
        yield places.problem((*steps, "end"), message)._replace(rule=NEVER_FIRES)


def _check_jitter(
    steps: tuple[Step, ...], schedule: Schedule, constellation: Constellation, places: Places
) -> Iterator[Problem]:
    if schedule.cron is None or not schedule.jitter:
        return
    gap = parse_cron(schedule.cron, seed=_seed(steps, constellation)).smallest_gap
    if schedule.jitter * 2 >= gap:
        message = (
            f"is half of the {format_duration(gap)} between two fires or more, so that a delayed fire would "
            f"come close to the next one; write less than {format_duration(gap / 2)}"
        )
        yield _unsafe(places, (*steps, "jitter"), message)


def _check_reachable(
    steps: tuple[Step, ...], on: On, agent: Agent, constellation: Constellation, places: Places
) -> Iterator[Problem]:
    """Look whether mail and texts can reach the agent at all."""
    who = agent.identity
    if on.email is not None and who is False:
        message = "the agent has no identity, so no mail reaches it; remove identity: false"
        yield _unsafe(places, (*steps, "on", "email"), message)
    if on.sms is None:
        return
    own = who.phone if isinstance(who, IdentityRef) else None
    if who is False:
        message = "the agent has no identity, so no text reaches it; remove identity: false"
        yield _unsafe(places, (*steps, "on", "sms"), message)
    elif not (constellation.identities.phone if own is None else own):
        message = "the agent has no number, so no text reaches it; write phone: true for its identity"
        yield _unsafe(places, (*steps, "on", "sms"), message)


def _check_other(agent: str, steps: tuple[Step, ...], on: On, places: Places) -> Iterator[Problem]:
    """Look whether the agent that is waited for is another one of the file."""
    if on.agent is None:
        return
    declared = places.node("agents")
    known = declared.entries if isinstance(declared, tree.Mapping) else {}
    if on.agent == agent:
        message = "an agent cannot wake itself: each run would cause the next one; write cron for repetition"
        yield _unsafe(places, (*steps, "on", "agent"), message)
    elif on.agent not in known:
        message = f"no agent is called {on.agent!r}{did_you_mean(on.agent, known)}"
        yield _unsafe(places, (*steps, "on", "agent"), message)


def _check_circles(woken: Mapping[str, list[_Woken]], places: Places) -> Iterator[Problem]:
    """Walk along who wakes whom, depth first; whoever wakes somebody on the way to it closes a circle."""
    done: set[str] = set()
    for first in woken:
        way = {first: iter(woken[first])} if first not in done else {}
        while way:
            agent, others = next(reversed(way.items()))
            other = next(others, None)
            if other is None:
                del way[agent]
                done.add(agent)
            elif other.agent in way:
                names = list(way)
                circle = [*names[names.index(other.agent) :], other.agent]
                told = circle if len(circle) <= MOST_TOLD else [*circle[:3], "...", *circle[-2:]]
                message = f"these agents would wake one another for ever: {' -> '.join(told)}"
                yield _unsafe(places, other.steps, message)
            elif other.agent not in done:
                way[other.agent] = iter(woken.get(other.agent, ()))
