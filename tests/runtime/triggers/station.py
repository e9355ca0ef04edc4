"""All that triggers work with, and real: provider, git, scheduler, ledger, sessions. Only runs are quick."""

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from constellagent.plan.fires import Fire
from constellagent.plan.schedules import DesiredSchedule
from constellagent.ravi.client import RaviClient
from constellagent.ravi.vault import RootKey
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.contexts import Contexts, Provider
from constellagent.runtime.hosted import Hosted
from constellagent.runtime.identities.creation import held
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.scheduler import Scheduler, Started
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRows
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.triggers import Triggers
from constellagent.runtime.triggers.arrivals import MAIL, TEXT
from tests.fake_keys import FakeSessionKeys
from tests.ravi.provided import Provided, provided
from tests.runtime.scheduler.lab import declaration

KEY = RootKey(bytes(range(32)), "a test")


@dataclass
class QuickRunner:
    """Runs that are over as soon as they are started, each in the state that a test wants.

    Attributes:
        outcome: how each start goes.
        held: while it is not set, starts wait.
        started: the fires in the order of their starts.
    """

    outcome: Started = Started("succeeded")  # noqa: RUF009 - a frozen value
    held: asyncio.Event = field(default_factory=asyncio.Event)
    started: list[Fire] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Hold nothing at first."""
        self.held.set()

    async def start(self, constellation: str, schedule: DesiredSchedule, fire: Fire) -> Started:
        """Take note of a run."""
        await self.held.wait()
        self.started.append(fire)
        return self.outcome

    async def stop(self, run: str) -> None:
        """Do nothing: it has ended."""

    async def conclude(self, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        """Do nothing."""


@dataclass
class Station:
    """One state folder with a provider, and one daemon's worth of triggers after another.

    Attributes:
        waits: the seconds for which triggers wanted to rest; they rest for a moment only.
    """

    settings: Settings
    database: Database
    local: Provided
    client: RaviClient
    repo: Path
    clock: SystemClock = field(default_factory=SystemClock)
    runner: QuickRunner = field(default_factory=QuickRunner)
    waits: list[float] = field(default_factory=list)
    connect: Callable[[], Any] | None = None

    def __post_init__(self) -> None:
        """Make what outlives a daemon."""
        self.ledger = Ledger(self.database, "2026.1")
        self.rows = ScheduleRows(self.database)
        self.constellations = Constellations(self.database)
        self.id = constellation_id(self.repo / "constellation.yaml")
        self.hosted = Hosted(self.settings, self.clock)
        self.new_daemon()

    def new_daemon(self) -> None:
        """Make what a daemon makes when it starts."""
        sessions = SessionRows(self.database)
        self.registry = SessionRegistry(
            sessions, self.settings, self.clock, FakeSessionKeys(), self._session_ended
        )
        self.contexts = Contexts(
            self.database,
            self.settings,
            self.clock,
            KEY,
            self.registry,
            Provider(self.connect or held(self.client), self.local.url),
            self.hosted,
        )
        self.scheduler = Scheduler(
            self.ledger, self.rows, self.registry, self.runner, self.clock, parallel=4, spacing=0.0
        )
        self.triggers = self.new_triggers(self.scheduler)

    def new_triggers(self, scheduler: Any) -> Triggers:
        """Make triggers over a scheduler."""
        return Triggers(
            scheduling=scheduler,
            ledger=self.ledger,
            contexts=self.contexts,
            constellations=self.constellations,
            registry=self.registry,
            database=self.database,
            key=KEY,
            audit=self.client.audit,
            settings=self.settings,
            clock=self.clock,
            sleep=self._rest,
        )

    async def start(self) -> None:
        """Start the daemon's parts in their order."""
        await self.registry.adopt()
        await self.scheduler.start()
        await self.triggers.start()

    async def close(self) -> None:
        """End them."""
        await self.triggers.close()
        await self.scheduler.close()
        await self.registry.close()

    async def restart(self) -> None:
        """Let the next daemon take over."""
        await self.close()
        self.new_daemon()
        await self.start()

    async def apply(self, text: str = "version: 1\nname: acme\n") -> None:
        """Remember the constellation as applied."""
        applied = Applied(self.id, "acme", self.repo / "constellation.yaml", self.repo, "hash", text)
        await self.constellations.put(applied, self.clock.now())

    async def agent(self, name: str, *, phone: bool = False, provider: str = "local") -> Binding:
        """Let an agent have an identity."""
        row = await self.local.identity(
            name=name, email_identifier=name, domain="acme.test", provision_phone=phone
        )
        binding = Binding(self.id, name, provider, row["uuid"], name, row["inbox"], row["phone"])
        await Bindings(self.database, self.id).put(binding)
        return binding

    async def declare(self, key: str, **spec: Any) -> None:
        """Put a schedule into effect, as an apply does."""
        agent, _, name = key.partition("/")
        text = declaration(**spec)
        await self.rows.put(self.id, agent, name, text, self.scheduler._books.now())
        await self.refresh()

    async def undeclare(self, key: str) -> None:
        """Take a schedule out of effect."""
        agent, _, name = key.partition("/")
        await self.rows.drop(self.id, agent, name)
        await self.refresh()

    async def refresh(self) -> None:
        """Let everything follow what is in effect."""
        await self.scheduler.refresh(self.id)
        await self.triggers.refresh(self.id)

    async def history(self, key: str = "") -> list[LedgerRow]:
        """Return the rows of the ledger, oldest first."""
        rows = await self.ledger.history(self.id, schedules=[key] if key else [], limit=10_000)
        return list(reversed(rows))

    async def woken(self, count: int, key: str = "") -> list[LedgerRow]:
        """Wait until there are so many rows; returns them."""
        rows: list[LedgerRow] = await eventually(lambda: self.history(key), lambda rows: len(rows) >= count)
        return rows

    async def followed(self, *bindings: Binding) -> None:
        """Wait until mailboxes are followed: from then on nothing is of the past."""
        marks = self.triggers._watermarks
        for binding in bindings:
            await eventually(partial(marks.get, self.id, binding.uuid), lambda mark: mark is not None)

    async def mark(self, binding: Binding) -> int | None:
        """Return up to where a mailbox is decided."""
        return await self.triggers._watermarks.get(self.id, binding.uuid)

    async def decided(self, binding: Binding) -> None:
        """Wait until everything that came so far is decided."""
        events = await self.client.of(binding.uuid).events.since(0, types=(MAIL, TEXT))
        received = max((event.seq for event in events), default=0)
        await eventually(lambda: self.mark(binding), lambda mark: mark is not None and mark >= received)

    async def _session_ended(self, row: SessionRow) -> None:
        await self.scheduler.session_ended(row)
        await self.triggers.session_ended(row)

    async def _rest(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0.02)


async def eventually(look: Callable[[], Any], done: Callable[[Any], object]) -> Any:
    """Look until it is so; returns what was seen. Fails the test after half a minute."""
    deadline = time.monotonic() + 30
    while not done(seen := await look()):
        assert time.monotonic() < deadline, f"that did not come about: {seen}"
        await asyncio.sleep(0.005)
    return seen


@asynccontextmanager
async def station(settings: Settings, folder: Path) -> AsyncIterator[Station]:
    """Set everything up, and leave nothing of it running."""
    repo = folder / "repo"
    repo.mkdir()
    person = ["-c", "user.name=A Person", "-c", "user.email=person@example.test"]
    for args in (["init", "-q", "-b", "main"], [*person, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *args], cwd=repo, check=True, stdin=subprocess.DEVNULL)
    (folder / "provider").mkdir(mode=0o700)
    async with AsyncExitStack() as stack:
        database = Database(settings.paths.database)
        await database.open()
        stack.push_async_callback(database.close)
        local = await stack.enter_async_context(provided(folder / "provider", KEY))
        client = await stack.enter_async_context(RaviClient(local.url, local.key, actor="daemon"))
        made = Station(settings, database, local, client, repo)
        stack.push_async_callback(made.hosted.close)
        await made.apply()
        try:
            yield made
        finally:
            for row in await made.registry.live():
                await made.registry.stop(row.id)
            await made.close()


def lines(settings: Settings) -> str:
    """Return what `state.db` and its log hold, as text."""
    paths = [settings.paths.database, Path(f"{settings.paths.database}-wal")]
    return "".join(path.read_bytes().decode("latin-1") for path in paths if path.exists())


def as_row(row: LedgerRow) -> tuple[str, str, str, int]:
    """Return what most tests look at: schedule, reason, state and depth."""
    return row.fire.schedule, row.fire.reason, row.fire.state, row.fire.depth


def shape(path: Path) -> Any:
    """Return the JSON in a file."""
    return json.loads(path.read_text(encoding="utf-8"))
