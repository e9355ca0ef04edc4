"""What is compared: a worktree's base, its last commit, its index, or commits that a person named.

Against the base means against the point where the branch left it (the merge base of the two): what others
have committed to the base since is not the agent's work. Where the two have no common commit, it is the base
itself. `HEAD` and a named commit are compared with directly.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError, UsageError, WorldError
from constellagent.plan.observed import Absent, Look, There
from constellagent.runtime.diffs.asking import INDEX
from constellagent.runtime.git import Git, Result
from constellagent.runtime.review_views import WORKTREE
from constellagent.spec.suggest import did_you_mean

BASE = "base"
HEAD = "HEAD"
EMPTY = "empty"
"""No file at all: what the first commit of a history is compared with."""


@dataclass(frozen=True, slots=True)
class Side:
    """What a worktree is compared with.

    Attributes:
        commit: the commit, or the empty tree where the branch has no commit yet; `INDEX` for the index.
        ahead: commits that the branch has and the base has not; None where that is unknown.
        behind: commits that the base has and the branch has not.
    """

    commit: str
    ahead: int | None = None
    behind: int | None = None


def check(against: str, to: str) -> None:
    """Refuse what cannot be compared that way round.

    Raises:
        UsageError: there is no such comparison.
    """
    if against == WORKTREE:
        raise UsageError(
            "the worktree is the newer side of every comparison", hint="compare something else to it"
        )
    if against == INDEX and to != WORKTREE:
        raise UsageError(
            f"the index is compared to the worktree, not to {to!r}",
            hint="what is staged is against HEAD to index",
        )


async def resolve(git: Git, worktree: Path, base: Look[str], declared: str, against: str) -> Side:
    """Find the commit that `against` stands for; `declared` is the base's word in the file.

    Raises:
        UsageError: there is no such commit.
        ConflictError: the declared base names no commit.
        WorldError: the base could not be looked at, or git failed.
    """
    head, named = await commits(git, worktree, HEAD, against)
    known = base.value if isinstance(base, There) else None
    side, (ahead, behind) = await asyncio.gather(
        _side(git, worktree, base, declared, against, head, named), _distance(git, worktree, known, head)
    )
    return Side(side, ahead, behind)


async def commit_of(git: Git, worktree: Path, base: Look[str], declared: str, name: str) -> str:
    """Return the commit (or empty tree) that one side's name stands for; `INDEX` and `WORKTREE` as they are.

    Raises:
        UsageError: there is no such commit.
        ConflictError: the declared base names no commit.
        WorldError: the base could not be looked at, or git failed.
    """
    if name == WORKTREE:
        return name
    head, named = await commits(git, worktree, HEAD, name)
    return await _side(git, worktree, base, declared, name, head, named)


async def _side(
    git: Git, worktree: Path, base: Look[str], declared: str, name: str, head: str | None, named: str | None
) -> str:
    if name == INDEX:
        return INDEX
    if name == EMPTY or (name == HEAD and head is None):
        return await _empty_tree(git, worktree)
    if name == HEAD and head is not None:
        return head
    if name != BASE:
        if named is None:
            raise await _no_commit(git, worktree, name)
        return named
    return await _fork(git, worktree, base_commit(base, declared), head)


def base_commit(base: Look[str], declared: str) -> str:
    """Return the commit that the base names now, which others may have moved on since the branch left it.

    Raises:
        ConflictError: it names none.
        WorldError: it could not be looked at.
    """
    if isinstance(base, Absent):
        raise ConflictError(
            f"the base {declared!r} names no commit",
            hint="correct `base` in the file, or compare with HEAD or a commit",
        )
    if not isinstance(base, There):
        raise WorldError(f"the base {declared!r} could not be looked at: {base.reason}")
    return base.value


async def commits(git: Git, worktree: Path, *names: str) -> list[str | None]:
    """Return the commits that names mean, None for what means none.

    They are asked for on stdin: no name can become an option.

    Raises:
        GitError: git failed.
    """
    wanted = [name for name in names if name.isprintable() and name.strip()]
    said = await _asked(git, worktree, wanted)
    if said.status != 0:
        # Git gives up at a branch without an upstream, and at a reflog that is shorter.
        wanted = [name for name in wanted if "@{" not in name]
        said = await _asked(git, worktree, wanted, check=True)
    found = dict(zip(wanted, said.text.splitlines(), strict=True))
    parts = [found.get(name, "").partition(" ") for name in names]
    return [commit if kind == "commit" else None for commit, _, kind in parts]


async def _asked(git: Git, worktree: Path, names: Iterable[str], *, check: bool = False) -> Result:
    asked = "".join(f"{name}^{{commit}}\n" for name in names).encode()
    form = "--batch-check=%(objectname) %(objecttype)"
    return await git.run("cat-file", form, cwd=worktree, stdin=asked, check=check)


async def _empty_tree(git: Git, worktree: Path) -> str:
    return (await git.run("hash-object", "-t", "tree", "--stdin", cwd=worktree)).text


async def _fork(git: Git, worktree: Path, base: str, head: str | None) -> str:
    if head is None:
        return base
    said = await git.run("merge-base", base, head, cwd=worktree, check=False)
    return said.text if said.status == 0 and said.text else base


async def _distance(
    git: Git, worktree: Path, base: str | None, head: str | None
) -> tuple[int | None, int | None]:
    if base is None or head is None:
        return None, None
    said = await git.run("rev-list", "--left-right", "--count", f"{base}...{head}", cwd=worktree, check=False)
    if said.status != 0:
        return None, None
    behind, ahead = said.text.split()
    return int(ahead), int(behind)


async def _no_commit(git: Git, worktree: Path, name: str) -> UsageError:
    said = await git.run(
        "for-each-ref",
        "--format=%(refname:short)",
        "refs/heads",
        "refs/tags",
        "refs/remotes",
        cwd=worktree,
        check=False,
    )
    known = [BASE, HEAD, INDEX, *said.text.splitlines()]
    return UsageError(
        f"there is no commit {name!r}{did_you_mean(name, known)}",
        hint="give base, HEAD, index, a branch, a tag, or enough of a commit's id",
    )
