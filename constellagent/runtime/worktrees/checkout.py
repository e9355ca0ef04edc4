"""The long part of a creation: the files.

A checkout that was cut short is taken up again, and only a checkout that never ended: once the marker says
that the branch was checked out, nothing is written over. Before it is taken up, every file that is there is
compared, so a byte that a person put into a half-made worktree stops us.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from constellagent.errors import ConflictError, GitError, RefusedError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime import occupants, repository
from constellagent.runtime.ports import Step
from constellagent.runtime.tasks import to_its_end
from constellagent.runtime.worktrees import include, marker
from constellagent.runtime.worktrees.marker import Marker
from constellagent.runtime.worktrees.site import Site

_NOT_CONTENT = frozenset({".git", ".ravi"})
_LOCK_WAIT = 60.0
_LOCK_POLL = 0.1


async def fill(site: Site, agent: DesiredAgent, slots: asyncio.Semaphore) -> None:
    """Check the branch out and copy the included ignored files; never overwrites a file.

    Raises:
        ConflictError: the worktree is not there, or content cannot be made right (a filter is missing).
        RefusedError: a person changed the half-made worktree.
        GitError: git failed.
        WorldError: the disk is full, or a file cannot be copied.
    """
    found, admin = await site.require(agent.name)
    known = found.marker or Marker(site.constellation, agent.name)
    if known.complete:
        return
    if not known.filled:
        async with slots, site.journal.step(Step.WORKTREE_CHECKOUT, agent.name, path=str(found.path)):
            try:
                await _check_out(site, found.path, admin)
            except OSError as error:
                raise WorldError(f"cannot fill {found.path}: {error.strerror}") from error
            known = replace(known, filled=True)
            await to_its_end(partial(marker.write, admin, known))
    async with site.journal.step(Step.WORKTREE_INCLUDE, agent.name):
        copied = await include.copy(site, agent.spec.include, found.path)
        if not known.included.items() >= copied.items():
            known = replace(known, included={**known.included, **copied})
            await to_its_end(partial(marker.write, admin, known))
    await _check_excluded(site, found.path)


async def _check_out(site: Site, path: Path, admin: Path) -> None:
    await _check_filters(site, path)
    await _clear_own_lock(admin)
    if await asyncio.to_thread(_has_content, path):
        await _refuse_changed(site, path, admin)
    try:
        done = await site.git.run("checkout", "--quiet", "--force", cwd=path)
    except GitError as error:
        if "filter" in error.stderr:
            raise GitError(
                error.command, error.status, error.stderr, hint=_filter_hint(error.stderr)
            ) from error
        raise
    if "external filter" in done.stderr:
        raise GitError(("checkout",), done.status, done.stderr, hint=_filter_hint(done.stderr))
    missing = await site.git.run(
        "diff-files", "-z", "--name-only", "--diff-filter=D", "--ignore-submodules=all", cwd=path
    )
    if missing.fields:
        raise WorldError(f"git checked out {path} without {missing.fields[0]}", hint="apply again", delay=1)


def _has_content(path: Path) -> bool:
    return not _NOT_CONTENT.issuperset(os.listdir(path))  # noqa: PTH208 - only names are wanted


async def _check_filters(site: Site, path: Path) -> None:
    """Refuse to write LFS pointers where content is meant, which git itself does without a word."""
    head = (await site.git.run("rev-parse", "--verify", "HEAD^{commit}", cwd=path)).text
    found = await repository.traits(site.repository, site.git, head)
    if "lfs" in found.filters - found.configured:
        raise ConflictError(
            "the repository keeps files with git-lfs, which git does not know here", hint=_filter_hint("lfs")
        )


def _filter_hint(said: str) -> str:
    if "lfs" in said:
        return (
            "install git-lfs and run `git lfs install` (with --skip-smudge for pointers instead of content)"
        )
    return "install the filter's program where PATH finds it, then apply again"


async def _clear_own_lock(admin: Path) -> None:
    """Clear the lock of a checkout of ours that was killed; one that still runs is waited for.

    Raises:
        ConflictError: a process still holds it after a minute.
    """
    lock = admin / "index.lock"
    waited = 0.0
    while lock.exists() and (holders := await occupants.holding(lock)):
        if waited >= _LOCK_WAIT:
            raise ConflictError(
                f"{lock} is held by pid {holders[0]}", hint="wait until it is done, then apply again"
            )
        await asyncio.sleep(_LOCK_POLL)
        waited += _LOCK_POLL
    with contextlib.suppress(FileNotFoundError):
        lock.unlink()


async def _refuse_changed(site: Site, path: Path, admin: Path) -> None:
    """Refuse to go on where a file is neither as checked out nor the beginning of it."""
    changed = await changed_early(site, path, admin)
    if changed:
        raise RefusedError(
            f"{path} was changed before its first checkout was done",
            changed,
            hint="move these changes away or commit them there, then apply again",
        )


async def changed_early(site: Site, path: Path, admin: Path) -> list[str]:
    """Return what a person changed in a worktree whose first checkout never ended, one line each.

    Raises:
        GitError: git failed.
    """
    staged: list[str] = []
    if (admin / "index").exists():
        staged = (await site.git.run("diff-index", "--cached", "-z", "--name-only", "HEAD", cwd=path)).fields
    else:
        await site.git.run("read-tree", "HEAD", cwd=path)
    await site.git.run("update-index", "-q", "--refresh", cwd=path, check=False)  # status 1 says: some differ
    differ = await site.git.run(
        "diff-files", "-z", "--name-only", "--diff-filter=MT", "--ignore-submodules=all", cwd=path
    )
    changed = await _not_cut_short(site, path, admin, differ.fields)
    return [*(f"changed: {name}" for name in changed), *(f"staged: {name}" for name in staged)]


async def _not_cut_short(site: Site, path: Path, admin: Path, names: Sequence[str]) -> list[str]:
    """Return those files that are not the beginning of what the checkout would write, filters and all."""
    if not names:
        return []
    with tempfile.TemporaryDirectory(prefix="constellagent-whole-", dir=admin) as scratch:
        query = b"".join(os.fsencode(name) + b"\0" for name in names)
        await site.git.run(
            "checkout-index",
            "-q",
            "-f",
            f"--prefix={scratch}/",
            "-z",
            "--stdin",
            cwd=path,
            stdin=query,
            check=False,
        )
        return await asyncio.to_thread(
            lambda: [name for name in names if not _begins(Path(scratch, name), path / name)]
        )


def _begins(whole: Path, part: Path) -> bool:
    if part.is_symlink() or not part.is_file() or whole.is_symlink() or not whole.is_file():
        return False
    with whole.open("rb") as expected, part.open("rb") as found:
        while piece := found.read(1 << 20):
            if expected.read(len(piece)) != piece:
                return False
    return True


async def _check_excluded(site: Site, path: Path) -> None:
    said = await site.git.run("check-ignore", "-q", "--no-index", ".ravi/config.json", cwd=path, check=False)
    if said.status == 1:
        raise ConflictError(
            f"git would commit {path / '.ravi'}: a .gitignore of the repository takes it back in",
            hint="remove the line that begins with ! and matches .ravi from .gitignore",
        )
