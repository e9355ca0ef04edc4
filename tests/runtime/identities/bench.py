"""One constellation's identities over a real database and a real socket, and a journal that can die."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from constellagent.plan.desired import DesiredAgent, DesiredIdentity
from constellagent.plan.observed import IdentityFacts, Look
from constellagent.ravi.client import RaviClient
from constellagent.ravi.vault import RootKey
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.identities import RaviIdentities
from constellagent.runtime.identities.creation import held
from constellagent.runtime.ports import Journal, Step
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.journal import StoredJournal
from constellagent.spec.models import Agent

ROOT = RootKey(bytes(range(32)), "a test")
DOCS = DesiredIdentity("docs", "docs", None, phone=False)


class DiedError(Exception):
    """Stands for the death of the process."""


@dataclass(slots=True)
class Mortal:
    """The stored journal, in which the process may die before or after a body acts."""

    inner: StoredJournal
    fates: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def step(self, step: Step, subject: str, **detail: str) -> AsyncIterator[None]:
        """Do one step, or die at it; the intent stays open then, as after a real death."""
        fate = self.fates.pop(0) if self.fates else ""
        async with self.inner.step(step, subject, **detail):
            if fate == "before":
                raise DiedError
            yield
            if fate == "after":
                raise DiedError

    async def open_steps(self, subject: str) -> Sequence[Step]:
        """Return what was begun and never settled."""
        return await self.inner.open_steps(subject)


@dataclass(slots=True)
class Bench:
    """What one test works with; `waits` are the pauses that were asked for and not made."""

    identities: RaviIdentities
    bindings: Bindings
    journal: Mortal
    database: Database
    client: RaviClient
    worktree: Path
    waits: list[float]

    def another(self, constellation: str) -> RaviIdentities:
        """Return the identities of another constellation of the same user."""
        journal = StoredJournal(self.database, constellation, SystemClock())
        return make(constellation, self.client, Bindings(self.database, constellation), journal, self.waits)

    async def look(
        self, wanted: DesiredIdentity | None = DOCS, agent: str = "docs"
    ) -> Look[IdentityFacts] | None:
        """Look at one agent."""
        desired = DesiredAgent(
            agent, PurePath(self.worktree), "b", "auto", wanted, Agent(command=("true",)), ""
        )
        return (await self.identities.look([desired])).get(agent)


def make(
    constellation: str, client: RaviClient, bindings: Bindings, journal: Journal, waits: list[float]
) -> RaviIdentities:
    """Return identities that note their pauses instead of making them."""

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    return RaviIdentities(
        constellation=constellation,
        provider="local",
        connect=held(client),
        bindings=bindings,
        journal=journal,
        key=ROOT,
        api_url="http://127.0.0.1:4711",
        sleep=sleep,
    )


@asynccontextmanager
async def bench(
    folder: Path, url: str, key: str = "ravi_mgmt_x", timeout: float = 30.0
) -> AsyncIterator[Bench]:
    """Set up one constellation `c1` in `folder`."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async with AsyncExitStack() as stack:
        database = Database(folder / "state.db")
        await database.open()
        stack.push_async_callback(database.close)
        client = await stack.enter_async_context(RaviClient(url, key, timeout=timeout, sleep=sleep))
        journal = Mortal(StoredJournal(database, "c1", SystemClock()))
        bindings = Bindings(database, "c1")
        worktree = folder / "worktree"
        worktree.mkdir(exist_ok=True)
        identities = make("c1", client, bindings, journal, waits)
        yield Bench(identities, bindings, journal, database, client, worktree, waits)
