"""Our own git in the worktree of a sandboxed agent: it runs in a sandbox too, for what it may find there.

An agent writes every file of its worktree, and most of what git keeps for it. A link planted there, or a
repository with settings of its own inside the worktree, would have a git outside write elsewhere or start
programs.
"""

import asyncio
import contextlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError, WorldError
from constellagent.runtime.sandbox import ground
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.runtime.worktrees import marker, registry

_OF_REFS = frozenset({"branch", "for-each-ref", "push", "update-ref", "worktree"})
"""Commands that read or write refs all over: a link among those leads them elsewhere, a pipe stops them."""
_FILES = ("HEAD", "BISECT_START", "BISECT_LOG")
_FOLDERS = ("rebase-merge", "rebase-apply", "refs")
"""What git reads of every worktree to know which branches are in use; `HEAD` may name a ref below `refs`."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A worktree of an agent that is or was sandboxed."""

    worktree: Path
    common: Path


class Confinement:
    """Says what has to go before git's own words in a folder; see `git.Around`."""

    def __init__(self, sandboxes: Sandboxes) -> None:
        self._sandboxes = sandboxes

    async def __call__(self, folder: Path, command: str, env: Mapping[str, str]) -> Sequence[str]:
        """Return those words, none for a folder in no such worktree, or where the person let git go without.

        Raises:
            UnavailableError: there can be no sandbox here, so git must not look at the worktree.
            ConflictError: the worktree is not what we know it as, or something stands where the repository
                keeps refs that git would be led elsewhere by, or wait for.
            WorldError: something cannot be looked at.
        """
        try:
            held = await asyncio.to_thread(self._find, folder)
            if held is None:
                if command in _OF_REFS:
                    await asyncio.to_thread(self._check_refs, folder)
                return ()
        except OSError as error:
            raise WorldError(f"cannot look at {folder}: {error.strerror}") from error
        index = Path(env["GIT_INDEX_FILE"]).parent if "GIT_INDEX_FILE" in env else None
        words = await self._sandboxes.around_git(held.worktree, held.common, command, index)
        if not words and command in _OF_REFS:
            await asyncio.to_thread(self._check_refs, folder)
        return words

    def _find(self, folder: Path) -> _Held | None:
        """Return the worktree around a folder: the outermost, since an agent may make others in its own."""
        found = None
        for place in (folder, *folder.parents):
            admin = registry.linked_admin(place) if _has_link(place) else None
            known = None if admin is None or admin.parent.name != "worktrees" else marker.read(admin)
            # Before the branch was checked out nothing of the agent's is there, and filters need the network.
            if admin is None or known is None or not known.filled:
                continue
            if self._sandboxes.place(known.constellation, known.agent).is_dir():
                found = _Held(place, admin.parent.parent)
        return found

    def _check_refs(self, folder: Path) -> None:
        """Refuse what no git has put among the refs of a repository in which sandboxed agents work.

        Raises:
            ConflictError: there is a link, a pipe or the like.
        """
        if not self._sandboxes.ever():
            return
        common = _common(folder)
        admins = sorted((common / "worktrees").iterdir()) if (common / "worktrees").is_dir() else []
        if not any(map(self._is_held, admins)):
            return
        shared = [common / "refs" / name for name in ground.REFS]
        held = filter(self._is_held, admins)
        for place in itertools.chain(_odd(shared), *map(_odd_of, held)):
            raise ConflictError(
                f"{place} is a link, a pipe or the like, as git never makes them",
                hint=f"a sandboxed agent may have made it: see what it is, then remove it: rm {place}",
            )

    def _is_held(self, admin: Path) -> bool:
        try:
            known = marker.read(admin)
        except ConflictError:
            return False  # who asks for this worktree is told
        return known is not None and self._sandboxes.place(known.constellation, known.agent).is_dir()


def _common(folder: Path) -> Path:
    """Return git's folder of the repository around a folder that is in no agent's worktree."""
    for place in (folder, *folder.parents):
        if (place / ".git").is_dir():
            return place / ".git"
        if (admin := registry.linked_admin(place)) is not None:
            return admin.parent.parent if admin.parent.name == "worktrees" else admin
    return folder  # it is git's own


def _odd_of(admin: Path) -> Iterator[Path]:
    """Yield the same of what git, wherever it runs, reads of each worktree: what it has checked out."""
    yield from (place for name in _FILES if not _is(stat.S_ISREG, place := admin / name))
    for folder in (admin / name for name in _FOLDERS):
        if _is(stat.S_ISDIR, folder):
            yield from _odd([folder])
        else:
            yield folder  # what lies behind a link is not for us to walk through


def _odd(waiting: list[Path]) -> Iterator[Path]:
    """Yield what is neither file nor folder below these, where agents write."""
    while waiting:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif not entry.is_file(follow_symlinks=False):
                    yield Path(entry.path)


def _is(kind: Callable[[int], bool], place: Path) -> bool:
    """Say whether a place is of a kind, or is not there at all."""
    try:
        return kind(os.lstat(place).st_mode)
    except FileNotFoundError:
        return True


def _has_link(place: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(place / ".git").st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
