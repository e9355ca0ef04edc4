"""The runs of schedules among an agent's other sessions: in its status, its logs, and when it is stopped."""

from constellagent.errors import ConflictError, UsageError
from constellagent.plan.fires import shown
from constellagent.runtime.control import ConstellationView
from constellagent.runtime.schedule_views import NextFireView, OpenRunView
from constellagent.runtime.scheduler import Scheduler
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.timekeeping.names import agent_of
from constellagent.spec.suggest import did_you_mean

_SHORTEST_ID = 4
"""A run may be named by so much of its id; less is a word for something else."""


class AgentRuns:
    """Finds the runs of schedules for the commands that are about agents."""

    def __init__(
        self, scheduler: Scheduler, rows: ScheduleRows, ledger: Ledger, registry: SessionRegistry
    ) -> None:
        """Use what the daemon has started."""
        self._scheduler = scheduler
        self._rows = rows
        self._ledger = ledger
        self._registry = registry

    async def mark(self, constellation: str, view: ConstellationView) -> None:
        """Add to a status what wakes its agents next, and which runs of their schedules are open."""
        agents = {agent["name"]: agent for agent in view["agents"]}
        for key in self._scheduler.schedules(constellation):
            agent = agents.get(agent_of(key))
            outlook = self._scheduler.outlook(constellation, key)
            if agent is None or outlook.next_fire is None or outlook.next_due is None:
                continue
            fire = NextFireView(
                schedule=key, fire_at=shown(outlook.next_fire), due=outlook.next_due.timestamp()
            )
            if "next_fire" not in agent or fire["due"] < agent["next_fire"]["due"]:
                agent["next_fire"] = fire
        for row in await self._ledger.open(constellation):
            agent = agents.get(agent_of(row.fire.schedule))
            if agent is not None:
                agent.setdefault("runs", []).append(_open_run(row))

    async def session(self, constellation: str, word: str) -> str | None:
        """Return the session of the run that a person means: by the beginning of its id, or by `agent/name`.

        None where the word is no schedule's name and begins no run's id.

        Raises:
            UsageError: several runs begin so, or there is no such schedule.
            ConflictError: there is such a run or schedule, and it has no session.
        """
        if "/" in word:
            return await self._of_schedule(constellation, word)
        row = await self._ledger.get(word) if len(word) >= _SHORTEST_ID else None
        if row is None or row.constellation != constellation:
            return None
        if await self._registry.get(row.fire.run) is None:
            raise ConflictError(
                f"run {row.fire.run} has no output: it is {row.fire.state}",
                hint=f"`constellagent schedule history --run {row.fire.run}` tells all of it",
            )
        return row.fire.run

    async def stop(self, constellation: str, key: str) -> str:
        """Stop the runs of a schedule that go on; returns how they ended.

        Raises:
            UsageError: there is no such schedule.
            ConflictError: none goes on.
            WorldError: something of one does not end.
        """
        rows = [row for row in await self._ledger.open(constellation) if row.fire.schedule == key]
        going = [row.fire.run for row in rows if await self._goes_on(row)]
        if not going:
            await self._known(constellation, key)
            waiting = f"; {len(rows)} wait to start" if rows else ""
            raise ConflictError(
                f"no run of {key} goes on{waiting}",
                hint=f"`constellagent schedule pause {key}` cancels what waits" if rows else "",
            )
        return ", ".join([await self._registry.stop(run) for run in going])

    async def _goes_on(self, row: LedgerRow) -> bool:
        """Say whether a run has a live session; the ledger hears of it a moment later."""
        if row.fire.state != "claimed":
            return row.fire.state == "running"
        session = await self._registry.get(row.fire.run)
        return session is not None and session.live

    async def _of_schedule(self, constellation: str, key: str) -> str:
        for row in await self._registry.newest(constellation):
            if row.role == "run" and row.subject == key:
                return row.id
        await self._known(constellation, key)
        raise ConflictError(
            f"{key} has no output: it did not run in a session of its own yet",
            hint=f"`constellagent schedule run {key}` starts it now",
        )

    async def _known(self, constellation: str, key: str) -> None:
        """Refuse a name that is not of a schedule in effect.

        Raises:
            UsageError: it is not.
        """
        keys = {row.key for row in await self._rows.all(constellation)}
        if key not in keys:
            raise UsageError(
                f"no schedule {key!r} is in effect{did_you_mean(key, keys)}",
                hint="`constellagent schedule show` lists those that are",
            )


def _open_run(row: LedgerRow) -> OpenRunView:
    since = None if row.started_at is None else row.started_at.timestamp()
    return OpenRunView(run=row.fire.run, schedule=row.fire.schedule, state=row.fire.state, since=since)
