"""What a worktree is compared with: its base, its own last commit, or a commit that a person named.

Against the base means against the point where the branch left it (the merge base of the two): what others
have committed to the base since is not the agent's work. Where the two have no common commit, it is the base
itself. `HEAD` and a named commit are compared with directly.
"""

from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError, UsageError, WorldError
from constellagent.plan.observed import Absent, Look, There
from constellagent.runtime.git import Git
from constellagent.spec.suggest import did_you_mean

BASE = "base"
HEAD = "HEAD"


@dataclass(frozen=True, slots=True)
class Side:
    """What a worktree is compared with.

    Attributes:
        commit: the commit, or the empty tree where the branch has no commit yet.
        ahead: commits that the branch has and the base has not; None where that is unknown.
        behind: commits that the base has and the branch has not.
    """

    commit: str
    ahead: int | None = None
    behind: int | None = None


async def resolve(git: Git, worktree: Path, base: Look[str], declared: str, against: str) -> Side:
    """Find the commit that `against` stands for; `declared` is the base's word in the file.

    Raises:
        UsageError: there is no such commit.
        ConflictError: the declared base names no commit.
        WorldError: the base could not be looked at, or git failed.
    """
    head = await _commit(git, worktree, HEAD)
    known = base.value if isinstance(base, There) else None
    ahead, behind = await _distance(git, worktree, known, head)
    if against == HEAD:
        return Side(head or await _empty_tree(git, worktree), ahead, behind)
    if against != BASE:
        named = await _commit(git, worktree, against)
        if named is None:
            raise await _no_commit(git, worktree, against)
        return Side(named, ahead, behind)
    if isinstance(base, Absent):
        raise ConflictError(
            f"the base {declared!r} names no commit",
            hint="correct `base` in the file, or compare with HEAD or a commit",
        )
    if known is None:
        assert not isinstance(base, There)
        raise WorldError(f"the base {declared!r} could not be looked at: {base.reason}")
    return Side(await _fork(git, worktree, known, head), ahead, behind)


async def _commit(git: Git, worktree: Path, name: str) -> str | None:
    """Return the commit that a name means. It is asked for on stdin: no name can become an option."""
    if not name.isprintable() or not name.strip():
        return None
    asked = f"{name}^{{commit}}\n".encode()
    said = await git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", cwd=worktree, stdin=asked)
    commit, _, kind = said.text.partition(" ")
    return commit if kind == "commit" else None


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
    known = [BASE, HEAD, *said.text.splitlines()]
    return UsageError(
        f"there is no commit {name!r}{did_you_mean(name, known)}",
        hint="give base, HEAD, a branch, a tag, or enough of a commit's id",
    )
