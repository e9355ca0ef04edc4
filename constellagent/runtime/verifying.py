"""Proves an agent's sandbox: starts the battery in it, as a session of the agent, and reads what came of it.

The session is one as any other: by the same launch, with a terminal, a holder, a socket and a key of its own.
Only its program is ours. It reports by what it writes to its terminal, which nobody else in the sandbox has.
"""

import asyncio
import contextlib
import json
import os
import secrets
import sys
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from constellagent.errors import (
    ConflictError,
    ConstellagentError,
    Problem,
    SpecError,
    UnavailableError,
    WorldError,
)
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.environment import person
from constellagent.runtime.git import Git
from constellagent.runtime.holder.launch import read_status
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.sandbox import battery, traps
from constellagent.runtime.sandbox.battery import COLUMNS, ROWS, Scene
from constellagent.runtime.sandbox.battery_program import __main__ as program
from constellagent.runtime.sandbox.battery_program.every import LINES
from constellagent.runtime.sandbox.ground import Ground
from constellagent.runtime.sandbox.sandboxes import Stay
from constellagent.runtime.sandbox.traps import Traps
from constellagent.runtime.sandbox_views import LineView, SandboxReport, SandboxRequest
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.database import Database
from constellagent.runtime.terminals import named

_LIMIT = 180.0
"""Seconds in which the battery has to end, on a busy machine too."""
_LOOK = 0.05
_BLOCK = 1 << 20


class Verifier:
    """Runs the battery for one agent at a time, or several."""

    def __init__(
        self, contexts: Contexts, registry: SessionRegistry, database: Database, settings: Settings
    ) -> None:
        self._contexts = contexts
        self._registry = registry
        self._database = database
        self._paths = settings.paths
        self._git_timeout = settings.git_timeout

    async def verify(self, request: SandboxRequest) -> SandboxReport:
        """Try everything that the sandbox of an agent must prevent, and what must work in it.

        Raises:
            UsageError: there is no such agent.
            SpecError: it is declared without a sandbox.
            UnavailableError: there can be no such sandbox on this machine.
            ConflictError: it has no worktree yet.
            WorldError: the battery could not be run to its end.
        """
        context = await self._contexts.of_file(request["file"])
        agent = context.desired.agents[named(context, request["agent"], services=False)]
        sandbox = agent.spec.sandbox
        if sandbox.kind == "none":
            why = "there is no sandbox to verify; declare `sandbox: bwrap`"
            raise SpecError(str(context.file), [Problem(0, 0, f"agents.{agent.name}.sandbox", why)])
        if sandbox.kind == "seatbelt":
            raise UnavailableError(
                "the battery knows `sandbox: bwrap` only", hint="seatbelt is experimental: nothing proves it"
            )
        record = (await context.world.records.all()).get(agent.name)
        if record is None or not record.path.is_dir():
            raise ConflictError(f"{agent.name} has no worktree yet", hint="`constellagent apply` makes it")
        lines = await self._try(context, agent, record.path)
        held = all(line["outcome"] != "fail" for line in lines)
        return SandboxReport(
            agent=agent.name, sandbox=sandbox.kind, network=sandbox.network, held=held, lines=lines
        )

    async def _try(self, context: Context, agent: DesiredAgent, worktree: Path) -> list[LineView]:
        session = uuid.uuid4().hex
        common = context.repository.common_dir
        stay = Stay(context.id, agent, worktree, common, session=session)
        ground = await self._contexts.sandboxes.ground(stay)
        asked = self._paths.home / "sandbox" / f"{secrets.token_hex(8)}.json"
        await asyncio.to_thread(_empty, asked)  # it has to be there to be shown inside
        try:
            with traps.set_up(ground.temporary) as trapped:
                return await self._run(context, agent, worktree, session, ground, asked, trapped)
        finally:
            await asyncio.to_thread(asked.unlink, missing_ok=True)

    async def _run(
        self,
        context: Context,
        agent: DesiredAgent,
        worktree: Path,
        session: str,
        ground: Ground,
        asked: Path,
        trapped: Traps,
    ) -> list[LineView]:
        argv = (sys.executable, "-I", "-S", str(program.__file__), str(asked))
        launch = await context.launches.run(agent, worktree, None, argv, session=session, read=(asked,))
        scene = await self._scene(context, agent, session, ground, launch.env)
        told = await asyncio.to_thread(battery.questions, scene, trapped)
        await asyncio.to_thread(asked.write_text, json.dumps(told), encoding="utf-8")
        row = await self._registry.start(context.id, replace(launch, rows=ROWS, columns=COLUMNS))
        try:
            await self._until_end(row.id)
            output = await asyncio.to_thread(_all_of, self._registry.log(row.id))
        finally:
            await self._registry.stop(row.id)
            await self._forget(context, trapped.name)
        if trapped.name.encode() not in output:
            last = (output.decode(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
            raise WorldError(
                f"the battery did not begin: {last}",
                hint=f"`constellagent run {agent.name} -- true` shows more",
            )
        kinds = {name: line.kind for name, line in LINES.items()}
        return await asyncio.to_thread(battery.judge, trapped.name, output, kinds)

    async def _forget(self, context: Context, name: str) -> None:
        """Remove the battery's branch where it is left: it was ended, or the branch was packed meanwhile."""
        git = Git(context.repository.root, timeout=self._git_timeout, around=self._contexts.confinement)
        with contextlib.suppress(ConstellagentError):  # what came of the lines is told all the same
            await git.run("update-ref", "-d", f"refs/heads/constellagent/{name}")

    async def _scene(
        self, context: Context, agent: DesiredAgent, session: str, ground: Ground, env: Mapping[str, str]
    ) -> Scene:
        records = await context.world.records.all()
        everywhere = await self._database.rows("SELECT DISTINCT path FROM records", ())
        return Scene(
            paths=self._paths,
            ground=ground,
            person=Path(person()["HOME"]),
            session=session,
            worktrees=tuple(Path(os.path.realpath(row[0])) for row in everywhere),
            branches=tuple(one.branch for name, one in records.items() if name != agent.name),
            profiles=self._paths.profiles / context.id / agent.name,
            pids=await self._pids(session),
            env=env,
        )

    async def _pids(self, session: str) -> tuple[int, ...]:
        """Return the daemon's process, and of each other session its holder's and its program's."""
        found = [os.getpid()]
        for row in await self._registry.live():
            if row.id == session:
                continue
            with contextlib.suppress(WorldError):
                status = await asyncio.to_thread(read_status, self._registry.folder(row.id))
                if status is not None:
                    found += [status[key] for key in ("holder_pid", "pid") if status.get(key)]
        return tuple(found)

    async def _lives(self, session: str) -> bool:
        row = await self._registry.get(session)
        return row is not None and row.live

    async def _until_end(self, session: str) -> None:
        try:
            async with asyncio.timeout(_LIMIT):
                while await self._lives(session):  # noqa: ASYNC110 - its end is a row, no event
                    await asyncio.sleep(_LOOK)
        except TimeoutError as error:
            raise WorldError(
                f"the battery did not end within {_LIMIT:g} s",
                hint="`constellagent logs` of the agent's run shows how far it came",
            ) from error


def _empty(file: Path) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _all_of(log: Path) -> bytes:
    reader = LogReader(log)
    parts: list[bytes] = []
    at = reader.begin()
    while True:
        start, data = reader.read(at, _BLOCK)
        if not data:
            return b"".join(parts)
        parts.append(data)
        at = start + len(data)
