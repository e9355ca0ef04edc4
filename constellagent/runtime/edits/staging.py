"""Staging and unstaging whole files, exactly those that are meant.

Git is told each path by name on its standard input, so no character of a path is a pattern, and nothing that
appears meanwhile is swept along.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from constellagent.errors import ConflictError
from constellagent.failpoints import around
from constellagent.runtime.edits import state
from constellagent.runtime.edits.choosing import Choice, counted
from constellagent.runtime.git import Git
from constellagent.runtime.points import Point


@around(Point.WORK_STAGE)
async def stage(git: Git, folder: Path, choice: Choice) -> list[str]:
    """Bring changed, deleted and untracked files into the index; returns what was done, in words.

    A file in conflict counts as resolved then, so it is staged only where its path was given.

    Raises:
        UsageError: nothing is changed at a path.
        ConflictError: files are in conflict and all were meant, or a repository within was named.
        GitError: git failed.
    """
    now = await state.look(git, folder)
    if choice.paths is None and now.unmerged:
        raise ConflictError(
            f"{counted(now.unmerged)} in conflict: staging everything would call that resolved",
            hint="resolve the conflicts, and stage those files by their paths",
        )
    changed = choice.among([*now.changed, *now.untracked, *now.unmerged])
    choice.require([*changed, *choice.among(now.staged)], "to stage")
    within = [path for path in changed if path.endswith("/")]
    if within and choice.paths is not None:
        raise ConflictError(
            f"{within[0]} is a repository of its own", hint="add it with `git submodule add`, or ignore it"
        )
    wanted = [path for path in changed if not path.endswith("/")]
    if wanted:
        await _update(git, folder, ["--add", "--remove", "--replace"], wanted)
    done = [f"staged {counted(wanted)}" if wanted else "nothing to stage"]
    return done + [f"left out {path}, a repository of its own" for path in within]


@around(Point.WORK_UNSTAGE)
async def unstage(git: Git, folder: Path, choice: Choice) -> list[str]:
    """Make the index hold again what HEAD has; files stay as they are. Returns what was done, in words.

    Raises:
        UsageError: nothing is staged at a path.
        ConflictError: a file that is meant is in conflict.
        GitError: git failed.
    """
    now = await state.look(git, folder)
    refuse_conflicts(choice.among(now.unmerged), "unstaging")
    wanted = choice.among(now.staged)
    choice.require(wanted, "staged")
    if not wanted:
        return ["nothing is staged"]
    if not now.head:
        await _update(git, folder, ["--force-remove"], wanted)
        return [f"unstaged {counted(wanted)}"]
    said = await git.run("diff-index", "--cached", "--raw", "-z", "--no-renames", now.head, cwd=folder)
    lines = []
    chosen = set(wanted)
    for meta, path in zip(said.fields[::2], said.fields[1::2], strict=True):
        mode, _, blob, *_ = meta.removeprefix(":").split(" ")
        if path in chosen:
            lines.append(f"{mode if mode.strip('0') else '0'} {blob}\t{path}\0")
    await git.run(
        "update-index", "-z", "--replace", "--index-info", cwd=folder, stdin=os.fsencode("".join(lines))
    )
    return [f"unstaged {counted(wanted)}"]


def refuse_conflicts(paths: Sequence[str], what: str) -> None:
    """Refuse to touch files in conflict: both sides of it are only in the index.

    Raises:
        ConflictError: there are such files.
    """
    if paths:
        raise ConflictError(
            f"{counted(paths)} in conflict: {what} would lose both sides of it",
            hint="resolve the conflict and stage the file, or abort the operation in the agent's terminal",
        )


async def forget(git: Git, folder: Path, paths: Sequence[str]) -> None:
    """Take paths out of the index.

    Raises:
        GitError: git failed.
    """
    await _update(git, folder, ["--force-remove"], paths)


async def _update(git: Git, folder: Path, how: Sequence[str], paths: Sequence[str]) -> None:
    data = b"".join(os.fsencode(path) + b"\0" for path in paths)
    await git.run("update-index", *how, "-z", "--stdin", cwd=folder, stdin=data)
