"""From an agent's worktree to the ground of its sandbox: the looks that the pure words need.

What is looked at lies outside of what the agent can write: our state, the repository's own folder, the home
folder of the person. Everything here blocks for a moment; callers keep it off the event loop.
"""

import contextlib
import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from constellagent.errors import ConflictError, WorldError
from constellagent.ravi.private_files import read_private, write_private
from constellagent.runtime.paths import Paths, default_home, private_folder
from constellagent.runtime.sandbox import places
from constellagent.runtime.sandbox.ground import CREATED, GUARDED, REFS, Ground, Human, Own, Repo
from constellagent.spec.sandbox import Sandbox

EMPTY = "empty"
"""The empty file that is shown where a file is hidden."""
_PACKAGE = Path(__file__).resolve().parents[3]
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINKS = 40
"""So many links one after another the system follows."""
_BRANCH = "ref: refs/heads/"
_MOST = 250
"""Entries of a folder that is shown as it was: a mount for each, and more take seconds."""
_SYSTEM = tuple(map(Path, (*places.TEMPORARY, "/dev", "/proc", "/sys")))
_INFO = ("attributes", "exclude", "grafts")
"""What of git's `info` a git in a linked worktree reads; an empty one says what a missing one does."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a sandbox is for.

    Attributes:
        sandbox: as declared.
        worktree: where the agent works.
        branch: the branch that is declared for it.
        common: git's folder of the repository.
        write: folders of our state that it may write; they are made where they are missing.
        files: the same, made by who starts the program.
        read: files of our state that it may read.
        sockets: sockets that it may reach.
        program: the program's file, empty where it is not known.
        roots: the folders of everybody's worktrees.
        lasting: it is for more than a moment, in which the person may replace or make what is to be hidden.
    """

    sandbox: Sandbox
    worktree: Path
    branch: str
    common: Path
    write: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()
    sockets: tuple[Path, ...] = ()
    program: str = ""
    roots: tuple[Path, ...] = ()
    lasting: bool = True


def survey(paths: Paths, person: Path, task: Task) -> Ground:
    """Return the ground of a sandbox; `person` is the home folder of whose user we are.

    Raises:
        ConflictError: the worktree is not git's, or is two of git's.
        WorldError: something cannot be looked at or made.
    """
    try:
        return _survey(paths, person, task)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise WorldError(f"cannot prepare the sandbox: {where}{error.strerror}") from error


def _survey(paths: Paths, person: Path, task: Task) -> Ground:
    worktree, common = _real(task.worktree), _real(task.common)
    for folder in task.write:
        _given(folder)
    needed = [Path(sys.prefix), Path(sys.base_prefix), _PACKAGE, *_folders_of(sys.executable)]
    human = _human(person, task.sandbox)
    if task.lasting:
        human = _covered(human, _real(person), (worktree, common))
    if task.program and _is_others(task.program, (worktree, *task.write, *human.write)):
        needed += _folders_of(task.program)
    return Ground(
        worktree=worktree,
        repo=_repo(worktree, common, task.branch),
        own=Own(
            empty=_empty(paths),
            info=_info(paths, common),
            read=tuple(_there((paths.bin, *task.read))),
            write=tuple(map(_real, (*task.write, *task.files))),
            sockets=tuple(_real(socket.parent) / socket.name for socket in task.sockets),
        ),
        human=human,
        state=tuple(_folders((paths.home, paths.run, default_home()))),
        roots=tuple(root for root in _folders(task.roots) if root != worktree),
        temporary=tuple(_folders(map(Path, places.TEMPORARY))),
        kept=tuple(map(Path, (*places.RUN, *(places.RESOLVING if task.sandbox.network == "host" else ())))),
        needed=tuple(_there(needed)),
        network=task.sandbox.network,
    )


def make_below(folder: Path, below: str) -> None:
    """Make folders in one that the agent writes, following no link of its; what is in the way stays."""
    held = os.open(folder, _FOLDER)
    try:
        for part in below.split("/"):
            with contextlib.suppress(FileExistsError):
                os.mkdir(part, 0o700, dir_fd=held)
            inner = os.open(part, _FOLDER, dir_fd=held)
            os.close(held)
            held = inner
    finally:
        os.close(held)


def _given(folder: Path) -> None:
    """Make a folder of ours that the agent may write, or take back who else it has let write there.

    Raises:
        ConstellagentError: it is no folder of ours.
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        held = os.open(folder, _FOLDER)
        try:
            if os.fstat(held).st_uid == os.getuid():
                os.fchmod(held, 0o700)
        finally:
            os.close(held)
    private_folder(folder)


def admin_of(common: Path, worktree: Path) -> Path:
    """Return git's folder of a linked worktree; both paths are resolved.

    Raises:
        ConflictError: git has none that names it, or two.
        OSError: they cannot be looked at.
    """
    found = []
    with contextlib.suppress(FileNotFoundError):
        for admin in sorted((common / "worktrees").iterdir()):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                link = os.fsdecode((admin / "gitdir").read_bytes().strip())
                if link and _real(Path(os.path.normpath(admin / link)).parent) == worktree:
                    found.append(admin)
    if len(found) == 1:
        return found[0]
    how = "no folder" if not found else f"{len(found)} folders"
    raise ConflictError(
        f"git keeps {how} for the worktree {worktree}, so no sandbox can be made for it",
        hint="`constellagent plan` shows what is wrong with the worktree",
    )


def branch_of(common: Path, worktree: Path) -> str:
    """Return the branch that is checked out, as the agent may have written it; empty where there is none.

    Raises:
        ConflictError: git has no folder that names the worktree, or two.
        ConstellagentError: what says it is no plain file, or cannot be read.
    """
    try:
        said = read_private(admin_of(_real(common), _real(worktree)), "HEAD")
    except OSError as error:
        raise WorldError(f"cannot look at the branch of {worktree}: {error.strerror}") from error
    name = "" if said is None else os.fsdecode(said).strip()
    return name.removeprefix(_BRANCH) if name.startswith(_BRANCH) else ""


def _repo(worktree: Path, common: Path, branch: str) -> Repo:
    admin = admin_of(common, worktree)
    for name in CREATED:
        with contextlib.suppress(FileExistsError):
            os.close(os.open(admin / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
    (common / "objects" / "info").mkdir(exist_ok=True)
    (common / "logs").mkdir(exist_ok=True)
    return Repo(
        common=common,
        admin=admin,
        log=_log_of(common, branch),
        guarded=tuple(_guarded(admin)),
        refs=tuple(folder for name in REFS if _is_folder(folder := common / "refs" / name)),
        names=tuple(sorted(entry.name for entry in common.iterdir())),
    )


def _log_of(common: Path, branch: str) -> Path | None:
    """Return the reflog of a branch, whose name the agent may have written: never a place elsewhere."""
    parts = branch.split("/")
    if not {"", ".", ".."}.isdisjoint(parts):
        return None
    log = common.joinpath("logs", "refs", "heads", *parts)
    return log if os.path.realpath(log) == str(log) and log.is_file() else None


def _guarded(admin: Path) -> Iterator[Path]:
    """Yield the files of git's folder of the worktree that are to stay as they are.

    Raises:
        ConflictError: one of them is a link, as git never makes them.
    """
    for name in GUARDED:
        place = admin / name
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISREG(place.lstat().st_mode):
                raise ConflictError(f"{place} is no plain file", hint="find out who changed it; git did not")
            yield place


def _human(person: Path, sandbox: Sandbox) -> Human:
    """Return what of the person's files is hidden, as it is there: of a link its target, not the link."""
    home = str(person)
    asked = {_real(person / name) for name in places.HIDDEN}
    asked |= {_real(Path(place)) for place in places.MACHINE if os.path.exists(place)}  # noqa: PTH110 - may be shut
    asked |= {_real(Path(place.replace("~", home, 1))) for place in sandbox.hide}
    written = [Path(place.replace("~", home, 1)) for place in sandbox.write]
    # What lies below a place that the agent writes may be a link of its making by now.
    write = tuple(_there(place for place in written if not _below(place.parent, written)))
    read = [Path(place.replace("~", home, 1)) for place in sandbox.read]
    read = list(_there(place for place in read if not _below(place, written)))
    given = {*write, *read}
    hidden = sorted(place for place in asked if place not in given and place != Path("/"))
    return Human(
        folders=tuple(place for place in hidden if place.is_dir()),
        files=tuple(place for place in hidden if place.is_file()),
        read=tuple(read),
        write=write,
    )


def _covered(human: Human, home: Path, held: Sequence[Path]) -> Human:
    """Return the same with what lies around hidden places below the home folder, as it is now.

    Left out are folders above what is `held`, but for the home folder itself: these change meanwhile; those
    that the file gives; and those with more in them than a sandbox should have mounts.
    """
    if _above(home, _SYSTEM):
        return human  # who is at home in `/` has no folder of its own there
    asked = {*human.folders, *human.files, *(home / name for name in places.HIDDEN)}
    around = {parent for place in asked for parent in place.parents if parent.is_relative_to(home)} | {home}
    given = (*human.folders, *human.read, *human.write)
    found = dict[Path, list[Path]]()
    for folder in sorted(around):
        if _below(folder, given) or (folder != home and _above(folder, held)):
            continue
        entries = _entries(folder) if folder == _real(folder) else None
        if entries is not None and len(entries) <= _MOST:
            found[folder] = entries
    skipped = {*found, *human.folders, *human.files}
    shown, links = list[Path](), list[tuple[Path, str]]()
    for place in (place for entries in found.values() for place in entries if place not in skipped):
        with contextlib.suppress(OSError):  # it went just now, or what is mounted there does not answer
            if place.is_symlink():
                links.append((place, str(place.readlink())))
            elif stat.S_IFMT(place.stat().st_mode) in {stat.S_IFDIR, stat.S_IFREG}:
                shown.append(place)
    return replace(human, covers=tuple(found), shown=tuple(shown), links=tuple(links))


def _entries(folder: Path) -> list[Path] | None:
    """Return what is in a folder; None where it is none, or may not be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return None


def _is_others(program: str, written: Iterable[Path]) -> bool:
    """Say whether no step on the way to a program's file can be changed by who writes these folders."""
    folders, place = [_real(folder) for folder in written], Path(program)
    for _ in range(_LINKS):
        place = _real(place.parent) / place.name
        if _below(place, folders):
            return False
        if not place.is_symlink():
            return True
        place = place.parent / place.readlink()
    return False


def _below(place: Path, folders: Iterable[Path]) -> bool:
    return any(place.is_relative_to(folder) for folder in folders)


def _above(folder: Path, held: Iterable[Path]) -> bool:
    return any(place.is_relative_to(folder) for place in held)


def _empty(paths: Paths) -> Path:
    """Return an empty file of ours, which is made where it is missing."""
    folder = paths.home / "sandbox"
    private_folder(folder)
    place = folder / EMPTY
    with contextlib.suppress(FileExistsError):  # opened to be emptied it would be refused to all but root
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400))
    return _real(place)


def _info(paths: Paths, common: Path) -> Path | None:
    """Return a copy of what git keeps in `info`, made as it is now; running sandboxes see it, too."""
    info = common / "info"
    info.mkdir(exist_ok=True)
    if not _is_folder(info):
        return None
    copy = paths.home / "sandbox" / "info" / hashlib.sha256(os.fsencode(common)).hexdigest()[:16]
    private_folder(copy)
    for name in _INFO:
        now = (info / name).read_bytes() if (info / name).is_file() else b""
        if now != (read_private(copy, name) or b""):
            write_private(copy, name, now)
    return _real(copy)


def _folders_of(program: str) -> Iterator[Path]:
    """Yield the folder of a program, and the one of what it is a link to."""
    if program:
        yield Path(program).parent
        yield _real(Path(program)).parent


def _there(found: Iterable[Path]) -> Iterator[Path]:
    """Yield what exists, resolved, each once, and never the root."""
    resolved = dict.fromkeys(map(_real, found))
    yield from (place for place in resolved if place != Path("/") and place.exists())


def _folders(found: Iterable[Path]) -> Iterator[Path]:
    return (place for place in _there(found) if place.is_dir())


def _is_folder(place: Path) -> bool:
    try:
        return stat.S_ISDIR(place.lstat().st_mode)
    except FileNotFoundError:
        return False


def _real(place: Path) -> Path:
    return Path(os.path.realpath(place))
