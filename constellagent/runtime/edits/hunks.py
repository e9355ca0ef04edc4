"""The hunks of one file, between index and worktree or between HEAD and index, and acting on some of them.

A hunk is named by what it is. Whoever acts on hunks has them read again, and nothing is done if one of them
is not there any more, or if the content that they were read from is not what is about to change.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError
from constellagent.runtime.diffs import asking
from constellagent.runtime.edits.patching import Hunk, apply, parse
from constellagent.runtime.files.paths import checked
from constellagent.runtime.files.reading import read as read_file
from constellagent.runtime.files.reading import version_of
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import HunkView

_BLOBS = re.compile(rb"^index ([0-9a-f]+)\.\.([0-9a-f]+)(?: ([0-7]{6}))?$", re.MULTILINE)
_OLD_MODE = re.compile(rb"^old mode ([0-7]{6})$", re.MULTILINE)
_NEW_MODE = re.compile(rb"^new mode ([0-7]{6})$", re.MULTILINE)
_WHOLE = re.compile(rb"^(?:new|deleted) file mode ", re.MULTILINE)
_MOVED = "look at the hunks again, then choose"


@dataclass(frozen=True, slots=True)
class Patch:
    """What differs in one file.

    Attributes:
        path: the file.
        old: the blob of the old side.
        new: the blob of the new side, as git would store it.
        old_mode: git's mode of the old side.
        new_mode: that of the new side.
        whole: the file is new or deleted, so its one hunk is all of it.
        hunks: none where it is binary, no file, or in conflict.
    """

    path: str
    old: str = ""
    new: str = ""
    old_mode: str = ""
    new_mode: str = ""
    whole: bool = False
    hunks: tuple[Hunk, ...] = ()

    def views(self) -> list[HunkView]:
        """Return the hunks for a face."""
        return [
            HunkView(
                id=hunk.id(self.path),
                start=hunk.start,
                count=len(hunk.old),
                new_start=hunk.new_start,
                new_count=len(hunk.new),
                lines=hunk.lines(),
            )
            for hunk in self.hunks
        ]

    def chosen(self, ids: Sequence[str]) -> list[Hunk]:
        """Return the hunks with these ids.

        Raises:
            ConflictError: one is not there any more.
        """
        known = {hunk.id(self.path): hunk for hunk in self.hunks}
        gone = [one for one in ids if one not in known]
        if gone or not ids:
            raise ConflictError(
                f"{self.path} has changed: {len(gone)} of {len(ids)} chosen hunks are not there any more",
                hint=_MOVED,
            )
        return [known[one] for one in dict.fromkeys(ids)]


async def read(git: Git, folder: Path, path: str, *, staged: bool) -> Patch:
    """Read the hunks of a file: of HEAD to index where `staged`, else of index to worktree.

    Raises:
        UsageError: the path is never answered.
        GitError: git failed.
    """
    checked(path)
    said = await git.run(
        "diff",
        "-U0",
        "--full-index",
        "--no-renames",
        *asking.options(ignore_space=False),
        *(["--cached"] if staged else []),
        "--",
        asking.literal(path),
        cwd=folder,
        env=asking.ENVIRONMENT,
    )
    return _patch(path, said.stdout)


def _patch(path: str, said: bytes) -> Patch:
    head, _, _ = said.partition(b"\n@@ ")
    blobs = _BLOBS.search(head)
    one = said.startswith(b"diff --git ") and b"\ndiff --git " not in said
    if blobs is None or not one:
        return Patch(path)
    both = (blobs[3] or b"").decode()
    old_mode, new_mode = _OLD_MODE.search(head), _NEW_MODE.search(head)
    old = old_mode[1].decode() if old_mode else both
    new = new_mode[1].decode() if new_mode else both
    whole = _WHOLE.search(head) is not None
    if not whole and not (old.startswith("100") and new.startswith("100")):
        return Patch(path)
    return Patch(path, blobs[1].decode(), blobs[2].decode(), old, new, whole, tuple(parse(said)))


async def stage(git: Git, folder: Path, patch: Patch, hunks: Sequence[Hunk]) -> None:
    """Bring hunks of index to worktree into the index.

    Raises:
        ConflictError: the index holds something else by now.
        GitError: git failed.
    """
    await _check_index(git, folder, patch.path, patch.old)
    await _write_index(
        git, folder, patch.path, patch.old_mode, apply(await _blob(git, folder, patch.old), hunks)
    )


async def unstage(git: Git, folder: Path, patch: Patch, hunks: Sequence[Hunk]) -> None:
    """Take hunks of HEAD to index out of the index.

    Raises:
        ConflictError: the index holds something else by now.
        GitError: git failed.
    """
    await _check_index(git, folder, patch.path, patch.new)
    content = apply(await _blob(git, folder, patch.new), [hunk.turned() for hunk in hunks])
    await _write_index(git, folder, patch.path, patch.new_mode, content)


async def without(git: Git, folder: Path, patch: Patch, hunks: Sequence[Hunk]) -> tuple[str, bytes]:
    """Return the file of the worktree without some hunks of index to worktree, and the version that it is of.

    Where a filter or line ends change the content on its way into git, the hunks are of git's side, and the
    file comes back through the filter.

    Raises:
        ConflictError: the file is something else by now.
        WorldError: it cannot be read.
        GitError: git failed.
    """
    found = await asyncio.to_thread(read_file, folder, patch.path)
    raw = found.content
    if found.kind != "file" or raw is None:
        raise ConflictError(f"{patch.path} is no file that can be changed here any more", hint=_MOVED)
    path = f"--path={patch.path}"
    turned = [hunk.turned() for hunk in hunks]
    if (await git.run("hash-object", "--stdin", "--no-filters", cwd=folder, stdin=raw)).text == patch.new:
        return version_of(found.mode, raw), apply(raw, turned)
    cleaned = (await git.run("hash-object", "-w", path, "--stdin", cwd=folder, stdin=raw)).text
    if cleaned != patch.new:
        raise ConflictError(f"{patch.path} has changed since its hunks were read", hint=_MOVED)
    blob = await _stored(git, folder, apply(await _blob(git, folder, cleaned), turned))
    smudged = await git.run("cat-file", "--filters", path, blob, cwd=folder)
    return version_of(found.mode, raw), smudged.stdout


async def _check_index(git: Git, folder: Path, path: str, blob: str) -> None:
    entries = (await git.run("ls-files", "-s", "-z", "--", asking.literal(path), cwd=folder)).fields
    if not any(entry.endswith(f"\t{path}") and entry.split(" ", 2)[1] == blob for entry in entries):
        raise ConflictError(f"what is staged of {path} has changed since its hunks were read", hint=_MOVED)


async def _blob(git: Git, folder: Path, blob: str) -> bytes:
    return (await git.run("cat-file", "blob", blob, cwd=folder)).stdout


async def _stored(git: Git, folder: Path, content: bytes) -> str:
    return (await git.run("hash-object", "-w", "--stdin", cwd=folder, stdin=content)).text


async def _write_index(git: Git, folder: Path, path: str, mode: str, content: bytes) -> None:
    line = os.fsencode(f"{mode} {await _stored(git, folder, content)}\t{path}\0")
    await git.run("update-index", "-z", "--index-info", cwd=folder, stdin=line)
