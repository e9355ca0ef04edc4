"""Looking at schedules and at the ledger, and showing them."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from constellagent.errors import UsageError
from constellagent.plan.fires import RAN
from constellagent.runtime.clock import Clock
from constellagent.runtime.schedule_views import RunView, ScheduleView
from constellagent.runtime.scheduler import Outlook, Scheduler
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRow, ScheduleRows
from constellagent.runtime.timekeeping import views

FEW = 500
"""Of more schedules than this only the next fire is shown and no last run: it would take long to look up."""

_TOGETHER = 20
"""Schedules that are worked out before others on the event loop have their turn."""


class Looking:
    """Shows what there is, and changes nothing."""

    def __init__(
        self,
        scheduler: Scheduler,
        rows: ScheduleRows,
        ledger: Ledger,
        registry: SessionRegistry,
        clock: Clock,
    ) -> None:
        """Use what the daemon has opened."""
        self._scheduler = scheduler
        self._rows = rows
        self._ledger = ledger
        self._registry = registry
        self._clock = clock

    def now(self) -> datetime:
        """Return the wall time."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    async def schedules(self, constellation: str, keys: Collection[str] | None = None) -> list[ScheduleView]:
        """Return the schedules in effect, all or those of `keys`, in the order of their coming."""
        rows = [row for row in await self._rows.all(constellation) if keys is None or row.key in keys]
        open_rows = await self._ledger.open(constellation)
        few = len(rows) <= FEW
        newest = {row.key: await self._newest(constellation, row.key) if few else None for row in rows}
        shown = await self.runs(
            constellation, [*open_rows, *(row for row in newest.values() if row is not None)], open_rows
        )
        runs = {view["run"]: view for view in shown}
        by_key: dict[str, list[RunView]] = defaultdict(list)
        for open_row in open_rows:
            by_key[open_row.fire.schedule].append(runs[open_row.fire.run])
        found = []
        for number, row in enumerate(rows):
            if number % _TOGETHER == 0:
                await asyncio.sleep(0)
            last = newest[row.key]
            last_run = runs[last.fire.run] if last is not None else None
            found.append(self._view(row, by_key[row.key], last_run, views.MOST_FIRES if few else 1))
        return found

    async def runs(
        self, constellation: str, rows: Sequence[LedgerRow], open_rows: Sequence[LedgerRow] | None = None
    ) -> list[RunView]:
        """Return rows of the ledger; `open_rows` are all open ones, where they are known already."""
        if open_rows is None and any(row.fire.state == "queued" for row in rows):
            open_rows = await self._ledger.open(constellation)
        open_fires = [row.fire for row in open_rows or ()]
        schedules = self._scheduler.schedules(constellation)
        workspaces = {key: schedule.workspace for key, schedule in schedules.items()}
        logs = await asyncio.to_thread(self._logs, [row.fire.run for row in rows])
        now = self.now()
        return [
            views.run(
                row,
                now,
                log=logs.get(row.fire.run, ""),
                waits=views.waits(row.fire, open_fires, workspaces, now)
                if row.fire.state == "queued"
                else "",
            )
            for row in rows
        ]

    def _view(
        self, row: ScheduleRow, open_runs: list[RunView], last: RunView | None, fires: int
    ) -> ScheduleView:
        desired = self._scheduler.schedules(row.constellation).get(row.key)
        try:
            outlook = self._scheduler.outlook(row.constellation, row.key)
        except UsageError:  # An apply that goes on has written it down, and the scheduler will read it soon.
            outlook = Outlook("on")
        return views.schedule(row, desired, outlook, _spec(row.declared), open_runs, last, fires)

    async def _newest(self, constellation: str, key: str) -> LedgerRow | None:
        found = await self._ledger.history(constellation, schedules=[key], states=RAN, limit=1)
        return found[0] if found else None

    def _logs(self, runs: Iterable[str]) -> dict[str, str]:
        """Return the folders of the output that is kept, by run."""
        folders = {run: self._registry.log(run) for run in runs}
        return {run: str(folder) for run, folder in folders.items() if folder.is_dir()}


def _spec(declared: str) -> dict[str, Any]:
    """Return the block of the file that a declaration holds, also where another release wrote it."""
    try:
        words = json.loads(declared)
        return dict(words["spec"])
    except (ValueError, KeyError, TypeError):
        return {}
