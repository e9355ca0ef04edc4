"""Git's own list of worktrees, joined with what git keeps about each of them.

`git worktree list` tells paths, branches and locks. Its folders below `worktrees/` tell the rest: which
folder belongs to which path, our marker, and registrations that were cut short and that the list leaves
out.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from constellagent.errors import BusyError, ConflictError, GitError, WorldError
from constellagent.runtime.git import Git
from constellagent.runtime.repository import Repository
from constellagent.runtime.worktrees import marker
from constellagent.runtime.worktrees.marker import Marker

_NUL_SINCE = (2, 36)
_HALF_WRITTEN = (0.02, 0.05, 0.1, 0.2)
"""Seconds between looks while a registration is being written."""
_WAIT = 30.0
_POLL = 0.02


@dataclass(frozen=True, slots=True)
class Registration:
    """A worktree as git knows it.

    Attributes:
        path: where git thinks it is.
        admin: git's folder for it; None for the main checkout.
        head: the commit checked out, None when unborn.
        branch: the full name of the branch checked out, None when detached.
        lock: why it is locked, None where it is not.
        marker: ours, None where there is none.
        fault: why a marker that is there cannot be read.
    """

    path: Path
    admin: Path | None = None
    head: str | None = None
    branch: str | None = None
    lock: str | None = None
    marker: Marker | None = None
    fault: str = ""


async def registrations(repository: Repository, git: Git) -> list[Registration]:
    """Return all worktrees that git lists, the main checkout first.

    Raises:
        GitError: git failed, or said something that cannot be read.
    """
    nul = repository.version >= _NUL_SINCE
    asked = ("worktree", "list", "--porcelain", *(["-z"] if nul else []))
    for pause in _HALF_WRITTEN:
        try:
            said = await git.run(*asked, cwd=repository.root)
            break
        except GitError as error:
            # Another git is writing a registration at this very moment, file by file.
            if "failed to read" not in error.stderr:
                raise
            await asyncio.sleep(pause)
    else:
        said = await git.run(*asked, cwd=repository.root)
    listed = parse(said.stdout, b"\0" if nul else b"\n")
    return await asyncio.to_thread(_joined, repository, listed)


def _joined(repository: Repository, listed: list[Registration]) -> list[Registration]:
    admins = {path: admin for admin, path in admin_folders(repository.common_dir).items() if path is not None}
    joined = [replace(main, path=repository.root) for main in listed[:1]]  # git guesses its path by name
    for one in listed[1:]:
        admin = admins.get(one.path)
        found, fault = None, ""
        if admin is not None:
            try:
                found = marker.read(admin)
            except ConflictError as error:
                fault = error.message
        joined.append(replace(one, admin=admin, marker=found, fault=fault))
    return joined


def parse(said: bytes, end: bytes) -> list[Registration]:
    """Read `git worktree list --porcelain`, whose lines end with `end`.

    Raises:
        GitError: it is not of the form that git documents.
    """
    found = []
    for block in said.split(end + end):
        lines = [os.fsdecode(line) for line in block.split(end) if line]
        if not lines:
            continue
        words = dict(line.partition(" ")[::2] for line in lines)
        if "worktree" not in words or not lines[0].startswith("worktree "):
            raise GitError(("worktree", "list"), 0, f"cannot read {lines[0]!r}")
        head = words.get("HEAD")
        found.append(
            Registration(
                path=Path(words["worktree"]),
                head=head if head and head.strip("0") else None,
                branch=words.get("branch"),
                lock=words.get("locked"),
            )
        )
    return found


def admin_folders(common_dir: Path) -> dict[Path, Path | None]:
    """Return git's folder of each linked worktree with the path that it names; None where it names none yet.

    Raises:
        WorldError: the folders cannot be read.
    """
    found: dict[Path, Path | None] = {}
    try:
        entries = sorted((common_dir / "worktrees").iterdir())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WorldError(f"cannot read {common_dir / 'worktrees'}: {error.strerror}") from error
    for admin in entries:
        try:
            link = (admin / "gitdir").read_bytes().strip()
        except NotADirectoryError:
            continue
        except FileNotFoundError:
            found[admin] = None
        except OSError as error:
            raise WorldError(f"cannot read {admin / 'gitdir'}: {error.strerror}") from error
        else:
            found[admin] = Path(os.path.normpath(admin / os.fsdecode(link))).parent if link else None
    return found


def linked_admin(folder: Path) -> Path | None:
    """Return the folder of git that the `.git` file in `folder` names, None where there is no such file.

    Raises:
        WorldError: it cannot be read.
    """
    try:
        descriptor = os.open(folder / ".git", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if (folder / ".git").is_symlink():
            return None
        raise WorldError(f"cannot read {folder / '.git'}: {error.strerror}") from error
    try:
        said = os.read(descriptor, 8192)
    except IsADirectoryError:
        return None
    finally:
        os.close(descriptor)
    if not said.startswith(b"gitdir: "):
        return None
    return Path(os.path.realpath(folder / os.fsdecode(said[8:].rstrip(b"\n"))))


def on_branch(listed: Iterable[Registration], branch: str) -> Registration | None:
    """Return the worktree in which a branch (short name) is checked out."""
    return next((one for one in listed if one.branch == f"refs/heads/{branch}"), None)


async def forget(git: Git, one: Registration) -> None:
    """Make git forget a worktree whose folder is gone, though it is locked.

    Raises:
        GitError: git failed; nothing is forgotten.
    """
    with contextlib.suppress(OSError):
        one.path.rmdir()  # an empty folder left in its place would make git refuse; any other one stays
    await git.run("worktree", "remove", "--force", "--force", str(one.path))


@asynccontextmanager
async def exclusively(repository: Repository) -> AsyncIterator[int]:
    """Hold the repository's worktree list for ourselves, across processes; death releases it.

    The lock is on `info/exclude`, which is ours to extend anyway, so no file of ours is left in the
    repository. Yields the open file, for appending.

    Raises:
        BusyError: another process held it for half a minute.
        WorldError: the file cannot be opened.
    """
    file = repository.common_dir / "info" / "exclude"
    try:
        file.parent.mkdir(exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WorldError(f"cannot write {file}: {error.strerror}") from error
    try:
        try:
            async with asyncio.timeout(_WAIT):
                while not _lock(descriptor):  # noqa: ASYNC110 - the kernel tells nobody when a lock is free
                    await asyncio.sleep(_POLL)
        except TimeoutError as error:
            raise BusyError(
                f"another process changes the worktrees of {repository.root}",
                hint="try again when it is done",
            ) from error
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
