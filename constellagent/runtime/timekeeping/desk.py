"""Where a person's questions about schedules arrive. What is in effect counts, whatever the file says now.

A file that cannot be read at the moment must not keep anybody from pausing what runs by it, so the file is
named here and, but for advice, not read.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from constellagent.errors import ConflictError, UsageError
from constellagent.plan.fires import Fire, shown
from constellagent.runtime.clock import Clock
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.schedule_views import (
    ChangedView,
    HookView,
    RunView,
    ScheduleRequest,
    ScheduleView,
)
from constellagent.runtime.scheduler import Scheduler
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.timekeeping import requests
from constellagent.runtime.timekeeping.looking import Looking
from constellagent.runtime.timekeeping.names import Names
from constellagent.runtime.timekeeping.requests import Asked

_PAUSED = "a person paused it"


class Webhooks(Protocol):
    """The part of the triggers that people reach."""

    async def hook(self, constellation: str, name: str, *, renew: bool = False) -> HookView:
        """Return where to post, and the secret where it was just made.

        Raises:
            UsageError: no schedule in effect names such a webhook.
            UnavailableError: posts cannot be taken now.
        """
        ...


class Timekeeping:
    """Answers for the daemon about schedules and their runs."""

    def __init__(
        self,
        scheduler: Scheduler,
        rows: ScheduleRows,
        ledger: Ledger,
        registry: SessionRegistry,
        webhooks: Webhooks,
        clock: Clock,
    ) -> None:
        """Use what the daemon has started."""
        self._names = Names(ledger)
        self._scheduler = scheduler
        self._rows = rows
        self._ledger = ledger
        self._webhooks = webhooks
        self._looking = Looking(scheduler, rows, ledger, registry, clock)
        self._answers: Mapping[str, Callable[[Asked], Awaitable[Any]]] = {
            "list": self._list,
            "history": self._history,
            "run": self._run,
            "pause": self._pause,
            "resume": self._resume,
            "reset": self._reset,
            "backfill": self._backfill,
            "webhook": self._webhook,
        }

    async def answer(self, request: ScheduleRequest) -> Any:
        """Answer one question; `ScheduleRequest` says what each action gives.

        Raises:
            UsageError: there is no such action, schedule or run, or the request lacks what the action takes.
            ConflictError: what is asked for cannot be as things are.
            WorldError: it could not be written down; nothing was done.
            UnavailableError: a webhook cannot take posts now.
        """
        requests.check(request)
        constellation = constellation_id(await asyncio.to_thread(Path(request["file"]).resolve))
        # Whoever follows a run asks about it again and again, and about no schedule.
        known = [] if "run" in request else await self._rows.all(constellation)
        rows = {row.key: row for row in known}
        return await self._answers[request["action"]](Asked(request, constellation, rows))

    async def views(self, constellation: str) -> list[ScheduleView]:
        """Return all schedules of a constellation (its id) that are in effect."""
        return await self._looking.schedules(constellation)

    async def _list(self, asked: Asked) -> list[ScheduleView]:
        keys = await self._names.several(asked)
        return await self._looking.schedules(asked.constellation, frozenset(keys))

    async def _history(self, asked: Asked) -> list[RunView]:
        request = asked.request
        if "run" in request:
            row = await self._ledger.get(request["run"])
            if row is None or row.constellation != asked.constellation:
                raise UsageError(
                    f"there is no run {request['run']!r}", hint="`constellagent schedule history` lists them"
                )
            return await self._looking.runs(asked.constellation, [row])
        since, until = requests.window(request)
        rows = await self._ledger.history(
            asked.constellation,
            schedules=await self._names.ever(asked),
            states=requests.states(request.get("states", [])),
            since=since,
            until=until,
            limit=requests.limit(request),
        )
        return await self._looking.runs(asked.constellation, rows)

    async def _run(self, asked: Asked) -> RunView:
        fire = await self._scheduler.run_now(asked.constellation, await self._names.one(asked))
        row = await self._ledger.get(fire.run) or self._as_row(asked, fire)
        return (await self._looking.runs(asked.constellation, [row]))[0]

    async def _pause(self, asked: Asked) -> ChangedView:
        keys, done = await self._names.several(asked), []
        for key in keys:
            if before := asked.rows[key].paused:
                done.append(f"{key} was paused before: {before}")
                continue
            await self._scheduler.pause(asked.constellation, key, asked.request.get("why") or _PAUSED)
            done.append(f"{key} is paused")
        return await self._changed(asked, keys, done)

    async def _resume(self, asked: Asked) -> ChangedView:
        keys, done = await self._names.several(asked), []
        declared = {key for key in keys if self._is_declared_paused(asked, key)}
        if declared and asked.request["schedules"]:
            raise ConflictError(
                f"the file declares {', '.join(sorted(declared))} as paused",
                hint="set `paused: false` there, and run `constellagent apply`",
            )
        catch_up = asked.request.get("catch_up", False)
        for key in keys:
            if key in declared:
                done.append(f"{key} stays paused, as the file declares")
            elif not asked.rows[key].paused:
                done.append(f"{key} was not paused")
            else:
                await self._scheduler.resume(asked.constellation, key, catch_up=catch_up)
                done.append(f"{key} fires again{', and makes up for its pause' if catch_up else ''}")
        return await self._changed(asked, keys, done)

    async def _reset(self, asked: Asked) -> ChangedView:
        keys = await self._names.several(asked)
        for key in keys:
            await self._scheduler.reset(asked.constellation, key)
        rows = {row.key: row for row in await self._rows.all(asked.constellation)}
        done = [f"{key} begins anew from {shown(rows[key].upto)}" for key in keys if key in rows]
        return await self._changed(asked, keys, done)

    async def _backfill(self, asked: Asked) -> list[RunView]:
        request = asked.request
        since, until = requests.window(request)
        assert since is not None
        assert until is not None
        fires = await self._scheduler.backfill(
            asked.constellation,
            await self._names.one(asked),
            (since, until),
            request.get("rerun", ""),
            dry_run=request.get("dry_run", False),
        )
        return await self._looking.runs(asked.constellation, [self._as_row(asked, fire) for fire in fires])

    async def _webhook(self, asked: Asked) -> HookView:
        key = await self._names.one(asked)
        schedule = self._scheduler.schedules(asked.constellation).get(key)
        on = None if schedule is None else schedule.spec.on
        if on is None or on.webhook is None:
            raise UsageError(
                f"{key} is not woken by a webhook",
                hint="declare `on: {webhook: NAME}` in the place of its cron, and apply",
            )
        renew = asked.request.get("renew", False)
        return await self._webhooks.hook(asked.constellation, on.webhook, renew=renew)

    async def _changed(self, asked: Asked, keys: list[str], done: list[str]) -> ChangedView:
        return ChangedView(
            done=done, schedules=await self._looking.schedules(asked.constellation, frozenset(keys))
        )

    def _is_declared_paused(self, asked: Asked, key: str) -> bool:
        schedule = self._scheduler.schedules(asked.constellation).get(key)
        return schedule is not None and schedule.spec.paused

    def _as_row(self, asked: Asked, fire: Fire) -> LedgerRow:
        return LedgerRow(asked.constellation, fire, self._looking.now())
