"""The patch of some files, as git writes it, up to a bound.

Git is asked for a few files at a time, so that what it answers never outgrows the memory that the daemon may
take: the sizes of both sides of each file are looked at first.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from constellagent.runtime.diff_views import FileChange
from constellagent.runtime.diffs import asking, untracked
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import WORKTREE

MOST = 1 << 20
"""Bytes of one answer."""
_TOGETHER = 16 << 20
"""Bytes of content, both sides added, that one call of git compares; one file may have more."""
_ARGUMENTS = 64 << 10
"""Characters of names that one call of git is given."""


async def text(
    git: Git,
    worktree: Path,
    old: str,
    files: Sequence[FileChange],
    *,
    new: str = WORKTREE,
    context: int,
    ignore_space: bool,
) -> tuple[str, bool]:
    """Return the patch of `files` from `old` to `new`, and whether it was cut off.

    Their order is kept as far as git does so, which sorts what it compares together. Bytes that are no UTF-8
    come as lone surrogates. A patch that is cut off ends with a whole line.

    Raises:
        GitError: git failed.
    """
    parts: list[bytes] = []
    room = MOST
    sizes = await _sizes(git, worktree, old, new, files)
    asked = [f"-U{context}", *asking.options(ignore_space=ignore_space), *asking.compared(old, new)]
    for group in _groups(files, sizes):
        if room <= 0:
            return _joined(parts), True
        if group[0]["status"] == "untracked":
            part, cut = await asyncio.to_thread(untracked.patch, worktree, group[0]["path"], room)
        else:
            part = await _compared(git, worktree, asked, group)
            cut = len(part) > room
            part = part[: part.rfind(b"\n", 0, room) + 1] if cut else part
        parts.append(part)
        room -= len(part)
        if cut:
            return _joined(parts), True
    return _joined(parts), False


async def _compared(git: Git, worktree: Path, asked: Sequence[str], group: Sequence[FileChange]) -> bytes:
    """Ask git for the patch of files that were all renamed, or of which none was."""
    moved = "-M" if group[0]["old_path"] else "--no-renames"
    names = [name for change in group for name in (change["old_path"], change["path"]) if name]
    said = await git.run(
        "diff",
        "--patch",
        moved,
        *asked,
        "--",
        *map(asking.literal, names),
        cwd=worktree,
        env=asking.ENVIRONMENT,
    )
    return said.stdout


async def _sizes(git: Git, worktree: Path, old: str, new: str, files: Sequence[FileChange]) -> list[int]:
    """Return how many bytes both sides of each file have; what is not there has none."""
    names = [f"{_revision(old)}:{_old(change)}" for change in files]
    if new != WORKTREE:
        names += [f"{_revision(new)}:{change['path']}" for change in files]
    # A name with a line break cannot be asked for; it is taken for a large file.
    plain = [name for name in names if "\n" not in name]
    asked = os.fsencode("".join(f"{name}\n" for name in plain))
    said = await git.run("cat-file", "--batch-check=%(objectsize)", cwd=worktree, stdin=asked)
    known = dict(zip(plain, map(_number, said.text.split("\n")), strict=False))
    sizes = [known.get(name, asking.LARGEST) for name in names]
    if new == WORKTREE:
        sizes += await asyncio.to_thread(lambda: [_size(worktree / change["path"]) for change in files])
    return [before + now for before, now in zip(sizes, sizes[len(files) :], strict=False)]


def _revision(side: str) -> str:
    return "" if side == asking.INDEX else side


def _groups(files: Iterable[FileChange], sizes: Iterable[int]) -> Iterator[list[FileChange]]:
    """Split files into those that one call compares: alike in being renamed, and small together."""
    group: list[FileChange] = []
    size = names = 0
    for change, own in zip(files, sizes, strict=True):
        length = len(change["path"]) + len(change["old_path"] or "")
        alike = group and _kind(group[0]) == _kind(change) != "untracked"
        if group and not (alike and size + own <= _TOGETHER and names + length <= _ARGUMENTS):
            yield group
            group, size, names = [], 0, 0
        group.append(change)
        size, names = size + own, names + length
    if group:
        yield group


def _kind(change: FileChange) -> str:
    if change["status"] == "untracked":
        return "untracked"
    return "moved" if change["old_path"] else "stayed"


def _old(change: FileChange) -> str:
    return change["old_path"] or change["path"]


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def _number(line: str) -> int:
    return int(line) if line.isdecimal() else 0


def _joined(parts: Iterable[bytes]) -> str:
    return b"".join(parts).decode("utf-8", "surrogateescape")
