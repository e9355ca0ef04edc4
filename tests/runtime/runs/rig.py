"""All that runs need, without a scheduler: the tests decide what fires, and what becomes of it."""

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from constellagent.plan.declared import resolve
from constellagent.plan.diff import Options, plan
from constellagent.plan.fires import Fire, State, run_id
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import Decision
from constellagent.ravi import shim
from constellagent.ravi.client import RaviClient
from constellagent.ravi.local.options import Options as ProviderOptions
from constellagent.ravi.local.provider import LocalProvider
from constellagent.ravi.vault import RootKey
from constellagent.runtime.apply import Apply
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.contexts import LOCAL_DOUBT, Context, Contexts, Provider
from constellagent.runtime.events import Event
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.hosted import Hosted
from constellagent.runtime.identities.creation import held
from constellagent.runtime.observe import observe
from constellagent.runtime.runs import Runs
from constellagent.runtime.scheduler.runner import Runner, Started
from constellagent.runtime.sessions import OnEnd, SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from tests.runtime.delivery.blind import blind_courier
from tests.runtime.sessions_rig import until

NINE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
"""The nominal time of most fires here."""


class Lab:
    """One constellation, and what starts its runs.

    Attributes:
        events: what apply and setup steps said.
        listeners: hear of each session that ended.
    """

    def __init__(self, settings: Settings, repo: Path, database: Database) -> None:
        """Use an open database and a repository; `begin` must be awaited before anything else."""
        self.settings = settings
        self.repo = repo
        self.database = database
        self.ledger = Ledger(database, "2026a")
        self.constellations = Constellations(database)
        self.clock = SystemClock()
        self.events: list[Event] = []
        self.listeners: list[OnEnd] = []
        self._ended: dict[str, SessionRow] = {}

    async def begin(self, provider: LocalProvider, url: str, client: RaviClient, key: RootKey) -> None:
        """Put everything together."""
        self.provider = provider
        self.client = client
        settings = self.settings
        self.rows = SessionRows(self.database)
        self.registry = SessionRegistry(self.rows, settings, self.clock, provider, self._end)
        reachable = {"CONSTELLAGENT_SMTP_URL": provider.smtp_url, "CONSTELLAGENT_SMS_URL": provider.sms_url}
        self.hosted = Hosted(settings, self.clock)
        self.contexts = Contexts(
            self.database,
            settings,
            self.clock,
            key,
            self.registry,
            Provider(held(client), url, reachable=reachable, doubt=LOCAL_DOUBT),
            self.hosted,
        )
        self.runs = self.new_runs()

    def new_runs(self) -> Runs:
        """Return what starts runs, as the next daemon has it."""
        runs = Runs(
            self.contexts,
            self.constellations,
            self.registry,
            self.ledger,
            self.clock,
            self.settings,
            self.client.audit,
            blind_courier(self.registry, self.clock),
        )
        runner: Runner = runs
        assert runner is runs
        return runs

    def declare(self, agents: str, rest: str = "") -> None:
        """Write the constellation's file: the block below `agents:`, and whatever else."""
        text = f"version: 1\nname: acme\n{rest}agents:\n{agents}"
        (self.repo / "constellation.yaml").write_text(text, encoding="utf-8")

    async def context(self) -> Context:
        """Return the constellation as its file reads now."""
        return await self.contexts.of_file(str(self.repo / "constellation.yaml"))

    async def apply(self) -> Context:
        """Make it so, as `constellagent apply` does."""
        context = await self.context()
        found = plan(context.desired, await observe(context.desired, context.eyes), Options())
        await self.constellations.put(context.applied(), self.clock.now())
        await context.environment.replace(["PATH"], {"PATH": os.environ["PATH"]})
        outcome = await Apply(context.desired, context.world, self.events.append, parallel=2).run(found)
        assert not outcome.failed, outcome.failed
        return context

    async def schedule(self, key: str) -> DesiredSchedule:
        """Return a schedule as it is in effect."""
        agent, _, name = key.partition("/")
        context = await self.context()
        return resolve(agent, name, (await context.world.schedules.look())[agent][name])

    async def fire(
        self,
        key: str,
        at: datetime = NINE,
        *,
        attempt: int = 1,
        origin: Literal["clock", "person", "event"] = "clock",
        **more: Any,
    ) -> Fire:
        """Write a fire into the ledger and claim it."""
        context = await self.context()
        run = run_id(context.id, key, origin, at, attempt)
        fire = Fire(run, key, origin, at, attempt, more.pop("reason", "schedule"), "queued", at, **more)
        assert await self.ledger.commit(context.id, {key: Decision(fires=(fire,))}, self._now())
        assert await self.ledger.claim([fire], self._now())
        return replace(fire, state="claimed")

    async def start(self, fire: Fire) -> Started:
        """Start the run of a fire, and write down that it runs."""
        context = await self.context()
        started = await self.runs.start(context.id, await self.schedule(fire.schedule), fire)
        if started.state == "running":
            await self.ledger.started(fire.run, self._now())
        return started

    async def over(self, fire: Fire) -> SessionRow:
        """Wait for the end of a run's session, and return its row."""
        await until(lambda: fire.run in self._ended, "the end of the run")
        return self._ended[fire.run]

    async def end(self, fire: Fire, state: State = "succeeded", why: str = "") -> LedgerRow:
        """Write down how a run ended, and do what follows."""
        session = self._ended.get(fire.run)
        status = session.exit_status if session else None
        row = await self.ledger.end(fire.run, state, self._now(), why=why, exit_status=status)
        assert row is not None
        await self.runs.conclude(row, await self.schedule(fire.schedule))
        return await self.row(fire)

    async def whole(
        self, key: str, at: datetime = NINE, state: State = "succeeded", **more: Any
    ) -> LedgerRow:
        """Let one run go from its fire to its report."""
        fire = await self.fire(key, at, **more)
        await self.start(fire)
        session = await self.over(fire)
        return await self.end(fire, state, session.outcome if state != "succeeded" else "")

    async def row(self, fire: Fire) -> LedgerRow:
        """Return the row of a fire."""
        found = await self.ledger.get(fire.run)
        assert found is not None
        return found

    def output(self, fire: Fire) -> str:
        """Return all that a run has printed."""
        return self.printed(fire.run)

    def printed(self, session: str) -> str:
        """Return all that a session has printed."""
        return LogReader(self.registry.log(session)).tail(1 << 20)[1].decode().replace("\r\n", "\n")

    def path(self, name: str) -> Path:
        """Return the folder of a run: `docs.nightly.20261122T0900Z`."""
        return self.repo.parent / f"{self.repo.name}.worktrees" / ".runs" / name

    def git(self, *args: str, cwd: Path | None = None) -> str:
        """Run git as a person does."""
        done = subprocess.run(
            ["git", *args], cwd=cwd or self.repo, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def branches(self) -> list[str]:
        """Return the branches of runs."""
        return self.git("for-each-ref", "--format=%(refname:short)", "refs/heads/runs").splitlines()

    async def identity(self, agent: str) -> str:
        """Return the uuid of an agent's identity."""
        binding = await (await self.context()).bindings.get(agent, "local")
        assert binding is not None
        return binding.uuid

    async def inbox(self, agent: str) -> list[tuple[str, str]]:
        """Return subject and text of all mail that an agent's identity got, oldest first."""
        mails = await self.client.of(await self.identity(agent)).mail.messages(incoming=True)
        return [(mail.subject, mail.text_content) for mail in mails]

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    async def _end(self, row: SessionRow) -> None:
        self._ended[row.id] = row
        for listener in self.listeners:
            await listener(row)


def worker(schedule: str, name: str = "docs", more: str = "") -> str:
    """Return the declaration of an agent that only its schedule `nightly` starts."""
    block = f"schedules: {{nightly: {{cron: '0 9 * * *', {schedule}}}}}"
    return f"  {name}: {{command: [sleep, '1000'], autostart: false, {more}{block}}}\n"


def shell(script: str, more: str = "") -> str:
    """Return the part of a schedule that runs a script."""
    return f"command: [sh, -c, {json.dumps(script)}]{more}"


def minutes(count: int) -> datetime:
    """Return the nominal time so many minutes after nine."""
    return NINE + timedelta(minutes=count)


@asynccontextmanager
async def laboratory(settings: Settings, repo: Path, key: RootKey) -> AsyncIterator[Lab]:
    """Set everything up over a repository (made here where it is not there), and leave nothing running."""
    if not repo.exists():
        for args in (
            ["init", "-q", "-b", "main", str(repo)],
            ["-C", str(repo), "config", "user.name", "Test"],
            ["-C", str(repo), "config", "user.email", "test@example.com"],
            ["-C", str(repo), "commit", "-q", "--allow-empty", "-m", "first"],
        ):
            subprocess.run(["git", *args], check=True)
    database = Database(settings.paths.database)
    await database.open()
    await asyncio.to_thread(shim.install, settings.paths.bin)
    provider = LocalProvider(settings.paths.ravi, key, options=ProviderOptions())
    lab = Lab(settings, repo, database)
    url = await provider.start()
    try:
        async with RaviClient(url, await provider.management_key(), actor="daemon") as client:
            await lab.begin(provider, url, client, key)
            try:
                yield lab
            finally:
                for row in await lab.registry.live():
                    await lab.registry.stop(row.id)
                await lab.registry.close()
                await lab.hosted.close()
    finally:
        await provider.stop()
        await database.close()
