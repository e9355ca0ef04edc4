"""Answers what a face asks about races, and looks after them from one daemon to the next."""

import asyncio
import logging
from collections import defaultdict
from pathlib import Path
from typing import Any

from constellagent.errors import ConflictError, ConstellagentError, UsageError
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.edits import Editor
from constellagent.runtime.git import Git
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.race_views import RaceDoneView, RaceRequest, RaceView
from constellagent.runtime.races import views
from constellagent.runtime.races.deciding import Deciding
from constellagent.runtime.races.going import Admission, Going, Workplaces
from constellagent.runtime.races.starting import drawn
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.races import RaceRow, RaceRows
from constellagent.runtime.store.sessions import SessionRow
from constellagent.runtime.tasks import spawn

_log = logging.getLogger(__name__)

_LISTED = 100
"""Races that a list shows, the newest."""
_KEPT = 200
"""Decided races of a constellation that are remembered."""


class Races:
    """Starts races, compares them, and decides them as a person says."""

    def __init__(
        self,
        *,
        rows: RaceRows,
        contexts: Contexts,
        constellations: Constellations,
        registry: SessionRegistry,
        workplaces: Workplaces,
        admission: Admission,
        editor: Editor,
        clock: Clock,
    ) -> None:
        """Nothing happens before `start`."""
        self._rows = rows
        self._contexts = contexts
        self._constellations = constellations
        self._registry = registry
        self._clock = clock
        self._going = Going(rows, registry, contexts, constellations, workplaces, admission, clock)
        self._deciding = Deciding(rows, self._going, editor)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """One decision at a time for each race."""

    async def start(self) -> None:
        """Go on with what an earlier daemon left; sessions must have been adopted before.

        Raises:
            WorldError: the rows cannot be read.
        """
        await self._going.resume()
        for race in await self._rows.decided():
            if race.merged or race.decision == "dropped":
                spawn(self._tidy(race), name=f"tidy race {race.id}")

    async def close(self) -> None:
        """Let go of everything; runs go on, and the next daemon finds them."""
        await self._going.close()

    async def session_ended(self, session: SessionRow) -> None:
        """Take note of the end of a session."""
        await self._going.session_ended(session)

    async def answer(self, request: RaceRequest) -> Any:
        """Return what `RaceRequest` says of each action.

        Raises:
            UsageError: there is no such race or action, or the request lacks something.
            ConflictError: the constellation was never applied, or the race does not allow it now.
            RefusedError: something would be lost.
        """
        match request["action"]:
            case "start":
                return await self._start(request)
            case "list":
                constellation = constellation_id(await asyncio.to_thread(Path(request["file"]).resolve))
                return [await self._view(row) for row in await self._rows.of(constellation, _LISTED)]
            case "show":
                return await self._show(request)
            case "preview" | "keep" | "drop":
                return await self._decide(request)
            case unknown:
                raise UsageError(f"there is nothing called {unknown!r} to do with a race")

    async def _start(self, request: RaceRequest) -> RaceView:
        context = await self._context(request["file"])
        race, runs = await drawn(context, self._git(context), request, self._clock.now())
        await self._rows.add(race, runs)
        for run in runs:
            self._going.begin(race, run)
        await self._rows.trim(context.id, _KEPT)
        return await self._view(race)

    async def _show(self, request: RaceRequest) -> RaceView:
        race = await self._named(request)
        if request.get("brief"):
            return await self._view(race)
        context, runs = await self._context(request["file"]), await self._rows.runs(race.id)
        return await views.measured(self._git(context), race, runs, self._registry, self._clock.now())

    async def _decide(self, request: RaceRequest) -> Any:
        context = await self._context(request["file"])
        async with self._locks[(await self._named(request)).id]:
            race = await self._named(request)
            runs = await self._rows.runs(race.id)
            match request["action"]:
                case "preview":
                    return await self._deciding.preview(context, race, runs, request)
                case "keep":
                    done, stay = await self._deciding.keep(context, race, runs, request)
                case _:
                    force = request.get("force", False)
                    done, stay = await self._deciding.drop(context, race, runs, force=force)
            after = await self._view(await self._named(request))
        return RaceDoneView(done=done, stay=stay, race=after)

    async def _tidy(self, race: RaceRow) -> None:
        """Remove what a dead daemon left of a decided race; what was refused before is not tried again."""
        applied = await self._constellations.get(race.constellation)
        if applied is None:
            return
        try:
            context = await self._contexts.of_applied(applied)
            async with self._locks[race.id]:
                runs = [run for run in await self._rows.runs(race.id) if not run.stays and not run.open]
                await self._deciding.clear(context, runs, force=race.force)
        except ConstellagentError as error:
            _log.warning("race %s is not tidied: %s", race.id, error.message)

    async def _named(self, request: RaceRequest) -> RaceRow:
        constellation = constellation_id(await asyncio.to_thread(Path(request["file"]).resolve))
        named = request.get("race", "")
        race = await self._rows.get(constellation, named)
        if race is None:
            raise UsageError(f"there is no race {named!r}", hint="`constellagent race list` lists them")
        return race

    async def _context(self, file: str) -> Context:
        """Return the constellation as it was applied: what a worktree runs was approved with it."""
        applied = await self._constellations.get(
            constellation_id(await asyncio.to_thread(Path(file).resolve))
        )
        if applied is None:
            raise ConflictError(
                f"{file} was never applied",
                hint="`constellagent apply` gives its agents their identities, which a race needs",
            )
        return await self._contexts.of_applied(applied)

    async def _view(self, race: RaceRow) -> RaceView:
        return views.view(race, await self._rows.runs(race.id), self._registry, self._clock.now())

    def _git(self, context: Context) -> Git:
        return context.worktrees.git
