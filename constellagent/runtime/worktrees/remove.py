"""Removing a worktree of ours: only when nothing is lost by it, or after what would be lost was kept.

Git itself takes the files away; nothing here deletes a folder. The branch stays. A removal that died half-way
is taken up again.
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from constellagent.errors import ConflictError, GitError, RefusedError, WorldError
from constellagent.runtime.ports import Removal, Step
from constellagent.runtime.worktrees import losses, place, registry, rescue
from constellagent.runtime.worktrees.registry import Registration
from constellagent.runtime.worktrees.site import Site, resolved, stands


async def losses_of(site: Site, agent: str, path: Path, own_sessions: Sequence[str]) -> list[str]:
    """Return one line for each thing that removing the worktree would lose.

    Raises:
        ConflictError: the worktree is not ours.
    """
    ours = await _ours(site, agent, path)
    if ours is None or not stands(ours):
        return []
    return await losses.find(site, ours, own_sessions, resuming=await _resuming(site, agent))


async def remove(site: Site, agent: str, path: Path, *, force: bool, branch_stays: bool = False) -> Removal:
    """Remove a worktree that we made, and keep its branch; one that is gone already is no error.

    With `branch_stays` it is no loss that nothing but a branch here holds its commits.

    Raises:
        RefusedError: something would be lost and `force` is not given, or it cannot be rescued.
        ConflictError: the worktree is not ours, or another git is at work in it.
        WorldError: it could not be removed completely.
    """
    ours = await _ours(site, agent, path)
    if ours is None:
        await _clear_place(site, agent, path)
        await site.settle(agent)
        return Removal()
    resuming = await _resuming(site, agent)
    if not stands(ours):
        if not _reattach(ours, resuming=resuming):
            return await _forget(site, agent, ours)
        ours, _ = await site.require(agent)
    lost = await losses.find(site, ours, (), resuming=resuming, branch_stays=branch_stays)
    if lost and not force:
        raise RefusedError(
            f"removing {ours.path} would lose work",
            lost,
            hint="commit and push it, or use --force, which rescues it first",
        )
    removal = Removal()
    if lost:
        async with site.journal.step(Step.WORKTREE_RESCUE, agent, path=str(ours.path)):
            removal = await rescue.keep(site, agent, ours, lost)
    async with site.journal.step(Step.WORKTREE_REMOVE, agent, path=str(ours.path)):
        async with registry.exclusively(site.repository):
            try:
                await site.git.run("worktree", "remove", "--force", "--force", str(ours.path))
            except GitError as error:
                hint = (
                    f"see what is in the way, remove it (rm -rf {ours.path}), then remove the worktree again"
                )
                raise GitError(error.command, error.status, error.stderr, hint=hint) from error
        if os.path.lexists(ours.path):
            raise WorldError(
                f"git removed the worktree, but not all of {ours.path}",
                hint="see what is left there (permissions, a mount), and remove it",
            )
    await site.settle(agent)
    return removal


async def drop_branch(site: Site, branch: str, commit: str) -> bool:
    """Remove a branch that holds nothing beyond `commit`, where it began; says whether it is gone.

    A branch that moved on, or that is checked out anywhere, stays as it is.

    Raises:
        GitError: git failed otherwise.
    """
    ref = f"refs/heads/{branch}"
    if registry.on_branch(await site.registrations(), branch) is not None:
        return False
    found = await site.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", ref, check=False)
    if found.status != 0:
        return True
    # Git itself compares, so a commit that is made at this very moment keeps the branch.
    done = await site.git.run("update-ref", "-d", "--end-of-options", ref, commit, check=False)
    return done.status == 0


async def _resuming(site: Site, agent: str) -> bool:
    return Step.WORKTREE_REMOVE in await site.journal.open_steps(agent)


async def _clear_place(site: Site, agent: str, path: Path) -> None:
    """Remove the folder that an addition of ours made and never filled; an empty folder of others stays."""
    if Step.WORKTREE_ADD in await site.journal.open_steps(agent):
        with contextlib.suppress(OSError):  # it is gone, or has something in it by now
            resolved(path).rmdir()


async def _ours(site: Site, agent: str, path: Path) -> Registration | None:
    """Return our registration, None where nothing is left of the worktree.

    Raises:
        ConflictError: what is at `path` is not ours.
    """
    listed = await site.registrations()
    ours = site.ours(agent, listed)
    if ours is not None:
        return ours
    target = resolved(path)
    if any(one.path == target for one in listed):
        raise ConflictError(f"{path} is a worktree that we did not make", hint=f"git worktree remove {path}")
    if taken := place.occupant(target):
        raise ConflictError(
            f"{path} is {taken}, no worktree of ours", hint="see what it is, and move it away"
        )
    return None


def _reattach(ours: Registration, *, resuming: bool) -> bool:
    """Give a worktree its `.git` file back where a removal of ours died after deleting that first.

    Returns:
        Whether there is a folder to go on with.

    Raises:
        ConflictError: something else lies in the worktree's place.
    """
    taken = place.occupant(ours.path)
    if not taken:
        return False
    if not resuming or ours.admin is None or os.path.lexists(ours.path / ".git"):
        raise ConflictError(
            f"{ours.path} is taken by {taken}, but git has a worktree there",
            hint="move that away; git worktree repair helps where the worktree was moved",
        )
    descriptor = os.open(
        ours.path / ".git", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644
    )
    with os.fdopen(descriptor, "wb") as link:
        link.write(b"gitdir: " + os.fsencode(ours.admin) + b"\n")
    return True


async def _forget(site: Site, agent: str, ours: Registration) -> Removal:
    """Remove what git still knows of a worktree whose folder is gone."""
    step = site.journal.step(Step.WORKTREE_REMOVE, agent, path=str(ours.path))
    async with step, registry.exclusively(site.repository):
        kept = await rescue.keep_index(site, agent, ours)
        await registry.forget(site.git, ours)
    await site.settle(agent)
    return kept
