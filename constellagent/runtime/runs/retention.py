"""What is kept of ended runs, and how the rest goes without losing anything.

A worktree with work in it stays, whatever was declared, and the report says why. A branch goes only while it
holds nothing of its own. The rows of the ledger stay.
"""

import asyncio
import logging
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from constellagent.errors import ConstellagentError, RefusedError
from constellagent.failpoints import around
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.fires import RAN
from constellagent.plan.schedules import DesiredSchedule
from constellagent.runtime.contexts import Context
from constellagent.runtime.paths import Paths
from constellagent.runtime.points import Point
from constellagent.runtime.ports import Removal
from constellagent.runtime.runs.naming import owner_name, run_of, split
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.spec.models import Agent

_log = logging.getLogger(__name__)

_LOOKED_AT = 1000
"""Rows of one schedule that are looked through, the newest."""

_AT_ONCE = 8
"""Runs that are cleared after one end: what nobody can clear must not be tried in vain without end."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Cleared:
    """What became of the worktrees of an agent's runs, one line each.

    Attributes:
        removed: those that are gone.
        stay: those that are not, and why.
    """

    removed: list[str] = field(default_factory=list)
    stay: list[str] = field(default_factory=list)


class Retention:
    """Clears what is more than a schedule keeps."""

    def __init__(self, ledger: Ledger, registry: SessionRegistry, paths: Paths) -> None:
        self._ledger = ledger
        self._registry = registry
        self._paths = paths
        self._one = asyncio.Lock()

    async def keep(self, context: Context, schedule: DesiredSchedule) -> None:
        """Clear the runs of a schedule beyond its newest `keep_runs`.

        Raises:
            ConstellagentError: the ledger cannot be read or written.
        """
        async with self._one:
            rows = await self._ledger.history(
                context.id, schedules=[schedule.key], states=RAN, limit=_LOOKED_AT
            )
            rows.sort(key=_ended_at, reverse=True)
            well = [row for row in rows if row.fire.state == "succeeded"]
            badly = [row for row in rows if row.fire.state != "succeeded"]
            kept = schedule.spec.keep_runs
            surplus = [*well[kept.succeeded :], *badly[kept.failed :]]
            surplus = [row for row in surplus if not row.report.get("cleared")]
            # What was refused before comes last, the oldest first.
            surplus.sort(key=lambda row: (bool(row.report.get("kept")), _ended_at(row)))
            for row in surplus[:_AT_ONCE]:
                await self._clear(context, row)

    async def remove_all(self, context: Context, agent: str, *, force: bool) -> Cleared:
        """Remove the worktrees of an agent's runs; returns in words what became of each.

        One whose run goes on stays, and without `force` one with work in it; with `force` the work is
        rescued first.

        Raises:
            ConstellagentError: git or the ledger cannot be asked.
        """
        cleared = Cleared()
        async with self._one:
            going = {row.fire.run for row in await self._ledger.open(context.id)}
            for name, path in (await context.worktrees.named(owner_name(agent, ""))).items():
                run = run_of(name)
                if run in going or await self._is_live(run):
                    cleared.stay.append(f"{path}: its run is not over")
                    continue
                try:
                    removal = await context.worktrees.remove(name, path, force=force, branch_stays=True)
                    await self._forget(context, name, await self._ledger.get(run))
                except ConstellagentError as error:
                    cleared.stay.append(f"{path}: {_why(error)}")
                else:
                    cleared.removed.append(_removed(path, removal))
        return cleared

    async def _clear(self, context: Context, row: LedgerRow) -> None:
        run = row.fire.run
        if await self._is_live(run):
            return
        agent, _ = split(row.fire.schedule)
        name, path = owner_name(agent, run), Path(row.path)
        try:
            if row.branch:
                await context.worktrees.take_back([_stand_in(name, row)])
                await context.worktrees.remove(name, path, force=False, branch_stays=True)
            await self._forget(context, name, row)
        except ConstellagentError as error:
            why = _why(error)
            if why != row.report.get("kept"):
                _log.info("the worktree %s of an ended run stays: %s", path, why)
                await self._ledger.report(run, {"kept": why})

    @around(Point.RUN_FORGET)
    async def _forget(self, context: Context, name: str, row: LedgerRow | None) -> None:
        """Remove what is left of a run without a worktree: an empty branch, its output, its setup logs."""
        await asyncio.to_thread(shutil.rmtree, self._paths.logs / context.id / name, ignore_errors=True)
        if row is None:
            return
        if row.branch and row.base:
            await context.worktrees.drop_branch(row.branch, row.base)
        await self._registry.discard(row.fire.run)
        await self._ledger.report(row.fire.run, {"cleared": True, "kept": ""})

    async def _is_live(self, run: str) -> bool:
        session = await self._registry.get(run)
        return session is not None and session.live


def _stand_in(name: str, row: LedgerRow) -> DesiredAgent:
    """Return enough of a declaration to find what was half made for a run."""
    spec = Agent(command=("true",), autostart=False)
    return DesiredAgent(name, Path(row.path), row.branch, "auto", None, spec, "")


def _ended_at(row: LedgerRow) -> datetime:
    return row.ended_at or row.decided_at


def _why(error: ConstellagentError) -> str:
    if not isinstance(error, RefusedError) or not error.losses:
        return error.message
    shown, more = error.losses[:_SHOWN], len(error.losses) - _SHOWN
    return "; ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _removed(path: Path, removal: Removal) -> str:
    if removal.rescue_ref:
        return f"{path} removed; kept as {removal.rescue_ref}, get it back with: {removal.recover}"
    return f"{path} removed"
