"""One constellation, ready to be worked on: its file, what it declares, and the ports bound to it."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path

from constellagent.errors import Problem, SpecError, UsageError
from constellagent.plan.desired import Desired, desire
from constellagent.ravi.vault import RootKey
from constellagent.runtime import hosted_key
from constellagent.runtime.apply import World
from constellagent.runtime.clock import Clock
from constellagent.runtime.environment import KeptEnvironment
from constellagent.runtime.git import Git
from constellagent.runtime.hosted import Hosted
from constellagent.runtime.identities import RaviIdentities
from constellagent.runtime.identities.creation import DOUBT_DELAYS, Connect
from constellagent.runtime.launches import ConstellationLaunches
from constellagent.runtime.observe import Eyes
from constellagent.runtime.outfit import Outfits
from constellagent.runtime.own_sessions import ConstellationSessions
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.repository import Repository, find
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.bindings import Bindings
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.journal import StoredJournal
from constellagent.runtime.store.ports import ReservedPorts
from constellagent.runtime.store.records import StoredRecords
from constellagent.runtime.store.schedules import StoredSchedules
from constellagent.runtime.store.waiting import WaitingRows
from constellagent.runtime.worktrees import GitWorktrees
from constellagent.runtime.worktrees.confinement import Confinement
from constellagent.runtime.worktrees.whereabouts import Whereabouts
from constellagent.spec.load import Loaded, load
from constellagent.spec.models import Constellation
from constellagent.spec.names import worktrees_root


async def _none() -> str:
    return ""


def _nothing() -> None:
    """Do nothing: the provider on this machine is always at hand."""


@dataclass(frozen=True, slots=True)
class Provider:
    """How to reach one identity provider.

    Attributes:
        connect: gives us the client; raises where there is no key.
        url: where agents reach it.
        host: where it is, for a person; empty for the one on this machine.
        reachable: the variables that tell agents and services where to send mail and texts.
        doubt: the seconds between looks for an identity whose creation went unanswered.
        trouble: says why identities cannot be looked at now, "" where they can; never takes long.
        look_again: lets the next `trouble` ask anew: an apply or a plan has just asked the provider itself.
    """

    connect: Connect
    url: str
    host: str = ""
    reachable: Mapping[str, str] = field(default_factory=dict)
    doubt: tuple[float, ...] = DOUBT_DELAYS
    trouble: Callable[[], Awaitable[str]] = _none
    look_again: Callable[[], None] = _nothing


LOCAL_DOUBT = (0.1, 0.4, 1.5)
"""The embedded provider dies with the daemon that asked it, so it answers late by moments at most."""


@dataclass(frozen=True, slots=True)
class Context:
    """One constellation as its file reads now (or as it was applied), and everything that it acts on.

    Attributes:
        id: derived from the file's place.
        file: the constellation's file, absolute and resolved.
        text: its content.
        content_hash: SHA-256 of the content.
        constellation: the parsed file.
        desired: the file resolved for its repository.
        repository: the main checkout it stands in.
        world: the ports that apply acts on.
        environment: the kept variables of its agents.
        provider: who provides its identities.
    """

    id: str
    file: Path
    text: str
    content_hash: str
    constellation: Constellation
    desired: Desired
    repository: Repository
    world: World
    worktrees: GitWorktrees
    identities: RaviIdentities
    bindings: Bindings
    launches: ConstellationLaunches
    environment: KeptEnvironment
    provider: Provider

    @property
    def eyes(self) -> Eyes:
        """The ports that a look needs."""
        world = self.world
        return Eyes(world.worktrees, world.identities, world.sessions, world.records, world.schedules)

    def applied(self) -> Applied:
        """Return the row that remembers this context as applied."""
        return Applied(
            self.id, self.desired.name, self.file, Path(self.desired.repo), self.content_hash, self.text
        )


class Contexts:
    """Builds contexts; holds what all constellations share."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Clock,
        key: RootKey,
        registry: SessionRegistry,
        local: Provider,
        hosted: Hosted,
    ) -> None:
        """Nothing is asked of the hosted provider before a context that uses it is worked on."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._key = key
        self._registry = registry
        self._local = local
        self._hosted = hosted
        self._checkouts = asyncio.Semaphore(settings.git_parallel)
        self._rows = Constellations(database)
        self.sandboxes = Sandboxes(settings.paths, self._folders_of_worktrees, unconfined=settings.unconfined)
        """The sandboxes of all agents."""
        self.confinement = Confinement(self.sandboxes)
        """What goes around our own git in worktrees of sandboxed agents."""

    async def of_file(self, file: str, shell_key: str = "") -> Context:
        """Return the context of a constellation file as it reads now.

        `shell_key` is the key of the hosted provider that the asking shell has set, empty for none.

        Raises:
            SpecError: it cannot be read or used.
            UsageError: it lies in a linked worktree: only the main checkout's file counts.
        """
        path = await asyncio.to_thread(Path(file).resolve)
        loaded, data = await asyncio.to_thread(_read, path)
        repository = await find(path.parent)
        await self._refuse_linked(path, repository)
        text = data.decode("utf-8-sig")
        context = self._build(constellation_id(path), path, text, loaded, repository, shell_key)
        return replace(context, desired=await self._with_machine(context.desired))

    @staticmethod
    def id_of(file: str) -> str:
        """Return the id of the constellation of a file whose place is known in full, as in a view."""
        return constellation_id(Path(file))

    async def of_applied(self, applied: Applied) -> Context:
        """Return the context of a constellation as it was last applied, whatever its file says now."""
        loaded = await asyncio.to_thread(load_once, applied.text.encode(), str(applied.file))
        loaded = replace(loaded, content_hash=applied.content_hash)  # of its bytes, the text may lack a mark
        repository = await find(applied.repo)
        return self._build(applied.id, applied.file, applied.text, loaded, repository)

    def _provider(self, name: str, environment: KeptEnvironment, shell_key: str) -> Provider:
        if name == "local":
            return self._local

        async def kept() -> str:
            return (await environment.get()).get(hosted_key.KEPT, "")

        hosted = self._hosted
        return Provider(
            connect=partial(hosted.client, shell_key, kept),
            url=hosted.url,
            host=hosted.host,
            trouble=partial(hosted.trouble, shell_key, kept),
            look_again=hosted.look_again,
        )

    async def _with_machine(self, desired: Desired) -> Desired:
        """Return what is declared, with what this machine cannot give of it."""
        agents = {name: agent for name, agent in desired.agents.items() if agent.spec.sandbox.kind != "none"}
        unfit = {name: await self.sandboxes.trouble(agent.spec.sandbox) for name, agent in agents.items()}
        unlimited = {
            name: await asyncio.to_thread(self.sandboxes.unlimited, agent.spec.sandbox)
            for name, agent in agents.items()
        }
        return replace(desired, unfit={n: why for n, why in unfit.items() if why}, unlimited=unlimited)

    async def _folders_of_worktrees(self) -> list[Path]:
        """Return where worktrees of anybody lie: the declared folders, and those taken over elsewhere."""
        roots = []
        for applied in await self._rows.all():
            loaded = await asyncio.to_thread(load_once, applied.text.encode(), str(applied.file))
            roots.append(Path(worktrees_root(loaded.constellation.worktrees, applied.repo)))
        query = "SELECT DISTINCT path FROM records"
        found = [Path(row[0]) for row in await self._database.rows(query, ())]
        return [*roots, *(one for one in found if not any(one.is_relative_to(root) for root in roots))]

    async def _refuse_linked(self, path: Path, repository: Repository) -> None:
        """An agent must not be able to change the constellation by changing its branch."""
        git = Git(path.parent, timeout=self._settings.git_timeout)
        top = (await git.run("rev-parse", "--path-format=absolute", "--show-toplevel")).text
        if Path(os.path.realpath(top)) != repository.root:
            raise UsageError(
                f"{path} lies in a linked worktree; only the main checkout's file counts",
                hint=f"use the one in {repository.root}",
            )

    def _build(
        self, key: str, file: Path, text: str, loaded: Loaded, repository: Repository, shell_key: str = ""
    ) -> Context:
        constellation = loaded.constellation
        environment = KeptEnvironment(key, self._rows, self._key)
        provider = self._provider(constellation.identities.provider, environment, shell_key)
        desired = replace(desire(constellation, repository.root), host=provider.host)
        journal = StoredJournal(self._database, key, self._clock)
        places = {agent.name: Path(agent.path) for agent in desired.agents.values()}
        records = Whereabouts(StoredRecords(self._database, key), key, repository.common_dir, places)
        bindings = Bindings(self._database, key)
        identities = RaviIdentities(
            constellation=key,
            provider=constellation.identities.provider,
            connect=provider.connect,
            bindings=bindings,
            journal=journal,
            key=self._key,
            api_url=provider.url,
            delays=provider.doubt,
        )
        worktrees = GitWorktrees(
            repository=repository,
            constellation=key,
            root=Path(desired.worktrees),
            git=Git(repository.root, timeout=self._settings.git_timeout, around=self.confinement),
            journal=journal,
            records=records,
            paths=self._settings.paths,
            clock=self._clock,
            checkouts=self._checkouts,
            setup_timeout=self._settings.setup_timeout,
            sandboxes=self.sandboxes,
        )
        launches = ConstellationLaunches(
            key,
            desired,
            self._settings.paths,
            identities,
            environment,
            ReservedPorts(self._database, port_is_free),
            self._registry,
            reachable=provider.reachable,
            outfits=Outfits(
                key,
                desired.name,
                self._settings.paths,
                repository.common_dir,
                ConversationRows(self._database),
            ),
            sandboxes=self.sandboxes,
            common_dir=repository.common_dir,
            content=loaded.content_hash,
        )
        world = World(
            worktrees,
            identities,
            ConstellationSessions(self._registry, key, WaitingRows(self._database).turns),
            records,
            launches,
            StoredSchedules(self._database, key, self._clock),
            journal,
        )
        return Context(
            key,
            file,
            text,
            loaded.content_hash,
            constellation,
            desired,
            repository,
            world,
            worktrees,
            identities,
            bindings,
            launches,
            environment,
            provider,
        )


def port_is_free(port: int) -> bool:
    """Say whether nobody listens on a loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _read(path: Path) -> tuple[Loaded, bytes]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SpecError(str(path), [Problem(0, 0, "", f"cannot be read: {error.strerror}")]) from error
    return load_once(data, str(path)), data


@lru_cache(maxsize=32)
def load_once(data: bytes, file: str) -> Loaded:
    """Parse a file, or return what was parsed before from the same content: large files take a while.

    Raises:
        SpecError: it cannot be used.
    """
    return load(data, file)
