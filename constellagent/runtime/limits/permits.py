"""What the scheduler asks before a run starts; meets `scheduler.permits.Permits`.

A run is counted in the transaction that claims it, so that several daemons' worth of fires that become due
together share what is left of a day exactly.
"""

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from constellagent.plan.fires import Fire
from constellagent.plan.limits import Held, Spent, day_of, held_agents, working
from constellagent.runtime.limits.effect import InEffect, Rules
from constellagent.runtime.limits.workers import Workers
from constellagent.runtime.scheduler.permits import Permit
from constellagent.runtime.store import usage
from constellagent.runtime.store.usage import UsageRows, Whose


def refusal(rules: Rules, spent: dict[str, Spent], agent: str) -> str:
    """Return which limit keeps an agent from beginning something today, empty for none."""
    return held_agents(rules.agents, rules.limits, spent, {agent}).get(agent, "")


class RunPermits:
    """Knows what runs of schedules may start."""

    def __init__(
        self, effect: InEffect, rows: UsageRows, workers: Workers, why_paused: Callable[[str], str]
    ) -> None:
        self._why_paused = why_paused
        self._effect = effect
        self._rows = rows
        self._workers = workers

    def is_paused(self, run: str) -> bool:
        """Say whether a run stands still, so that its time does not pass."""
        return bool(self._why_paused(run))

    async def held(self, constellation: str, going: Collection[str], now: datetime) -> Held:
        """Return what may not start now; `going` are the runs that are being started or go on.

        Raises:
            ConstellagentError: that cannot be looked up.
        """
        rules = await self._effect.of(constellation)
        held = working(rules.limits, 0)
        if held.free is not None:
            held = working(rules.limits, len(await self._workers.of(constellation, going)))
        spent = await self._rows.today(constellation, day_of(now, rules.zone))
        return replace(held, agents=held_agents(rules.agents, rules.limits, spent, set(rules.agents)))

    async def permit(self, constellation: str, now: datetime) -> Permit:
        """Return what a claim asks for each of its runs.

        Raises:
            ConstellagentError: the limits cannot be looked up.
        """
        rules = await self._effect.of(constellation)
        day = day_of(now, rules.zone)

        def ask(db: sqlite3.Connection, fire: Fire) -> str:
            agent = fire.schedule.partition("/")[0]
            why = refusal(rules, usage.today(db, constellation, day), agent)
            if not why:
                usage.begin(db, Whose(constellation, agent, fire.run, day))
            return why

        return ask
