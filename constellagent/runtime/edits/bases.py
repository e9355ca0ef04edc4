"""The local branch that an agent's work is merged into, and the worktree where it is checked out.

The declared base may be a remote's branch (`auto` often is). What is merged into is then the local branch
that tracks it: nothing is ever written into a remote's branch from here.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.ravi.private_files import read_private
from constellagent.runtime.edits import state
from constellagent.runtime.git import Git
from constellagent.runtime.repository import candidate_names

_FORMAT = "%(refname)%00%(objectname)%00%(upstream)%00%(worktreepath)%00"
_HEADS = "refs/heads/"
_REMOTES = "refs/remotes/"
_REBASED = ("rebase-merge/head-name", "rebase-apply/head-name")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a merge goes.

    Attributes:
        name: the short name of the base: of the local branch where there is one, else as it was declared.
        ref: the full name of the local branch, empty where there is none.
        commit: its commit, or that of the base where there is no branch; empty where it names none.
        at: the worktree where the branch is checked out, empty for nowhere.
        why_not: why nothing can be merged into it, in words; empty where it can.
    """

    name: str
    ref: str = ""
    commit: str = ""
    at: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class _Branch:
    ref: str
    commit: str
    upstream: str
    at: str

    @property
    def short(self) -> str:
        return self.ref.removeprefix(_HEADS)


async def common_folder(git: Git, folder: Path) -> Path:
    """Return the folder of git that all worktrees share.

    Raises:
        GitError: git failed.
    """
    said = await git.run("rev-parse", "--path-format=absolute", "--git-common-dir", cwd=folder)
    return Path(os.path.realpath(said.text))


async def find(git: Git, folder: Path, declared: str) -> Target:
    """Find the branch that the declared base means.

    Raises:
        GitError: git failed.
    """
    common = await common_folder(git, folder)
    found = await _named(git, common, declared)
    if found is None:
        return Target(declared, why_not=f"the base {declared!r} names no commit")
    full, commit = found
    said = await git.run("for-each-ref", f"--format={_FORMAT}", "refs/heads", cwd=folder)
    branches = _branches(os.fsdecode(said.stdout))
    if full.startswith(_HEADS):
        one = next((branch for branch in branches if branch.ref == full), None)
        return _target(one) if one else Target(declared, why_not=f"the branch {declared} has no commit yet")
    if full.startswith(_REMOTES):
        return _tracking(full, commit, branches)
    return Target(
        declared,
        commit=commit,
        why_not=f"the base {declared} is no branch; declare a branch as `base` to merge into it",
    )


async def _named(git: Git, common: Path, declared: str) -> tuple[str, str] | None:
    """Return the full name of what a base means (empty for a bare commit) and its commit."""
    here = {"GIT_DIR": str(common)}
    for name in await candidate_names(git, declared, cwd=common):
        asked = f"{name}^{{commit}}\n".encode(errors="surrogateescape")
        said = await git.run(
            "cat-file", "--batch-check=%(objectname) %(objecttype)", cwd=common, env=here, stdin=asked
        )
        commit, _, kind = said.text.partition(" ")
        if kind == "commit":
            full = await git.run(
                "rev-parse", "-q", "--verify", "--symbolic-full-name", name, cwd=common, env=here, check=False
            )
            return full.text, commit
    return None


async def checked_out(git: Git, folder: Path, ref: str) -> Path | None:
    """Return the worktree where a branch is checked out, None for nowhere.

    Raises:
        GitError: git failed.
    """
    said = await git.run("for-each-ref", "--format=%(worktreepath)", ref, cwd=folder)
    return Path(said.text) if said.text else None


def _branches(said: str) -> list[_Branch]:
    return [
        _Branch(*row.lstrip("\n").split("\0"))
        for row in said.split("\0\n")
        if row.strip("\n").count("\0") == 3
    ]


def _target(branch: _Branch) -> Target:
    return Target(branch.short, branch.ref, branch.commit, branch.at)


def _tracking(full: str, commit: str, branches: Sequence[_Branch]) -> Target:
    short = full.removeprefix(_REMOTES)
    own = short.partition("/")[2]
    tracking = [branch for branch in branches if branch.upstream == full]
    same = [branch for branch in tracking if branch.short == own] or tracking
    if len(same) == 1:
        return _target(same[0])
    if same:
        names = ", ".join(branch.short for branch in same)
        why = f"several branches track the base {short} ({names}): declare one of them as `base`"
    else:
        why = (
            f"the base {short} is a remote's branch, and no local branch tracks it: "
            f"`git branch --track {own} {short}` makes one"
        )
    return Target(short, commit=commit, why_not=why)


async def standing_in_the_way(git: Git, target: Target, common: Path, added: Sequence[str]) -> list[str]:
    """Return what keeps the base's branch from moving, one line each; empty where nothing does.

    `added` are the files that it would get.

    Raises:
        GitError: git failed.
    """
    if rebased := await asyncio.to_thread(_being_rebased, common, target.ref):
        return [f"a rebase of {target.name} is going on ({rebased})"]
    if not target.at:
        return []
    at = Path(target.at)
    if not await asyncio.to_thread(at.is_dir):
        return [f"{target.name} is checked out in {at}, which is gone (git worktree prune forgets it)"]
    going_on, now = await state.operation(git, at), await state.look(git, at)
    found = [f"in progress in {at}: {going_on}"] if going_on else []
    found += [f"conflict: {path}" for path in now.unmerged]
    found += [f"changed: {path}" for path in sorted({*now.changed, *now.staged})]
    there = await asyncio.to_thread(lambda: [path for path in added if os.path.lexists(at / path)])
    known = {*now.changed, *now.staged}
    return found + [f"would be overwritten: {path}" for path in there if path not in known]


def _being_rebased(common: Path, ref: str) -> str:
    homes = [common, *sorted((common / "worktrees").glob("*"))]
    for home in homes:
        for name in _REBASED:
            place = home / name
            try:
                found = read_private(place.parent, place.name)
            except ConstellagentError:
                continue  # git did not make it, and an agent may have put a pipe there
            if found is not None and found.strip() == os.fsencode(ref):
                return str(home)
    return ""
