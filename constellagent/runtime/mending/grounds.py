"""Which constellations there are and where: what the state knows, and what repositories and sessions tell.

The id of a constellation is derived from its file's place alone, and git keeps it in the lock of every
worktree of ours. So a lost state is found again from any folder that was once worked in.
"""

import asyncio
import hashlib
import logging
import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConstellagentError, WorldError
from constellagent.plan.desired import Desired, desire
from constellagent.runtime import processes, repository, session_notes
from constellagent.runtime.clock import Clock
from constellagent.runtime.git import Git
from constellagent.runtime.mending.known import Known
from constellagent.runtime.paths import Paths, constellation_id
from constellagent.runtime.ports import Journal, Record, Records, Step
from constellagent.runtime.repository import Repository
from constellagent.runtime.sandbox.probe import Probe
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.runtime.settings import Settings
from constellagent.runtime.worktrees import registry
from constellagent.runtime.worktrees.confinement import Confinement
from constellagent.runtime.worktrees.registry import Registration
from constellagent.runtime.worktrees.site import Site
from constellagent.spec.load import load
from constellagent.spec.names import worktrees_root

_log = logging.getLogger(__name__)

_REASON = "constellagent:"
WORKTREE = "CONSTELLAGENT_WORKTREE"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all looks share.

    Attributes:
        settings: where state lies, and how long git may take.
        clock: tells how old things are.
        here: a constellation's file that the asking person stands at, None for none.
        probe: whether git can be kept in a sandbox where a sandboxed agent worked, asked once for all looks.
    """

    settings: Settings
    clock: Clock
    here: Path | None = None
    probe: Probe = field(default_factory=Probe)

    @property
    def paths(self) -> Paths:
        """Where state lies."""
        return self.settings.paths


@dataclass(frozen=True, slots=True)
class Ground:
    """One constellation in its repository.

    Attributes:
        id: of the constellation.
        repository: where it is.
        file: its file, None where none in the repository has this id.
        text: the file as it was applied; as it reads now where the state does not know it; "" without one.
        current: the file's bytes are now those of `digest`.
        desired: what `text` declares, None where it cannot be read.
        registrations: git's worktrees of the repository, the main checkout first.
        known: the state knows it.
        digest: SHA-256 of the bytes that were applied; of the file as it reads now where it is not known.
    """

    id: str
    repository: Repository
    file: Path | None
    text: str
    current: bool
    desired: Desired | None
    registrations: tuple[Registration, ...]
    known: bool
    digest: str = ""

    @property
    def name(self) -> str:
        """What it is called, else its id."""
        return self.desired.name if self.desired else self.id

    def owned(self) -> Mapping[str, Registration]:
        """Return its worktrees by the name in their lock or marker: agents, and runs as `agent@run`."""
        found = {}
        for one in self.registrations:
            key, owner = owner_of(one)
            if key == self.id and owner:
                found[owner] = one
        return found


def owner_of(one: Registration) -> tuple[str, str]:
    """Return the constellation and the agent or run whose worktree this is; empty for nobody of ours."""
    if one.lock is not None:
        if not one.lock.startswith(_REASON):
            return "", ""
        key, _, owner = one.lock.removeprefix(_REASON).partition(":")
        return key, owner
    return (one.marker.constellation, one.marker.agent) if one.marker else ("", "")


class Fault(NamedTuple):
    """A place that could not be looked at: why, and what a person can do."""

    place: Path
    said: str
    advice: str


async def find(around: Surroundings, known: Known) -> tuple[list[Ground], list[Fault]]:
    """Return the constellations there are, and the places that could not be looked at.

    Of a repository that cannot be looked at in full there is none: what is unknown of it is not absent.
    """
    faults: list[Fault] = []
    repositories: dict[Path, Repository] = {}
    for folder in await asyncio.to_thread(_folders, around, known):
        try:
            found = await repository.find(folder, timeout=around.settings.git_timeout)
        except (ConstellagentError, OSError) as error:
            faults.append(_fault(folder, error))
        else:
            repositories[found.root] = found
    grounds = []
    for one in repositories.values():
        git = confined(around, known, one.root)
        try:
            listed = await registry.registrations(one, git)
            grounds += await _of_repository(around, known, one, git, listed)
        except (ConstellagentError, OSError) as error:
            faults.append(_fault(one.root, error))
    return grounds, faults


def _fault(place: Path, error: ConstellagentError | OSError) -> Fault:
    said, hint = (error.message, error.hint) if isinstance(error, ConstellagentError) else (str(error), "")
    return Fault(place, said, hint or f"`git -C {place} status` says more; till then nothing is mended there")


def confined(around: Surroundings, known: Known, root: Path) -> Git:
    """Return the git of a repository, which works in a sandbox wherever a sandboxed agent has worked."""

    async def roots() -> list[Path]:
        """Where worktrees of anybody lie: a file that cannot be read any more tells of none."""
        loaded = await asyncio.to_thread(_roots, known)
        taken = [record.path for record in known.records.values()]
        return [*loaded, *(one for one in taken if not any(one.is_relative_to(place) for place in loaded))]

    unconfined = around.settings.unconfined
    confinement = Confinement(Sandboxes(around.paths, roots, around.probe, unconfined=unconfined))
    return Git(root, timeout=around.settings.git_timeout, around=confinement)


def _roots(known: Known) -> list[Path]:
    found = []
    for applied in known.constellations.values():
        try:
            declared = load(applied.text.encode(), str(applied.file)).constellation.worktrees
        except ConstellagentError as error:
            _log.debug("%s", error.message)
        else:
            found.append(Path(worktrees_root(declared, applied.repo)))
    return found


def _folders(around: Surroundings, known: Known) -> list[Path]:
    """Return folders that are there and lie in repositories of ours, one for each that is told of."""
    told = [applied.repo for applied in known.constellations.values()]
    told += [record.path for record in known.records.values()]
    if around.here is not None:
        told.append(around.here.parent)
    if not told or not known.constellations:
        told += [note.folder for note in notes(around.paths).values()]
        home = str(around.paths.home)
        try:
            seen = processes.variables(frozenset({WORKTREE, "CONSTELLAGENT_HOME"}))
        except OSError:
            seen = {}
        told += [
            Path(v[WORKTREE]) for v in seen.values() if WORKTREE in v and v.get("CONSTELLAGENT_HOME") == home
        ]
    there = dict.fromkeys(Path(os.path.realpath(folder)) for folder in told)
    return [folder for folder in there if folder.is_dir()]


def notes(paths: Paths) -> dict[str, session_notes.Note]:
    """Return the notes of all sessions of this state folder by id; those that cannot be read are left out."""
    found = {}
    try:
        folders = sorted(
            entry for entry in paths.sessions.iterdir() if entry.is_dir() and not entry.is_symlink()
        )
    except OSError:
        return {}
    for folder in folders:
        try:
            note = session_notes.read(folder)
        except WorldError as error:
            _log.debug("%s", error.message)
        else:
            if note is not None:
                found[folder.name] = note
    return found


async def _of_repository(
    around: Surroundings, known: Known, repo: Repository, git: Git, listed: Sequence[Registration]
) -> list[Ground]:
    keys = {applied.id for applied in known.constellations.values() if _same(applied.repo, repo.root)}
    keys |= {key for key, _ in map(owner_of, listed) if key}
    here = around.here
    if here is not None and here.is_relative_to(repo.root):
        keys.add(constellation_id(here))
    files = await _files(git, repo.root, here)
    return [
        await asyncio.to_thread(_ground, known, key, repo, files.get(key), tuple(listed))
        for key in sorted(keys)
    ]


async def _files(git: Git, root: Path, here: Path | None) -> dict[str, Path]:
    """Return the files of the repository that may declare a constellation, by the id that each would have."""
    named = (await git.run("ls-files", "-z", "--", "*.yaml", "*.yml", cwd=root)).fields
    files = [root / "constellation.yaml", root / "constellation.yml", *(root / name for name in named)]
    files += [here] if here is not None else []
    return {constellation_id(Path(os.path.realpath(file))): file for file in files if file.is_file()}


def _ground(
    known: Known, key: str, repo: Repository, file: Path | None, listed: tuple[Registration, ...]
) -> Ground:
    applied = known.constellations.get(key)
    file = applied.file if applied else file
    now, read = _read(file)
    text, digest = (applied.text, applied.content_hash) if applied else (now, read)
    desired = None
    if text and file is not None:
        try:
            desired = desire(load(text.encode(), str(file)).constellation, repo.root)
        except ConstellagentError as error:
            _log.debug("%s", error.message)
    current = bool(read) and read == digest
    return Ground(key, repo, file, text, current, desired, listed, applied is not None, digest)


def _read(file: Path | None) -> tuple[str, str]:
    """Return the text of a file and the SHA-256 of its bytes; both empty where it cannot be read."""
    try:
        data = b"" if file is None else file.read_bytes()
        return data.decode("utf-8-sig"), hashlib.sha256(data).hexdigest() if data else ""
    except (OSError, UnicodeError):
        return "", ""


def _same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


class _ReadJournal:
    """The open steps of a constellation as they were read: the port `Journal` without its writing half."""

    def __init__(self, known: Known, key: str) -> None:
        self._known = known
        self._key = key

    @asynccontextmanager
    async def step(self, step: Step, subject: str, **_detail: str) -> AsyncIterator[None]:
        raise WorldError(f"a look takes no step ({step.value} of {subject})")
        yield

    async def open_steps(self, subject: str) -> Sequence[Step]:
        return self._known.open_steps.get((self._key, subject), ())


class _ReadRecords:
    """The records of a constellation as they were read: the port `Records` without its writing half."""

    def __init__(self, known: Known, key: str) -> None:
        self._found = {agent: record for (one, agent), record in known.records.items() if one == key}

    async def all(self) -> Mapping[str, Record]:
        return self._found

    async def put(self, record: Record) -> None:
        raise WorldError(f"a look writes no record ({record.agent})")

    async def drop(self, agent: str) -> None:
        raise WorldError(f"a look drops no record ({agent})")


def site(around: Surroundings, known: Known, ground: Ground, journal: Journal, records: Records) -> Site:
    """Return what works on the worktrees of a constellation."""
    root = Path(ground.desired.worktrees) if ground.desired else ground.repository.root.parent
    return Site(
        ground.repository,
        ground.id,
        root,
        confined(around, known, ground.repository.root),
        journal,
        records,
        around.paths,
        around.clock,
        around.settings.setup_timeout,
    )


def looking_site(around: Surroundings, ground: Ground, known: Known) -> Site:
    """Return what looks at the worktrees of a constellation, and can change nothing of the state."""
    return site(around, known, ground, _ReadJournal(known, ground.id), _ReadRecords(known, ground.id))


def repositories(grounds: Iterable[Ground]) -> dict[Path, list[Ground]]:
    """Return the constellations by the root of their repository."""
    found: dict[Path, list[Ground]] = {}
    for ground in grounds:
        found.setdefault(ground.repository.root, []).append(ground)
    return found
