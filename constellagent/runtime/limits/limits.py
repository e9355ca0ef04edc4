"""All that is known of limits, put together for the daemon."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

from constellagent.errors import ConstellagentError, UsageError
from constellagent.plan.limits import day_of, held_agents
from constellagent.runtime.clock import Clock
from constellagent.runtime.limits.effect import InEffect
from constellagent.runtime.limits.gate import Gate
from constellagent.runtime.limits.pausing import Pauses
from constellagent.runtime.limits.permits import RunPermits
from constellagent.runtime.limits.recording import Recorder
from constellagent.runtime.limits.workers import Workers
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.screens import Screens
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.store.paused import PausedRows
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.store.usage import UsageRows
from constellagent.runtime.usage_views import DayView, LimitsView, ResumeRequest, UsageReport, UsageRequest
from constellagent.spec.limits import Budget
from constellagent.spec.suggest import did_you_mean

_log = logging.getLogger(__name__)

MOST_DAYS = 400
"""How long what was used is kept."""


class Limits:
    """What agents use, and what they may.

    Attributes:
        permits: what the scheduler asks.
        gate: what a person asks passes here.
        recorder: writes down what is used.
        pauses: keeps runs from using more than one may.
        on_change: is told that something may begin now, or is held; set by who looks. It neither blocks nor
            raises.
    """

    def __init__(
        self,
        database: Database,
        constellations: Constellations,
        registry: SessionRegistry,
        screens: Screens,
        clock: Clock,
    ) -> None:
        """Nothing is written before `start`."""
        self._rows = UsageRows(database)
        self._clock = clock
        self._effect = InEffect(constellations)
        self.recorder = Recorder(self._rows, SessionRows(database), self._effect, registry.folder, self._used)
        self.pauses = Pauses(PausedRows(database), registry, self._effect, clock, self.recorder.used)
        workers = Workers(registry, screens, Ledger(database, ""), self.pauses.why)
        self.permits = RunPermits(self._effect, self._rows, workers, self.pauses.why)
        self.gate = Gate(database, self._effect, workers, clock)
        self.on_change: Callable[[], None] = _ignore
        self._held: dict[str, tuple[str, dict[str, str]]] = {}

    async def start(self) -> None:
        """Find out what was used while there was no daemon, and begin to write down what is.

        Raises:
            WorldError: that cannot be looked up.
        """
        await self.recorder.catch_up(self._clock.now())
        today = datetime.fromtimestamp(self._clock.now(), UTC).date()
        await self._rows.forget((today - timedelta(days=MOST_DAYS)).isoformat())
        self.recorder.start()
        await self.pauses.start()

    async def close(self) -> None:
        """Write down the rest; what stands still goes on doing so."""
        await self.pauses.close()
        await self.recorder.close()

    async def ended(self, row: SessionRow) -> None:
        """Take note of the end of a session, before anybody asks what is left.

        Raises:
            WorldError: that cannot be written down.
        """
        await self.recorder.ended(row)
        await self.pauses.ended(row)

    def refresh(self, constellation: str) -> None:
        """Follow the limits that are in effect now, as after an apply."""
        self._effect.forget(constellation)
        self.on_change()

    async def look(self, constellation: str) -> None:
        """Find out which agents are held today, for `held`.

        Raises:
            ConstellagentError: that cannot be looked up.
        """
        rules = (await self._effect.of(constellation)).for_texts()
        day = day_of(self._now(), rules.zone)
        spent = await self._rows.today(constellation, day)
        found = held_agents(rules.agents, rules.limits, spent, set(rules.agents))
        self._held[constellation] = day, found

    def held(self, constellation: str, agent: str) -> str:
        """Return why an agent should begin nothing more today, as far as `look` knows; empty for nothing."""
        return self._held.get(constellation, ("", {}))[1].get(agent, "")

    async def resume(self, request: ResumeRequest) -> list[str]:
        """Let paused runs go on; returns which. See `Pauses.resume` for what it raises."""
        return await self.pauses.resume(await _constellation(request["file"]), request)

    async def report(self, request: UsageRequest) -> UsageReport:
        """Return what was used on the last days, and the limits.

        Raises:
            UsageError: there is no such agent, or the number of days makes no sense.
            ConstellagentError: it cannot be looked up.
        """
        constellation = await _constellation(request["file"])
        days, agents = request.get("days", 1), request.get("agents", [])
        if not 1 <= days <= MOST_DAYS:
            raise UsageError(f"what was used is known of the last {MOST_DAYS} days", hint="give 1 or more")
        rules = await self._effect.of(constellation)
        today = day_of(self._now(), rules.zone)
        since = (date.fromisoformat(today) - timedelta(days=days - 1)).isoformat()
        used = await self._rows.days(constellation, since)
        known = {*rules.agents, *(one.agent for one in used)}
        for agent in agents:
            if agent not in known:
                raise UsageError(f"there is no agent {agent!r}{did_you_mean(agent, known)}")
        wanted = set(agents) or known
        spent = {one.agent: one.spent for one in used if one.day == today}
        return UsageReport(
            timezone=rules.zone.key,
            today=today,
            days=[
                DayView(
                    agent=one.agent,
                    day=one.day,
                    runs=one.runs,
                    input=one.input,
                    output=one.output,
                    cost=one.cost,
                )
                for one in used
                if one.agent in wanted
            ],
            limits=_shown(rules.limits),
            agents={
                name: shown
                for name, budget in rules.agents.items()
                if name in wanted and (shown := _shown(budget))
            },
            held=held_agents(rules.agents, rules.limits, spent, wanted & rules.agents.keys()),
        )

    async def _used(self, row: SessionRow) -> None:
        """Take note that a session used more."""
        try:
            await self.look(row.constellation)
        except ConstellagentError as error:
            _log.warning("whether %s is over a limit is not known: %s", row.subject, error.message)
        self.on_change()

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now(), UTC)


async def _constellation(file: str) -> str:
    return constellation_id(await asyncio.to_thread(Path(file).resolve))


def _shown(budget: Budget) -> LimitsView:
    return cast("LimitsView", budget.model_dump(exclude_none=True))


def _ignore() -> None:
    """Take a change before anybody wants to know it."""
