"""Two grounds to stand the ports on: one in memory, one of real git, a real provider, SQLite and processes.

A ground offers what a person or another program does behind the ports' back, in the same words for both.
"""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from constellagent.plan.desired import Desired, DesiredAgent, desire
from constellagent.ravi.client import RaviClient
from constellagent.ravi.vault import RootKey
from constellagent.runtime.apply import World
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.git import Git
from constellagent.runtime.identities import RaviIdentities
from constellagent.runtime.identities.creation import held
from constellagent.runtime.own_sessions import ConstellationSessions
from constellagent.runtime.repository import find
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.journal import StoredJournal
from constellagent.runtime.store.records import StoredRecords
from constellagent.runtime.store.schedules import StoredSchedules
from constellagent.runtime.store.sessions import SessionRow, SessionRows
from constellagent.runtime.worktrees import GitWorktrees
from constellagent.spec.models import Constellation
from tests.fake_keys import FakeSessionKeys
from tests.fake_world import FakeWorld, Person, Tree
from tests.fakes import FakeLaunches, ports_of
from tests.ravi.provided import provided

CONSTELLATION = "c0ffee"


class Ground(Protocol):
    """Where the ports stand, and what others do there."""

    ports: World
    desired: Desired

    def agent(self, name: str = "docs") -> DesiredAgent:
        """Return a declared agent."""
        ...

    async def commit(self) -> str:
        """Return the commit that the base `auto` means."""
        ...

    async def branch(self, name: str) -> None:
        """Make a branch at that commit."""
        ...

    async def foreign(self, path: Path, branch: str) -> None:
        """Make a worktree on a new branch, as a person does."""
        ...

    async def occupy(self, path: Path) -> None:
        """Put a folder that holds something there."""
        ...

    async def leave_work(self, path: Path) -> None:
        """Leave unsaved work in a worktree."""
        ...

    async def move(self, path: Path, to: Path) -> None:
        """Move a worktree's folder behind git's back."""
        ...

    async def delete(self, path: Path) -> None:
        """Delete a worktree's folder behind git's back."""
        ...

    async def provide(self, name: str, email: str) -> str:
        """Create an identity at the provider that is bound to nobody; returns its uuid."""
        ...


def declare(repo: Path) -> Desired:
    """Return the constellation that both grounds declare."""
    agents: dict[str, Any] = {name: {"command": ["sleep", "60"]} for name in ("docs", "site")}
    agents["lost"] = {"command": ["sleep", "60"], "base": "no-such-base"}
    agents["nobody"] = {"command": ["sleep", "60"], "identity": False}
    raw = {"version": 1, "name": "acme", "identities": {"phone": False}, "agents": agents}
    return desire(Constellation.model_validate(raw), repo)


class FakeGround:
    """The ground in memory."""

    def __init__(self, repo: Path) -> None:
        self.desired = declare(repo)
        self.world = FakeWorld()
        self.ports = ports_of(self.world)

    def agent(self, name: str = "docs") -> DesiredAgent:
        """Return a declared agent."""
        return self.desired.agents[name]

    async def commit(self) -> str:
        """Return the base's commit."""
        return self.world.bases["auto"]

    async def branch(self, name: str) -> None:
        """Make a branch."""
        self.world.branches[name] = self.world.bases["auto"]

    async def foreign(self, path: Path, branch: str) -> None:
        """Make a worktree of nobody."""
        await self.branch(branch)
        self.world.trees.append(Tree(path, path, branch, None))

    async def occupy(self, path: Path) -> None:
        """Occupy a path."""
        self.world.occupied.add(path)

    async def leave_work(self, path: Path) -> None:
        """Leave unsaved work."""
        self._tree(path).unsaved = ("untracked: draft.txt",)

    async def move(self, path: Path, to: Path) -> None:
        """Move a folder."""
        self._tree(path).folder = to

    async def delete(self, path: Path) -> None:
        """Delete a folder."""
        self._tree(path).folder = None

    async def provide(self, name: str, email: str) -> str:
        """Create an identity."""
        person = Person(f"p-{len(self.world.people)}", name, f"{email}@acme.test", None)
        self.world.people[person.uuid] = person
        return person.uuid

    def _tree(self, path: Path) -> Tree:
        return next(tree for tree in self.world.trees if tree.folder == path)


class RealGround:
    """The ground of real things, below one folder."""

    def __init__(self, repo: Path, ports: World, client: RaviClient) -> None:
        self.desired = declare(repo)
        self.ports = ports
        self._repo = repo
        self._client = client

    def agent(self, name: str = "docs") -> DesiredAgent:
        """Return a declared agent."""
        return self.desired.agents[name]

    async def commit(self) -> str:
        """Return the commit of `main`."""
        return await git(self._repo, "rev-parse", "main")

    async def branch(self, name: str) -> None:
        """Make a branch."""
        await git(self._repo, "branch", name, "main")

    async def foreign(self, path: Path, branch: str) -> None:
        """Make a worktree as a person does."""
        await git(self._repo, "worktree", "add", "-q", "-b", branch, str(path), "main")

    async def occupy(self, path: Path) -> None:
        """Put a folder with a file there."""
        path.mkdir(parents=True)
        (path / "precious.txt").write_text("mine", encoding="utf-8")

    async def leave_work(self, path: Path) -> None:
        """Leave an untracked file."""
        (path / "draft.txt").write_text("not saved", encoding="utf-8")

    async def move(self, path: Path, to: Path) -> None:
        """Move the folder."""
        path.rename(to)

    async def delete(self, path: Path) -> None:
        """Delete the folder."""
        await asyncio.to_thread(shutil.rmtree, path)

    async def provide(self, name: str, email: str) -> str:
        """Create an identity by the provider's own API."""
        return (await self._client.create_identity(name=name, email=email, domain="acme.test")).uuid


async def git(repo: Path, *words: str) -> str:
    """Run git as a person does, whose settings are nobody's."""
    command = ["git", "-c", "user.name=A Person", "-c", "user.email=person@example.test", *words]
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=repo,
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.strip()


@asynccontextmanager
async def real_ground(folder: Path) -> AsyncIterator[RealGround]:
    """Set the real ground up below `folder`, and leave nothing of it running."""
    repo, key = folder / "acme", RootKey(bytes(32), "a test")
    repo.mkdir()
    await git(repo, "init", "-q", "-b", "main")
    (repo / "README").write_text("acme\n", encoding="utf-8")
    await git(repo, "add", ".")
    await git(repo, "commit", "-q", "-m", "first")
    (folder / "provider").mkdir()
    with tempfile.TemporaryDirectory(prefix="ca-", dir="/tmp") as home:
        settings = Settings(home=Path(home))
        settings.paths.create()
        database = Database(settings.paths.database)
        await database.open()
        registry = SessionRegistry(
            SessionRows(database), settings, SystemClock(), FakeSessionKeys(), _nothing
        )
        try:
            async with (
                provided(folder / "provider", key) as provider,
                RaviClient(provider.url, provider.key) as client,
            ):
                ports = await _real_ports(repo, database, settings, registry, client, provider.url, key)
                yield RealGround(repo, ports, client)
        finally:
            for row in await registry.live():
                await registry.stop(row.id)
            await registry.close()
            await database.close()


async def _real_ports(
    repo: Path,
    database: Database,
    settings: Settings,
    registry: SessionRegistry,
    client: RaviClient,
    url: str,
    key: RootKey,
) -> World:
    journal = StoredJournal(database, CONSTELLATION, SystemClock())
    records = StoredRecords(database, CONSTELLATION)
    identities = RaviIdentities(
        constellation=CONSTELLATION,
        provider="local",
        connect=held(client),
        bindings=Bindings(database, CONSTELLATION),
        journal=journal,
        key=key,
        api_url=url,
    )
    worktrees = GitWorktrees(
        await find(repo),
        CONSTELLATION,
        Path(declare(repo).worktrees),
        git=Git(repo, timeout=30),
        journal=journal,
        records=records,
        paths=settings.paths,
        clock=SystemClock(),
        checkouts=asyncio.Semaphore(2),
        setup_timeout=30,
    )
    sessions = ConstellationSessions(registry, CONSTELLATION)
    schedules = StoredSchedules(database, CONSTELLATION, SystemClock())
    return World(worktrees, identities, sessions, records, FakeLaunches(FakeWorld()), schedules, journal)


async def _nothing(row: SessionRow) -> None:
    """Take the end of a session and do nothing about it."""
