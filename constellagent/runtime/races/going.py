"""The runs of races while they go on: started at most once each, watched to their end, found by a new daemon.

Whether a session ever began is written beside it before its program runs. That, and not what the rows had
time to say, decides whether a run may be started.
"""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from constellagent.errors import ConflictError, ConstellagentError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.fires import State
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.headless.verdicts import verdict_of
from constellagent.runtime.races.measuring import measure
from constellagent.runtime.runs.naming import Place
from constellagent.runtime.scheduler.ends import LOST, end_of
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.races import RaceRow, RaceRows, RaceRun
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn

_log = logging.getLogger(__name__)

_AGAIN = 2.0
"""Seconds between looks at a run of which nothing is certain."""
_PATIENCE = 3600.0
"""Seconds that a run waits where only so many agents may work at once."""
_MOST_ANSWER = 2000
"""Characters of an agent's answer that are kept in its row."""
_TOLD = frozenset({"succeeded", "failed", "timeout"})
"""The ends of which an agent's own verdict says more than its exit status."""


class Workplaces(Protocol):
    """Who makes worktrees for runs; `runs.Runs` does."""

    async def prepare(self, context: Context, agent: DesiredAgent, run: str, place: Place, base: str) -> Path:
        """Make a worktree, with the services live that the agent needs.

        Raises:
            ConstellagentError: it is not ready to work in.
        """
        ...


class Admission(Protocol):
    """Who lets runs be started, within what agents may use; `limits.Gate` does."""

    def run(
        self, constellation: str, agent: str, session: str, *, wait: float = 0.0, over: bool = False
    ) -> AbstractAsyncContextManager[None]:
        """Let a run be started in the body once it may be; it waits for that, `wait` seconds at most.

        Raises:
            ConflictError: a limit is reached.
        """
        ...


class Going:
    """Starts, watches and ends the runs of races."""

    def __init__(
        self,
        rows: RaceRows,
        registry: SessionRegistry,
        contexts: Contexts,
        constellations: Constellations,
        workplaces: Workplaces,
        admission: Admission,
        clock: Clock,
    ) -> None:
        self._rows = rows
        self._registry = registry
        self._contexts = contexts
        self._constellations = constellations
        self._workplaces = workplaces
        self._admission = admission
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """What is done for a run now, by its id: its start, or the account of its end."""
        self._early: dict[str, SessionRow] = {}
        """Sessions that ended before their start had returned."""

    def begin(self, race: RaceRow, run: RaceRun) -> None:
        """Start a claimed run; what becomes of it is written down."""
        self._do(run.run, self._start(race, run), f"start {run.agent} in race {race.id}")

    async def resume(self) -> None:
        """Find out about the runs that an earlier daemon left open; sessions must have been adopted before.

        Raises:
            WorldError: the rows cannot be read.
        """
        for run in await self._rows.open():
            race = await self._rows.race_of(run)
            if race is not None:
                self._do(run.run, self._find_out(race, run), f"find out about {run.agent} in race {race.id}")

    async def session_ended(self, session: SessionRow) -> None:
        """Take note of the end of a session, which may be that of a run here."""
        run = await self._rows.run(session.id) if session.role == "run" else None
        if run is None or not run.open:
            return
        task = self._tasks.get(run.run)
        if task is not None and not task.done():
            self._early[run.run] = session
        else:
            self._do(run.run, self._over(run, session), f"account for {run.agent} in race {run.race}")

    async def stop(self, run: RaceRun) -> None:
        """End a run, also one that is being started; it is over when this returns.

        Raises:
            WorldError: something of it does not end.
        """
        if (task := self._tasks.get(run.run)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._registry.stop(run.run)
        if (task := self._tasks.get(run.run)) is not None:
            await asyncio.gather(task, return_exceptions=True)
        await self._end(run, "stopped", "it was stopped with its race")

    async def close(self) -> None:
        """Cut short what is done now; the next daemon goes on with it."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _do(self, run: str, work: Any, name: str) -> None:
        task = spawn(work, name=name)
        self._tasks[run] = task
        task.add_done_callback(partial(self._done, run))

    def _done(self, run: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(run) is task:
            del self._tasks[run]
            self._early.pop(run, None)

    async def _start(self, race: RaceRow, run: RaceRun) -> None:
        try:
            session = await self._launch(race, run)
        except ConstellagentError as error:
            await self._end(run, "failed", f"it could not be started: {error.message}")
            return
        except Exception:  # noqa: BLE001 - a defect here must not leave the run open for ever
            _log.exception("%s could not be started in race %s", run.agent, race.id)
            await self._end(run, "failed", "it could not be started: see the daemon's log")
            return
        await self._rows.started(run.run, session.started_at)
        # Between the look and the end of this task nothing else has its turn.
        if (ended := self._early.get(run.run)) is not None or not session.live:
            await self._over(run, ended or session)

    async def _launch(self, race: RaceRow, run: RaceRun) -> SessionRow:
        context = await self._context(race)
        agent = context.desired.agents.get(run.agent)
        if agent is None:
            raise ConflictError(f"agent {run.agent} is not declared any more")
        place = Place(Path(run.path), run.branch)
        path = await self._workplaces.prepare(context, agent, run.run, place, race.commit)
        limit = None if race.limit is None else timedelta(seconds=race.limit)
        launch = await context.launches.run(agent, path, race.prompt, (), session=run.run, limit=limit)
        admitted = self._admission.run(context.id, run.agent, run.run, wait=_PATIENCE, over=race.over_limit)
        async with admitted:
            return await self._registry.start(context.id, launch)

    async def _find_out(self, race: RaceRow, run: RaceRun) -> None:
        """Act on how a run stands of which an earlier daemon knew more; a look that fails is made again."""
        while True:
            try:
                if await self._settled(race, run):
                    return
            except WorldError as error:
                _log.warning("it is not known how run %s stands: %s", run.run, error.message)
            await asyncio.sleep(_AGAIN)

    async def _settled(self, race: RaceRow, run: RaceRun) -> bool:
        session = await self._registry.get(run.run)
        begun = run.state == "running" or await self._registry.begun(run.run)
        if session is not None and session.live:
            if begun:
                await self._rows.started(run.run, session.started_at)
                if (ended := self._early.get(run.run)) is not None:
                    await self._over(run, ended)
            return begun
        if not begun:
            await self._start(race, run)
        else:
            await self._over(run, session)
        return True

    async def _over(self, run: RaceRun, session: SessionRow | None) -> None:
        """Write down how a run ended whose session did; None where nothing is known of it."""
        end = LOST if session is None else end_of(session, None)
        at = None if session is None else session.ended_at
        await self._end(run, end.state, end.why, end.exit_status, at)

    async def _end(
        self, run: RaceRun, state: State, why: str, exit_status: int | None = None, at: float | None = None
    ) -> None:
        report: dict[str, Any] = {}
        try:
            report |= await self._measured(run)
            report |= await asyncio.to_thread(_told, self._registry.folder(run.run))
        except ConstellagentError as error:
            _log.warning("what run %s did is not known: %s", run.run, error.message)
        said = report.pop("said", "")
        if state in _TOLD:
            why = said or ("" if state == "succeeded" else why)
        ended = self._clock.now() if at is None else at
        await self._rows.end(run.run, state, ended, why=why, exit_status=exit_status, report=report)

    async def _measured(self, run: RaceRun) -> dict[str, Any]:
        race = await self._rows.race_of(run)
        if race is None:
            return {}
        context = await self._context(race)
        found = await measure(context.worktrees.git, run, race.commit)
        return {} if found is None else dict(found.report())

    async def _context(self, race: RaceRow) -> Context:
        applied = await self._constellations.get(race.constellation)
        if applied is None:
            raise ConflictError(
                f"the constellation of race {race.id} is not there any more",
                hint="`constellagent apply` brings it back",
            )
        return await self._contexts.of_applied(applied)


def _told(folder: Path) -> dict[str, Any]:
    """Return what the program of a run said itself; empty where it said nothing.

    Raises:
        WorldError: it is written down and cannot be read.
    """
    found = verdict_of(folder)
    if found is None:
        return {}
    said = found.outcome
    told: dict[str, Any] = {"answer": said.answer[:_MOST_ANSWER], "said": found.why}
    if said.input or said.output or said.cost is not None:
        told["usage"] = {"input": said.input, "output": said.output, "cost": said.cost}
    return told
