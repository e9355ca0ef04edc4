"""What git says of a worktree: what is staged, changed, untracked or in conflict, and what is going on."""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from constellagent.runtime.diffs import asking
from constellagent.runtime.git import Git

_IN_PROGRESS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("BISECT_LOG", "bisect"),
)


@dataclass(frozen=True, slots=True)
class State:
    """One look of `git status`. Paths are relative to the worktree.

    Attributes:
        head: the commit that is checked out, empty before the first one.
        branch: the short name of the branch, empty for none.
        upstream: what it tracks, empty for nothing.
        unpushed: commits that the upstream has not; None where that is not known.
        staged: paths whose index differs from HEAD.
        changed: paths whose file differs from the index, with git's letter for how (`M`, `D`, `T`).
        untracked: files that git does not know, and does not ignore; a repository within ends with a slash.
        unmerged: paths in conflict.
        submodules: those of the paths that are submodules.
    """

    head: str = ""
    branch: str = ""
    upstream: str = ""
    unpushed: int | None = None
    staged: tuple[str, ...] = ()
    changed: dict[str, str] = field(default_factory=dict)
    untracked: tuple[str, ...] = ()
    unmerged: tuple[str, ...] = ()
    submodules: frozenset[str] = frozenset()


async def look(git: Git, folder: Path) -> State:
    """Ask git about a worktree.

    Raises:
        GitError: git failed.
    """
    said = await git.run(
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--no-renames",
        "--",
        ":(top)",
        *asking.HIDDEN,
        cwd=folder,
    )
    return parse(said.fields)


def parse(entries: Iterable[str]) -> State:
    """Read `git status --porcelain=v2 --branch -z --no-renames`."""
    headers: dict[str, str] = {}
    staged, untracked, unmerged, submodules = [], [], [], []
    changed: dict[str, str] = {}
    for entry in entries:
        match entry[0]:
            case "#":
                name, _, value = entry[2:].partition(" ")
                headers[name] = value
            case "1":
                _, letters, module, *_, path = entry.split(" ", 8)
                if letters[0] != ".":
                    staged.append(path)
                if letters[1] != ".":
                    changed[path] = letters[1]
                if module.startswith("S"):
                    submodules.append(path)
            case "u":
                unmerged.append(entry.split(" ", 10)[-1])
            case "?":
                untracked.append(entry[2:])
            case _:
                continue  # what is ignored is not asked for
    head, branch = headers.get("branch.oid", ""), headers.get("branch.head", "")
    ahead = headers.get("branch.ab", "").partition(" ")[0]
    return State(
        head="" if head == "(initial)" else head,
        branch="" if branch == "(detached)" else branch,
        upstream=headers.get("branch.upstream", ""),
        unpushed=int(ahead) if ahead else None,
        staged=tuple(staged),
        changed=changed,
        untracked=tuple(untracked),
        unmerged=tuple(unmerged),
        submodules=frozenset(submodules),
    )


async def admin(git: Git, folder: Path) -> Path:
    """Return git's own folder of a worktree.

    Raises:
        GitError: git failed.
    """
    return Path((await git.run("rev-parse", "--absolute-git-dir", cwd=folder)).text)


async def operation(git: Git, folder: Path) -> str:
    """Return what is going on in a worktree (`rebase`, `merge`, ...), empty for nothing.

    Raises:
        GitError: git failed.
    """
    own = await admin(git, folder)
    return await asyncio.to_thread(_operation, own)


def _operation(own: Path) -> str:
    return next((what for name, what in _IN_PROGRESS if os.path.lexists(own / name)), "")
