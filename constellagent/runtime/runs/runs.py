"""Starts and ends runs, and does what follows their end: the scheduler's `Runner`, in the real world."""

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from constellagent.agents.values import plain
from constellagent.errors import ConflictError, ConstellagentError, WorldError
from constellagent.plan.declared import resolve
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.fires import RAN, Fire, shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.ravi.client.audit import AuditLines
from constellagent.runtime import processes
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.delivery import Courier
from constellagent.runtime.headless.verdicts import usage_of, verdict_of
from constellagent.runtime.holder import marker
from constellagent.runtime.paths import private_folder
from constellagent.runtime.runs import commits, counts
from constellagent.runtime.runs.fresh import FreshWorktrees
from constellagent.runtime.runs.naming import Place, split
from constellagent.runtime.runs.needs import Needs
from constellagent.runtime.runs.retention import Cleared, Retention
from constellagent.runtime.runs.telling import Word
from constellagent.runtime.scheduler.runner import Started
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.ledger import Ledger, LedgerRow

_log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds that a prompt for a live session waits for its program to take one."""
_UNFINISHED = 200
"""Ended runs of one constellation, the newest, that are looked through for what a dead daemon left undone."""


class Runs:
    """Meets `scheduler.runner.Runner`."""

    def __init__(
        self,
        contexts: Contexts,
        constellations: Constellations,
        registry: SessionRegistry,
        ledger: Ledger,
        clock: Clock,
        settings: Settings,
        audit: AuditLines,
        courier: Courier,
    ) -> None:
        """`audit` is the local provider's, told of what is sent from identities elsewhere."""
        self._contexts = contexts
        self._constellations = constellations
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._courier = courier
        self._needs = Needs()
        self._concluding: dict[str, tuple[str, asyncio.Event]] = {}
        self._fresh = FreshWorktrees(ledger)
        self._word = Word(ledger, registry, clock, audit)
        self._retention = Retention(ledger, registry, settings.paths)

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Make the workspace and start the run in it, at most once for each run id.

        A start that was cut short goes on where it was: it is asked for again with the same fire.

        Raises:
            ConstellagentError: it was not started; nothing of it runs.
        """
        context = await self._context(constellation)
        agent = context.desired.agents.get(schedule.agent)
        if agent is None:
            raise ConflictError(
                f"agent {schedule.agent} is not declared any more",
                hint="`constellagent apply` takes its schedules out of effect",
            )
        if schedule.spec.workspace == "resident":
            return await self._type_in(context, schedule, fire)
        await self._needs.meet(context, agent)
        if schedule.spec.workspace == "fresh":
            path = await self._fresh.make(context, agent, schedule, fire)
        else:
            path = await self._own_worktree(context, agent, fire)
        launch = await context.launches.scheduled(agent, path, schedule, fire)
        await self._registry.start(context.id, launch)
        return Started()

    async def prepare(self, context: Context, agent: DesiredAgent, run: str, place: Place, base: str) -> Path:
        """Make a worktree for a run that is of no schedule, with the services live that its agent needs.

        Raises:
            ConstellagentError: it is not ready to work in.
        """
        await self._needs.meet(context, agent)
        return await self._fresh.build(context, agent, run, place, base)

    async def stop(self, run: str) -> None:
        """End a run's session and its whole process tree; harmless where it has ended.

        Raises:
            WorldError: something of it does not end.
        """
        await self._registry.stop(run)

    async def conclude(self, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        """Do what follows an end: report, word to the owner, retention. Its failures are logged, not raised.

        `schedule` is None where it is no longer in effect; then nothing of its runs is removed.
        """
        if row.fire.state not in RAN:
            return
        concluded = asyncio.Event()
        self._concluding[row.fire.run] = split(row.fire.schedule)[0], concluded
        try:
            context = await self._context(row.constellation)
            await self._conclude(context, await self._ledger.get(row.fire.run) or row, schedule)
        except ConstellagentError as error:
            _log.warning("after run %s of %s: %s", row.fire.run, row.fire.schedule, error.message)
        except Exception:  # noqa: BLE001 - a defect here must not keep other runs from starting
            _log.exception("after run %s of %s", row.fire.run, row.fire.schedule)
        finally:
            self._concluding.pop(row.fire.run, None)
            concluded.set()

    async def tidy(self) -> None:
        """Conclude what ended while no daemon saw to it; its failures are logged, not raised."""
        for applied in await self._constellations.all():
            try:
                await self._tidy(applied)
            except ConstellagentError as error:
                _log.warning("the ended runs of %s are not looked after: %s", applied.file, error.message)

    async def remove_all(self, context: Context, agent: str, *, force: bool) -> Cleared:
        """Remove the worktrees of an agent's runs; returns in words what became of each.

        One whose run goes on stays, and without `force` one with work in it; with `force` the work is
        rescued first.

        Raises:
            ConstellagentError: git or the ledger cannot be asked.
        """
        # A report that is being made reads the worktree.
        for whose, concluded in list(self._concluding.values()):
            if whose == agent:
                await concluded.wait()
        return await self._retention.remove_all(context, agent, force=force)

    async def _context(self, constellation: str) -> Context:
        applied = await self._constellations.get(constellation)
        if applied is None:
            raise ConflictError(
                f"constellation {constellation} is not there any more",
                hint="`constellagent apply` brings it and its schedules back",
            )
        return await self._contexts.of_applied(applied)

    async def _own_worktree(self, context: Context, agent: DesiredAgent, fire: Fire) -> Path:
        record = (await context.world.records.all()).get(agent.name)
        if record is None or not await asyncio.to_thread(record.path.is_dir):
            raise ConflictError(f"{agent.name} has no worktree yet", hint="`constellagent apply` makes it")
        base = await commits.head(context.worktrees.git, record.path)
        await self._ledger.place(fire.run, branch="", path=str(record.path), base=base)
        return record.path

    async def _type_in(self, context: Context, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Give the agent's live session the prompt. What may have been typed is never typed again."""
        name = schedule.agent
        newest = await self._registry.newest(context.id)
        live = [row for row in newest if (row.role, row.subject) == ("agent", name) and row.live]
        if not live:
            raise ConflictError(
                f"{name} does not run, and {schedule.key} types into its running session",
                hint=f"`constellagent restart {name}` starts it",
            )

        async def before() -> None:
            if not await asyncio.to_thread(_begin, self._registry.folder(fire.run)):
                raise ConflictError(
                    f"the prompt of run {fire.run} may have been delivered before",
                    hint=f"`constellagent schedule run {schedule.key}` delivers it anew",
                )

        prompt = schedule.spec.prompt or ""
        if (await self._courier.kind(live[0])).program:
            prompt = plain(prompt)  # in a coding agent a mark in front would make it a command
        told = await self._courier.deliver(live[0], prompt, wait=PATIENCE, before=before)
        doubt = "" if told.confirmed else f", which did not show that it took it: {told.why}"
        return Started("succeeded", f"delivered to the live session{doubt}")

    async def _conclude(self, context: Context, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        report = await self._account(context, row)
        await self._ledger.report(row.fire.run, report)
        told = True
        try:
            await self._word.tell(context, replace(row, report={**row.report, **report}), schedule)
        except ConstellagentError as error:
            told = False  # the next daemon tries again
            _log.warning("the owner is not told of %s: %s", row.fire.schedule, error.message)
        if schedule is not None:
            await self._retention.keep(context, schedule)
        if told:
            now = datetime.fromtimestamp(int(self._clock.now()), UTC)
            await self._ledger.report(row.fire.run, {"concluded": shown(now)})

    async def _account(self, context: Context, row: LedgerRow) -> dict[str, Any]:
        """Return what a run did; what cannot be looked at is left out."""
        report: dict[str, Any] = {}
        agent, _ = split(row.fire.schedule)
        try:
            found = await commits.made(context.worktrees.git, row)
            report |= {"commits": list(found.named), "commit_count": found.count}
        except ConstellagentError as error:
            _log.warning("the commits of run %s are not known: %s", row.fire.run, error.message)
        try:
            folder = self._registry.folder(row.fire.run)
            report |= await asyncio.to_thread(_told, folder)
        except ConstellagentError as error:
            _log.warning("what run %s used is not known: %s", row.fire.run, error.message)
        try:
            # What has no session has no key, and left no lines.
            if await self._registry.get(row.fire.run) is not None:
                report["did"] = await counts.did(context, row, agent)
        except ConstellagentError as error:
            _log.warning("what run %s did is not known: %s", row.fire.run, error.message)
        return report

    async def _tidy(self, applied: Applied) -> None:
        rows = await self._ledger.history(applied.id, states=RAN, limit=_UNFINISHED)
        undone = [row for row in reversed(rows) if "concluded" not in row.report]
        if not undone:
            return
        schedules = await _in_effect(await self._contexts.of_applied(applied))
        for row in undone:
            await self.conclude(row, schedules.get(row.fire.schedule))


def _told(folder: Path) -> dict[str, Any]:
    """Return what a run's own program said of it; empty where it said nothing.

    Raises:
        WorldError: it is written down and cannot be read.
    """
    found, used = verdict_of(folder), usage_of(folder)
    told: dict[str, Any] = {}
    if found is not None and found.outcome.denied:
        told["denied"] = list(found.outcome.denied)
    if used is not None:
        told["usage"] = {"input": used.input, "output": used.output, "cost": used.cost}
    return told


async def _in_effect(context: Context) -> Mapping[str, DesiredSchedule]:
    found = {}
    for agent, declarations in (await context.world.schedules.look()).items():
        for name, text in declarations.items():
            try:
                schedule = resolve(agent, name, text)
            except ValueError:
                continue  # of a release whose language differs; the next apply writes it anew
            found[schedule.key] = schedule
    return found


def _begin(folder: Path) -> bool:
    """Write the mark that a run was begun; False where it is there already.

    Raises:
        WorldError: it cannot be written.
    """
    private_folder(folder)
    try:
        return marker.begin(os.fspath(folder), os.getpid(), processes.start_of(os.getpid()) or "")
    except OSError as error:
        raise WorldError(f"cannot write into {folder}: {error.strerror}") from error
