"""All that races need, over the laboratory for runs: real git, real sessions, agents that are scripts."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from constellagent.runtime.edits import Author, Editor
from constellagent.runtime.git import Git
from constellagent.runtime.race_views import RaceDoneView, RaceRequest, RaceRunView, RaceView
from constellagent.runtime.races import Races
from constellagent.runtime.store.races import RaceRows
from constellagent.runtime.store.sessions import SessionRow
from tests.runtime.runs.rig import Lab

PATIENCE = 30.0
"""Seconds that a race of scripts has for its end."""
COMMIT = "git add -A && git commit -qm by-$CONSTELLAGENT_AGENT"


class Admitting:
    """Lets everything be started, and writes down what; `gate` may hold or refuse it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.runs: list[tuple[str, bool]] = []
        self.refuses: Exception | None = None

    @asynccontextmanager
    async def run(
        self, constellation: str, agent: str, session: str, *, wait: float = 0.0, over: bool = False
    ) -> AsyncIterator[None]:
        """Let a run be started."""
        assert len(session) == 32
        assert constellation
        assert wait > 0
        if self.refuses is not None and not over:
            raise self.refuses
        self.runs.append((agent, over))
        yield


class Track:
    """A laboratory with races.

    Attributes:
        lab: the constellation.
        races: what is tested, as the present daemon has it.
        rows: what is written down.
    """

    def __init__(self, lab: Lab) -> None:
        """Use a laboratory that has begun."""
        self.lab = lab
        self.rows = RaceRows(lab.database)
        self.admission = Admitting()
        self.git = Git(lab.repo, timeout=30)
        self.races = self.new_races()
        lab.listeners.append(self._ended)

    def new_races(self) -> Races:
        """Return what answers about races, as the next daemon has it."""
        lab = self.lab
        return Races(
            rows=self.rows,
            contexts=lab.contexts,
            constellations=lab.constellations,
            registry=lab.registry,
            workplaces=lab.runs,
            admission=self.admission,
            editor=Editor(self.git, lab.clock, self._author),
            clock=lab.clock,
        )

    async def declare(self, **scripts: str) -> None:
        """Declare agents whose whole work is a script, and apply that."""
        blocks = "".join(
            f"  {name}: {{shell: {json.dumps(script)}, autostart: false}}\n"
            for name, script in scripts.items()
        )
        self.lab.declare(blocks)
        await self.lab.apply()

    def request(self, action: Any, **more: Any) -> RaceRequest:
        """Return a request about the laboratory's constellation."""
        file = str(self.lab.repo / "constellation.yaml")
        made: Any = {"file": file, "action": action, **more}
        request: RaceRequest = made
        return request

    async def start(self, *agents: str, prompt: str = "Do it.", **more: Any) -> RaceView:
        """Start a race."""
        view: RaceView = await self.races.answer(
            self.request("start", agents=list(agents), prompt=prompt, **more)
        )
        return view

    async def show(self, race: str, **more: Any) -> RaceView:
        """Return a race as it is now."""
        view: RaceView = await self.races.answer(self.request("show", race=race, **more))
        return view

    async def over(self, race: str) -> RaceView:
        """Wait until all runs of a race are over; returns the race as it is then."""
        deadline = time.monotonic() + PATIENCE
        while any(run.open for run in await self.rows.runs(race)):
            assert time.monotonic() < deadline, "the race did not end"
            await asyncio.sleep(0.01)
        return await self.show(race)

    async def until(self, view: RaceView, agent: str, holds: Callable[[RaceRunView], bool]) -> None:
        """Wait until a run is as it should be."""
        deadline = time.monotonic() + PATIENCE
        while not holds(of(await self.show(view["race"], brief=True), agent)):
            assert time.monotonic() < deadline, f"{agent} is not as it should be"
            await asyncio.sleep(0.01)

    async def whole(self, *agents: str, **more: Any) -> RaceView:
        """Let a race go from its start to its end."""
        return await self.over((await self.start(*agents, **more))["race"])

    async def keep(self, race: str, agent: str, **more: Any) -> RaceDoneView:
        """Keep an agent's work."""
        done: RaceDoneView = await self.races.answer(self.request("keep", race=race, agent=agent, **more))
        return done

    async def drop(self, race: str, **more: Any) -> RaceDoneView:
        """Drop a race."""
        done: RaceDoneView = await self.races.answer(self.request("drop", race=race, **more))
        return done

    def branches(self) -> list[str]:
        """Return the branches of races."""
        return self.lab.git("for-each-ref", "--format=%(refname:short)", "refs/heads/races").splitlines()

    async def _author(self, file: str, agent: str) -> Author | None:
        context = await self.lab.contexts.of_file(file)
        found = await context.identities.author(agent)
        return Author(*found) if found else None

    async def _ended(self, row: SessionRow) -> None:
        await self.races.session_ended(row)


def of(view: RaceView, agent: str) -> RaceRunView:
    """Return the run of one agent."""
    return next(run for run in view["runs"] if run["agent"] == agent)


def folder(view: RaceView, agent: str) -> Path:
    """Return the worktree of one agent."""
    return Path(of(view, agent)["path"])
