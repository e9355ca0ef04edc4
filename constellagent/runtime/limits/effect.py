"""The limits in effect: those of the file as it was applied, whatever it says now."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from constellagent.plan.limits import run_budget
from constellagent.runtime.contexts import load_once
from constellagent.runtime.store.constellations import Constellations
from constellagent.spec.limits import Budget, Limits

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of one constellation.

    Attributes:
        zone: whose days are counted.
        limits: of all agents together.
        agents: of each agent that is declared.
    """

    zone: ZoneInfo = _UTC
    limits: Limits = field(default_factory=Limits)
    agents: Mapping[str, Budget] = field(default_factory=dict)

    def for_texts(self) -> "Rules":
        """Return the same without how many runs may start: a text starts none."""
        none = {"runs_per_day": None}
        agents = {name: budget.model_copy(update=none) for name, budget in self.agents.items()}
        return Rules(self.zone, self.limits.model_copy(update=none), agents)

    def of_run(self, agent: str) -> Budget:
        """Return the limits of one run of an agent."""
        return run_budget(self.agents.get(agent, Budget()), self.limits)


class InEffect:
    """Knows the rules of each constellation; they are read again after an apply."""

    def __init__(self, constellations: Constellations) -> None:
        self._constellations = constellations
        self._known: dict[str, Rules] = {}

    async def of(self, constellation: str) -> Rules:
        """Return the rules of a constellation; one that is not there any more has none.

        Raises:
            WorldError: they cannot be read.
            SpecError: they were written by a release whose language differs.
        """
        known = self._known.get(constellation)
        if known is None:
            known = self._known[constellation] = await self._read(constellation)
        return known

    def forget(self, constellation: str) -> None:
        """Read the rules of a constellation anew when they are needed."""
        self._known.pop(constellation, None)

    async def _read(self, constellation: str) -> Rules:
        applied = await self._constellations.get(constellation)
        if applied is None:
            return Rules()
        loaded = await asyncio.to_thread(load_once, applied.text.encode(), str(applied.file))
        spec = loaded.constellation
        budgets = {name: agent.limits for name, agent in spec.agents.items()}
        return Rules(ZoneInfo(spec.timezone), spec.limits, budgets)
