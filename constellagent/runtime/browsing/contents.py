"""The content of one file at one revision, as text where it is text."""

import asyncio
import base64
import os
from pathlib import Path

from constellagent.runtime.browsing import blobs, pictures
from constellagent.runtime.diffs.asking import INDEX
from constellagent.runtime.files import reading, text
from constellagent.runtime.files.paths import checked
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import LARGEST_TEXT, WORKTREE, ContentView


async def content(git: Git, worktree: Path, path: str, *, revision: str, commit: str) -> ContentView:
    """Return what `path` is at a revision; `commit` is what that stands for, or INDEX or WORKTREE.

    A slash at the end, which git writes after the name of a repository inside another, is left out.

    Raises:
        UsageError: the path is never answered.
        WorldError: it could not be looked at, or git failed.
    """
    plain = path.removesuffix("/")
    checked(plain)
    view = _absent(path, revision, "" if commit in {INDEX, WORKTREE} else commit)
    if commit == WORKTREE:
        found = await asyncio.to_thread(reading.read, worktree, plain)
        if found.kind == "folder":
            return await _repository(git, worktree, plain, view)
        return await asyncio.to_thread(_of_disk, view, found)
    entry = await blobs.entry(git, worktree, commit, plain)
    if entry is None:
        return view
    view["mode"], view["size"] = entry.mode, entry.size
    if entry.mode == blobs.SUBMODULE:
        return _submodule(view, entry.name)
    if entry.size > LARGEST_TEXT:
        view["kind"], view["version"] = "large", reading.version_of(entry.mode, entry.name.encode())
        return view
    data = await blobs.read(git, worktree, entry.name)
    return await asyncio.to_thread(_fill, view, data)


def _absent(path: str, revision: str, commit: str) -> ContentView:
    return ContentView(
        path=path,
        revision=revision,
        commit=commit,
        kind="absent",
        mode="",
        size=0,
        version="",
        text=None,
        encoding="",
        eol="",
        data=None,
        media="",
        editable=False,
    )


def _of_disk(view: ContentView, found: reading.Found) -> ContentView:
    """Describe what is on disk; a socket, a pipe or a device is binary that nobody reads."""
    view["mode"], view["size"], view["version"] = found.mode, found.size, found.version
    if found.content is not None:
        view = _fill(view, found.content)
    elif found.kind != "absent":
        view["kind"] = "large" if found.kind == "large" else "binary"
    view["editable"] = view["kind"] in {"text", "absent"}
    return view


def _fill(view: ContentView, data: bytes) -> ContentView:
    """Add the content of a file or of a symbolic link to what is known of it."""
    view["version"] = reading.version_of(view["mode"], data)
    if view["mode"] == blobs.SYMLINK:
        view["kind"], view["text"] = "symlink", os.fsdecode(data)
        return view
    decoded, media = text.decode(data), pictures.media(data)
    view["media"], view["data"] = media, base64.b64encode(data).decode() if media else None
    if decoded is not None and media in {"", pictures.SVG}:
        view["kind"] = "text"
        view["text"], view["encoding"], view["eol"] = decoded
    else:
        view["kind"] = "image" if media else "binary"
    return view


async def _repository(git: Git, worktree: Path, path: str, view: ContentView) -> ContentView:
    """Describe a folder: a submodule or another repository by its commit, anything else as no file."""
    said = await git.run("rev-parse", "--show-toplevel", "HEAD", cwd=worktree / path, check=False)
    top, _, head = said.text.rpartition("\n")
    # Git says where it really was: a link that took the folder's place meanwhile leads to somewhere else.
    if said.status == 0 and top == f"{await asyncio.to_thread(os.path.realpath, worktree)}/{path}":
        return _submodule(view, head)
    # Git answered for another repository, or this one has no commit yet.
    entry = await blobs.entry(git, worktree, INDEX, path)
    return view if entry is None or entry.mode != blobs.SUBMODULE else _submodule(view, entry.name)


def _submodule(view: ContentView, commit: str) -> ContentView:
    view["kind"], view["mode"], view["text"] = "submodule", blobs.SUBMODULE, commit
    view["version"] = reading.version_of(blobs.SUBMODULE, commit.encode())
    return view
