"""Whether an agent may begin something more: what was used, against what `limits` allow.

A limit is reached once as much is used as it says; what goes on by then goes on. Tokens are those that were
read, from a cache too, and those that were written.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from constellagent.spec.limits import Budget, Limits


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used in a span of time, or by one run.

    Attributes:
        runs: runs that were started.
        tokens: read and written.
        cost: US dollars, as far as programs know prices.
    """

    runs: int = 0
    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Held:
    """What may not start now, though it is its turn.

    Attributes:
        agents: why, by agent.
        free: how many more agents may work at once; None for any number.
        full: why no more than those may.
    """

    agents: Mapping[str, str] = field(default_factory=dict)
    free: int | None = None
    full: str = ""


NOTHING_HELD = Held()


def day_of(now: datetime, zone: ZoneInfo) -> str:
    """Return the day of a moment, such as `2026-11-22`."""
    return now.astimezone(zone).date().isoformat()


def over_day(budget: Budget, spent: Spent) -> str:
    """Return which limit of a day is reached, such as `limit: cost_per_day 5.00 of 5.00`; empty for none."""
    if budget.runs_per_day is not None and spent.runs >= budget.runs_per_day:
        return f"limit: runs_per_day {spent.runs} of {budget.runs_per_day}"
    return _over("day", budget.tokens_per_day, budget.cost_per_day, spent)


def over_run(budget: Budget, spent: Spent) -> str:
    """Return which limit of one run is reached, in the same form."""
    return _over("run", budget.tokens_per_run, budget.cost_per_run, spent)


def working(limits: Limits, count: int) -> Held:
    """Return what is held while so many agents work."""
    if limits.working is None:
        return NOTHING_HELD
    full = f"limit: working {count} of {limits.working}"
    return Held(free=max(limits.working - count, 0), full=full)


def for_all(why: str) -> str:
    """Return the same reason where the limit is that of all agents together."""
    return f"{why} for all agents" if why else ""


def held_agents(
    agents: Mapping[str, Budget], limits: Limits, spent: Mapping[str, Spent], names: Collection[str]
) -> dict[str, str]:
    """Return which of the agents `names` may begin nothing more today, and why.

    `agents` are the limits of each, `spent` what each has used; what is not there has no limit, or used
    nothing. What agents have used that are not declared any more counts for all, too.
    """
    for_each = {name: over_day(agents.get(name, Budget()), spent.get(name, Spent())) for name in names}
    shared = for_all(over_day(limits, together(spent.values())))
    return {name: why or shared for name, why in for_each.items() if why or shared}


def together(spent: Collection[Spent]) -> Spent:
    """Return the sum."""
    return Spent(
        sum(one.runs for one in spent), sum(one.tokens for one in spent), sum(one.cost for one in spent)
    )


def run_budget(own: Budget, limits: Limits) -> Budget:
    """Return the limits of one run of an agent: its own, else those of all."""
    return Budget(
        tokens_per_run=own.tokens_per_run or limits.tokens_per_run,
        cost_per_run=own.cost_per_run or limits.cost_per_run,
    )


def _over(span: str, tokens: int | None, cost: float | None, spent: Spent) -> str:
    if tokens is not None and spent.tokens >= tokens:
        return f"limit: tokens_per_{span} {spent.tokens} of {tokens}"
    if cost is not None and spent.cost >= cost:
        return f"limit: cost_per_{span} {spent.cost:.2f} of {cost:.2f}"
    return ""
