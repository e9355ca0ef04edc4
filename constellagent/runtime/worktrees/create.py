"""The first part of a creation: the branch, the locked and still empty worktree, `.ravi/` kept out of git.

Registering is quick and is done in one piece, so the long part, the checkout, can be cut short and taken up
again. Everything looks first; what an earlier, cut-short try of ours left is used or cleared, nothing else
is.
"""

import contextlib
import os
from pathlib import Path

from constellagent.agents.start import kind_of
from constellagent.errors import ConflictError, GitError, RefusedError, WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.ports import Step
from constellagent.runtime.worktrees import place, registry, rescue
from constellagent.runtime.worktrees.registry import Registration
from constellagent.runtime.worktrees.site import Site, resolved, short, stands

_IDENTITY = ".ravi"
_TAKEN = ("already checked out at", "already used by worktree", "is already used by")


async def register(site: Site, agent: DesiredAgent, commit: str, *, new_branch: bool) -> None:
    """Create the branch where asked, and the locked, still empty worktree; exclude `.ravi/` from git.

    Raises:
        ConflictError: the branch is checked out elsewhere, or the place is taken.
        RefusedError: `.ravi/` is tracked in the commit.
        GitError: git failed otherwise.
    """
    path = resolved(agent.path)
    await refuse_tracked_identity(site, commit)
    listed = await site.registrations()
    ours = site.ours(agent.name, listed)
    _check_branch_free(agent, listed, ours)
    if ours is None or not stands(ours):
        if new_branch:
            async with site.journal.step(Step.BRANCH_CREATE, agent.name, branch=agent.branch, commit=commit):
                await _create_branch(site, agent.branch, commit)
        await _check_tip(site, agent.branch, commit)
        async with site.journal.step(Step.WORKTREE_ADD, agent.name, path=str(path), branch=agent.branch):
            await _add(site, agent, path, ours)
        await site.settle(agent.name, {Step.WORKTREE_RESCUE, Step.WORKTREE_REMOVE})  # of the one before it
    elif ours.path != path or ours.branch != f"refs/heads/{agent.branch}":
        on = f"on branch {short(ours.branch)}" if ours.branch else "on no branch"
        raise ConflictError(
            f"the unfinished worktree of {agent.name} is at {ours.path} {on}, "
            f"declared {path} on {agent.branch}",
            hint=f"remove it first: constellagent destroy {agent.name}",
        )
    async with site.journal.step(Step.WORKTREE_EXCLUDE, agent.name):
        await exclude(site, agent)


async def refuse_tracked_identity(site: Site, commit: str) -> None:
    """Refuse a commit that holds an identity: every agent would act as whoever committed it.

    Raises:
        RefusedError: `.ravi/`, however its letters are cased, is tracked in `commit`.
    """
    names = (await site.git.run("ls-tree", "-z", "--name-only", "--end-of-options", commit)).fields
    tracked = [name for name in names if name.casefold() == _IDENTITY]
    if tracked:
        raise RefusedError(
            f"{tracked[0]}/ is tracked by git in {commit[:12]}; an identity's keys do not belong there",
            [f"{tracked[0]}/ would be written over"],
            hint=f"git rm -r --cached {tracked[0]}, commit, and revoke the keys that were in it",
        )


def _check_branch_free(agent: DesiredAgent, listed: list[Registration], ours: Registration | None) -> None:
    holder = registry.on_branch(listed, agent.branch)
    if holder is not None and holder != ours:
        raise ConflictError(
            f"branch {agent.branch} is checked out at {holder.path}",
            hint="switch that worktree to another branch, or declare another branch here",
        )


async def _create_branch(site: Site, branch: str, commit: str) -> None:
    ref = f"refs/heads/{branch}"
    found = await site.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", ref, check=False)
    if found.status == 0:
        if found.text == commit:
            return
        raise ConflictError(
            f"branch {branch} exists by now, at {found.text[:12]}",
            hint="apply again; it will be used as it is",
        )
    try:
        await site.git.run("branch", "--no-track", "--", branch, commit)
    except GitError as error:
        if "cannot create" in error.stderr or "not a valid branch name" in error.stderr:
            raise ConflictError(
                f"branch {branch} cannot be created: {error.stderr.strip()}", hint="declare another branch"
            ) from error
        raise


async def _check_tip(site: Site, branch: str, commit: str) -> None:
    tip = (
        await site.git.run("rev-parse", "--verify", "--end-of-options", f"refs/heads/{branch}^{{commit}}")
    ).text
    if tip != commit:
        await refuse_tracked_identity(site, tip)


async def _add(site: Site, agent: DesiredAgent, path: Path, ours: Registration | None) -> None:
    async with registry.exclusively(site.repository):
        if ours is not None:
            await rescue.keep_index(site, agent.name, ours)
            await registry.forget(site.git, ours)
        made = place.make(path)
        reason = site.reason(agent.name)
        try:
            await site.git.run(
                "worktree", "add", "--no-checkout", "--lock", "--reason", reason, str(path), agent.branch
            )
        except GitError as error:
            with contextlib.suppress(OSError):
                path.rmdir()
            if any(words in error.stderr for words in _TAKEN):
                raise ConflictError(
                    f"branch {agent.branch} is in use: {error.stderr.strip()}",
                    hint="switch that worktree to another branch, or declare another branch here",
                ) from error
            raise
        place.check_same(path, made)
    found = site.ours(agent.name, await site.registrations())
    if found is None or not stands(found):
        raise WorldError(f"git added the worktree {path}, but does not list it", hint="apply again")


async def exclude(site: Site, agent: DesiredAgent) -> None:
    """Keep `.ravi/`, and what the agent's program leaves behind, out of git in all its worktrees.

    What the file holds stays.

    Raises:
        WorldError: the file cannot be written.
    """
    async with registry.exclusively(site.repository) as descriptor:
        try:
            size = os.fstat(descriptor).st_size
            content = os.pread(descriptor, size, 0)
            known = {line.strip() for line in content.splitlines()}
            patterns = [f"{_IDENTITY}/".encode(), *(left.encode() for left in kind_of(agent.spec).leaves)]
            missing = [pattern for pattern in patterns if pattern not in known]
            if not missing:
                return
            start = b"" if not content or content.endswith(b"\n") else b"\n"
            os.write(descriptor, start + b"".join(pattern + b"\n" for pattern in missing))
            os.fsync(descriptor)
        except OSError as error:
            file = site.repository.common_dir / "info" / "exclude"
            raise WorldError(f"cannot write {file}: {error.strerror}") from error
