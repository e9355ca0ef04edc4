"""The sandboxes of all agents: whether there can be one, and what has to be put around a program.

Nothing of a sandboxed agent ever runs without its sandbox: where there can be none, it is refused.
"""

import asyncio
import contextlib
import os
import pwd
import shutil
import sys
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from constellagent.errors import UnavailableError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.paths import Paths
from constellagent.runtime.sandbox import outline, seatbelt, survey
from constellagent.runtime.sandbox.bwrap import words
from constellagent.runtime.sandbox.cgroups import Cgroups
from constellagent.runtime.sandbox.ground import Ground
from constellagent.runtime.sandbox.outline import Forward, Outline
from constellagent.runtime.sandbox.probe import Probe
from constellagent.runtime.sandbox.survey import Task
from constellagent.spec.sandbox import Sandbox

PRIVATE = "sandbox"
"""The part of an agent's place among the profiles that its sandbox may write: caches, and what tools keep."""
_CACHES = {"XDG_CACHE_HOME": "cache", "XDG_STATE_HOME": "state", "npm_config_cache": "cache/npm"}
_LOCAL = {"127.0.0.1", "localhost"}
_LOADERS = ("LD_", "DYLD_", "GLIBC_", "GCONV_PATH", "LOCPATH")
"""How the names of variables begin by which programs load more than they name themselves."""
_TRUSTING = (
    "or, only if you trust what the agents left in their worktrees: `constellagent daemon stop`, then the "
    "same once more with CONSTELLAGENT_UNCONFINED=true"
)
"""What else a person can do where there can be no sandbox any more, and worktrees are to be removed."""

Roots = Callable[[], Awaitable[Iterable[Path]]]
"""Returns the folders of the worktrees of all constellations."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in a sandbox: whose, and where.

    Attributes:
        constellation: its id.
        agent: as declared.
        worktree: where it works.
        common: git's folder of the repository.
        session: the session that it is in; empty for a setup step.
        profile: the folder of its program's configuration, None where it has none of its own.
        files: the folders of its session that it may write.
        read: further files of our state that it may read.
        env: the environment of the program, as far as it is known.
        program: what it is to run first, empty where that does not matter.
        leads: it has the terminal of its session to itself.
    """

    constellation: str
    agent: DesiredAgent
    worktree: Path
    common: Path
    session: str = ""
    profile: Path | None = None
    files: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    program: str = ""
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Shelter:
    """What is put around a program.

    Attributes:
        prefix: the words that go before the program's; none without a sandbox.
        env: variables that a program in it needs, unless the file says others.
        files: the file that describes it, by name; it must be in the folder that was named.
        key: what `ended` is told when the program and all that it started have ended.
    """

    prefix: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    key: str = ""

    def environment(self, env: Mapping[str, str], agent: DesiredAgent) -> dict[str, str]:
        """Return the variables with which to start what goes around a program that is to have these.

        What the agent's file says of one of ours wins. Those that have a loader load something are not among
        them: outside it could be a library that the agent left in its worktree.
        """
        ours = {name: value for name, value in self.env.items() if name not in agent.spec.env.set_}
        return {name: value for name, value in env.items() if not (self.prefix and _is_loaders(name))} | ours


def _is_loaders(name: str) -> bool:
    return name.startswith(_LOADERS)


def _inside(env: Mapping[str, str]) -> Iterator[str]:
    """Yield bubblewrap's options for the variables that only what runs inside gets."""
    for name, value in env.items():
        if _is_loaders(name):
            yield from ("--setenv", name, value)


class Sandboxes:
    """Makes the sandboxes of one daemon."""

    def __init__(
        self,
        paths: Paths,
        roots: Roots,
        probe: Probe | None = None,
        person: Path | None = None,
        *,
        unconfined: bool = False,
    ) -> None:
        """`roots` tells where worktrees of anybody lie.

        `probe` stands in for asking the system, `person` for the home folder of whose user we are. With
        `unconfined` our own git works without a sandbox where there can be none; no agent ever does.
        """
        self._paths = paths
        self._roots = roots
        self._probe = probe or Probe()
        self._unconfined = unconfined
        self._cgroups = Cgroups(paths.home)
        self._person = person or Path(pwd.getpwuid(os.getuid()).pw_dir)  # whatever the environment says

    async def trouble(self, sandbox: Sandbox) -> str:
        """Return why there can be no such sandbox and what to do about it, empty where there can."""
        try:
            await self._refuse(sandbox)
        except UnavailableError as error:
            return f"{error.message}; {error.hint}" if error.hint else error.message
        return ""

    def unlimited(self, sandbox: Sandbox) -> tuple[str, ...]:
        """Return the limits of a sandbox, in the words of the file, that cannot be kept on this machine."""
        return self._cgroups.unlimited(sandbox)

    def place(self, constellation: str, agent: str) -> Path:
        """Return the folder of ours that an agent's sandbox may write; it is there once there was one.

        The worktree of a run is known as `AGENT@RUN`, and belongs to the agent.
        """
        return self._paths.profiles / constellation / agent.partition("@")[0] / PRIVATE

    def ever(self) -> bool:
        """Say whether any agent has or had a sandbox."""
        return next(self._paths.profiles.glob(f"*/*/{PRIVATE}"), None) is not None

    async def around(self, stay: Stay, folder: Path) -> Shelter:
        """Return what to put around a program of an agent; `folder` is where its description will be.

        Raises:
            UnavailableError: there can be no such sandbox here; nothing may be started.
            ConflictError: the worktree is not what we know it as.
            WorldError: its program is not there, or something cannot be looked at.
        """
        sandbox = stay.agent.spec.sandbox
        if sandbox.kind == "none":
            return Shelter()
        await self._refuse(sandbox)
        ground = await self.ground(stay)
        key = stay.session or f"setup-{stay.constellation}-{stay.agent.name}"
        private = self.place(stay.constellation, stay.agent.name)
        env = {name: str(private / below) for name, below in _CACHES.items()}
        env["CONSTELLAGENT_SANDBOX"] = sandbox.kind
        if sandbox.kind == "seatbelt":
            return Shelter(
                prefix=seatbelt.prefix(self._probe.program, str(folder)),
                env=env,
                files={seatbelt.NAME: seatbelt.profile(ground)},
                key=key,
            )
        told = Outline(
            program=self._probe.program,
            words=(*words(ground), *_inside(stay.env)),
            limits=await asyncio.to_thread(self._cgroups.limits, key, sandbox),
            forwards=_forwards(sandbox, stay.env, self._paths),
            leads=stay.leads,
        )
        return Shelter(
            prefix=outline.prefix(str(folder)),
            env={**env, "TMPDIR": "/tmp"},  # noqa: S108 - its own
            files={outline.NAME: outline.write(told)},
            key=key,
        )

    async def ground(self, stay: Stay) -> Ground:
        """Return what the sandbox of a stay is made of.

        Raises:
            ConflictError: the worktree is not what we know it as.
            WorldError: its program is not there, or something cannot be looked at.
        """
        sandbox = stay.agent.spec.sandbox
        task = Task(
            sandbox=sandbox,
            worktree=stay.worktree,
            branch=stay.agent.branch,
            common=stay.common,
            write=(
                self.place(stay.constellation, stay.agent.name),
                *([] if stay.profile is None else [stay.profile]),
            ),
            files=stay.files,
            read=(*stay.read, *(self._doors(sandbox))),
            sockets=(self._paths.session_socket(stay.session),) if stay.session else (),
            program=await asyncio.to_thread(_found, stay),
            roots=tuple(await self._roots()),
        )
        return await asyncio.to_thread(self._surveyed, task)

    def _surveyed(self, task: Task) -> Ground:
        """Survey, and make the folders of the caches, which not every tool makes for itself."""
        ground = survey.survey(self._paths, self._person, task)
        for below in _CACHES.values():
            with contextlib.suppress(OSError):  # what the agent has put there is its own to use or to mend
                survey.make_below(task.write[0], below)
        return ground

    async def around_git(
        self, worktree: Path, common: Path, command: str, index: Path | None
    ) -> tuple[str, ...]:
        """Return what to put before our own git in the worktree of an agent that is or was sandboxed.

        What the agent left there may lead git elsewhere, or run programs. In this it can do no more than
        the agent could: only `update-ref`, which looks at no file of the agent's, may write all refs, and
        only `commit` the reflog of the branch that is checked out. `index` is a folder in which we keep an
        index aside. It is nothing where there can be no sandbox, and the person said that git works then.

        Raises:
            UnavailableError: there can be no sandbox here, so git must not look at the worktree.
            ConflictError: the worktree is not what we know it as.
            WorldError: something cannot be looked at.
        """
        sandbox = Sandbox(kind=self._probe.kind, network="none")
        try:
            await self._refuse(sandbox)
        except UnavailableError as error:
            if self._unconfined:
                return ()
            raise UnavailableError(error.message, hint=f"{error.hint}; {_TRUSTING}") from error
        task = Task(sandbox, worktree, "", common, roots=tuple(await self._roots()), lasting=False)
        if command == "commit":
            task = replace(task, branch=await asyncio.to_thread(survey.branch_of, common, worktree))
        ground = await asyncio.to_thread(survey.survey, self._paths, self._person, task)
        ground = replace(ground, index=index, whole_refs=command == "update-ref")
        if sandbox.kind == "seatbelt":
            return seatbelt.words(self._probe.program, ground)
        return (self._probe.program, *words(ground), "--")

    async def ended(self, key: str) -> None:
        """Let go of what the system keeps for a stay that is over; a session's key is its id."""
        if key:
            await asyncio.to_thread(self._cgroups.remove, key)

    async def sweep(self, live: Collection[str]) -> None:
        """Let go of what it keeps for sessions that ended while nobody watched."""
        await asyncio.to_thread(self._cgroups.sweep, live)

    async def _refuse(self, sandbox: Sandbox) -> None:
        if sandbox.kind != "none" and (trouble := await self._probe.trouble(sandbox.kind)) is not None:
            raise trouble.error()
        if place := await asyncio.to_thread(_needed, sandbox.hide, self._person):
            raise UnavailableError(
                f"`hide: {place}` hides what every program of a sandbox begins with",
                hint="name the places below it that the agent must not see",
            )

    def _doors(self, sandbox: Sandbox) -> tuple[Path, ...]:
        """Return the folder of the sockets that lead to the provider, where there is no other way."""
        return (self._paths.doors,) if sandbox.network == "none" else ()


def _forwards(sandbox: Sandbox, env: Mapping[str, str], paths: Paths) -> tuple[Forward, ...]:
    """Return the way to the provider on this machine, for a sandbox without a network."""
    if sandbox.network != "none":
        return ()
    url = urlsplit(env.get("RAVI_API_URL", ""))
    if url.hostname not in _LOCAL or not url.port:
        return ()
    return (Forward(url.port, str(paths.provider_door)),)


def _found(stay: Stay) -> str:
    """Return the file of the program that a stay begins with; empty where it names none of this machine.

    Raises:
        WorldError: there is none of that name.
    """
    if not stay.program or ("/" in stay.program and not os.path.isabs(stay.program)):  # noqa: PTH117 - a text
        return ""
    path = stay.env.get("PATH", os.defpath)
    found = shutil.which(stay.program, path=path)
    if found is None:
        raise WorldError(
            f"{stay.agent.name} was not started: command not found: {stay.program} on PATH",
            hint=f"install it, or correct the command; PATH is {path}",
        )
    return found


def _needed(places: Iterable[str], person: Path) -> str:
    """Return the first of these places below which our interpreter, the libraries or we ourselves are."""
    named = (sys.executable, os.__file__, __file__, "/bin/sh", "/lib")
    ours = [Path(sys.executable), *(Path(file).resolve() for file in named)]
    for place in places:
        hidden = Path(place.replace("~", str(person), 1) if place.startswith("~") else place).resolve()
        if any(file.is_relative_to(hidden) for file in ours):
            return place
    return ""
