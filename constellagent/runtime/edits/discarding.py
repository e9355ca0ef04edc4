"""Throwing away what is not staged: with a rescue first, and never over what somebody writes meanwhile."""

import asyncio
import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConflictError, ConstellagentError, RefusedError, UsageError, WorldError
from constellagent.failpoints import around
from constellagent.runtime.clock import Clock
from constellagent.runtime.edits import hunks, staging, state, trash
from constellagent.runtime.edits.choosing import Choice, counted
from constellagent.runtime.edits.state import State
from constellagent.runtime.edits.trash import Kept
from constellagent.runtime.files.writing import remove, save
from constellagent.runtime.git import Git
from constellagent.runtime.points import Point
from constellagent.runtime.review_views import DoneView
from constellagent.runtime.worktrees import leftovers


class Discarded(NamedTuple):
    """What was thrown away, and how many changes it was."""

    view: DoneView
    changes: int


@around(Point.WORK_DISCARD)
async def discard(git: Git, clock: Clock, folder: Path, agent: str, choice: Choice) -> Discarded:
    """Make files as the index has them, and remove untracked ones. What is staged stays.

    Each file is taken away only if it is still what was kept, and comes back only where nothing is.

    Raises:
        UsageError: nothing is changed at a path.
        ConflictError: a file is in conflict, or somebody wrote to one meanwhile, which then stays.
        RefusedError: something is changed that no rescue can hold.
        GitError: git failed.
    """
    now = await state.look(git, folder)
    staging.refuse_conflicts(choice.among(now.unmerged), "discarding")
    changed, untracked = choice.among(now.changed), choice.among(now.untracked)
    choice.require([*changed, *untracked], "to discard")
    _refuse_repositories(now, changed, untracked, choice)
    changed = [path for path in changed if path not in now.submodules]
    untracked = [path for path in untracked if not path.endswith("/")]
    if not changed and not untracked:
        return Discarded(DoneView(done=["nothing to discard"], rescue=""), 0)
    lost = [path for path in changed if now.changed[path] != "D"] + untracked
    kept = await trash.keep(git, clock, folder, agent, lost) if lost else None
    stayed = await _take_away(folder, kept) if kept else []
    gone = [path for path in changed if path not in stayed]
    intended = [path for path in gone if now.changed[path] == "A"]
    back = [path for path in gone if now.changed[path] != "A"]
    with _halfway(kept):
        stayed += await _bring_back(git, folder, back)
        if intended:
            await staging.forget(git, folder, intended)
    if stayed:
        raise ConflictError(
            f"{counted(stayed)} changed meanwhile, or cannot be replaced, and was not discarded",
            hint=f"what was discarded comes back with: {kept.recover}"
            if kept
            else "look at the changes again",
        )
    done = [f"discarded the changes of {counted(changed)}"] if changed else []
    done += [f"removed {counted(untracked)}, which git did not know"] if untracked else []
    return Discarded(answer(done, kept), len(changed) + len(untracked))


def answer(done: Sequence[str], kept: Kept | None) -> DoneView:
    """Return what was done, with the way back."""
    if kept is None:
        return DoneView(done=[*done], rescue="")
    return DoneView(done=[*done, f"kept in {kept.ref}", f"get it back with: {kept.recover}"], rescue=kept.ref)


async def discard_hunks(
    git: Git, clock: Clock, folder: Path, agent: str, path: str, ids: Sequence[str]
) -> Discarded:
    """Take hunks out of a file of the worktree; they are of index to worktree.

    Raises:
        ConflictError: a hunk is not there any more, or somebody wrote to the file meanwhile.
        GitError: git failed.
    """
    patch = await hunks.read(git, folder, path, staged=False)
    picked = patch.chosen(ids)
    if patch.whole:
        return await discard(git, clock, folder, agent, Choice.of([path]))
    version, content = await hunks.without(git, folder, patch, picked)
    kept = await trash.keep(git, clock, folder, agent, [path])
    await asyncio.to_thread(save, folder, path, content, version)
    done = [f"discarded {len(picked)} of {len(patch.hunks)} hunks of {path}"]
    return Discarded(answer(done, kept), len(picked))


def _refuse_repositories(
    now: State, changed: Sequence[str], untracked: Sequence[str], choice: Choice
) -> None:
    """Refuse what is a repository of its own where it was named; where all was meant it is left out."""
    own = [path for path in changed if path in now.submodules] + [
        one for one in untracked if one.endswith("/")
    ]
    if own and choice.paths is not None:
        raise RefusedError(
            "a repository of its own is not discarded",
            [f"with its own commits and changes: {path}" for path in own],
            hint="tidy it up in the agent's terminal",
        )


@contextlib.contextmanager
def _halfway(kept: Kept | None) -> Iterator[None]:
    """Say how files come back that are taken away already, where the rest of a discard fails."""
    try:
        yield
    except ConstellagentError as error:
        back = f"what was taken away comes back with: {kept.recover}" if kept else "look at the changes again"
        raise ConflictError(f"a discard stopped halfway: {error.message}", hint=back) from error


async def _take_away(folder: Path, kept: Kept) -> list[str]:
    """Remove what was kept; returns what is not any more what was kept, or cannot be removed."""
    stayed = []
    for path, found in kept.found.items():
        try:
            await asyncio.to_thread(remove, folder, path, found.version, largest=leftovers.LIMIT)
        except (ConflictError, UsageError, WorldError):
            stayed.append(path)
    return stayed


async def _bring_back(git: Git, folder: Path, paths: Sequence[str]) -> list[str]:
    """Write files of the index to where nothing is; returns those that somebody else wrote first."""
    if not paths:
        return []
    data = b"".join(os.fsencode(path) + b"\0" for path in paths)
    try:
        await git.run("checkout-index", "-q", "-u", "-z", "--stdin", cwd=folder, stdin=data, check=False)
    except ConflictError:  # another git holds the index; reading it, which is enough, needs no lock
        await git.run("checkout-index", "-q", "-z", "--stdin", cwd=folder, stdin=data, check=False)
    after = await state.look(git, folder)
    return [path for path in paths if path in after.changed]
