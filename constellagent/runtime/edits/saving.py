"""Saving a text and removing a file, each only if the file is still what the reviewer saw."""

import asyncio
from pathlib import Path

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.clock import Clock
from constellagent.runtime.edits import discarding, trash
from constellagent.runtime.files import reading, text, writing
from constellagent.runtime.files.writing import ChangedError
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import LARGEST_TEXT, DoneView, SavedView


async def save(
    folder: Path, path: str, content: str, version: str, *, encoding: str | None, eol: str | None
) -> SavedView:
    """Write a text; encoding and line ends are those of the file where they are not given.

    Raises:
        UsageError: the path is never written, or the text cannot be in that encoding or is too long.
        ChangedError: the file is not `version` any more.
        WorldError: it could not be written.
    """
    if encoding is None or eol is None:
        now = await asyncio.to_thread(reading.read, folder, path)
        as_it_is = text.decode(now.content) if now.kind == "file" and now.content is not None else None
        encoding = encoding or (as_it_is.encoding if as_it_is else "utf-8")
        eol = eol if eol is not None else (as_it_is.eol if as_it_is else "lf")
    data = text.encode(content, encoding, eol)
    if len(data) > LARGEST_TEXT:
        raise UsageError(f"{path} would have {len(data)} bytes; {LARGEST_TEXT} can be edited here")
    found = await asyncio.to_thread(writing.save, folder, path, data, version)
    return SavedView(path=path, version=found.version, size=found.size)


async def remove(git: Git, clock: Clock, folder: Path, agent: str, path: str, version: str) -> DoneView:
    """Remove a file or link, kept in a rescue first.

    Raises:
        UsageError: the path is never written, or is no file.
        ChangedError: the file is not `version` any more.
        ConflictError: it is in conflict, or is written to.
    """
    found = await asyncio.to_thread(reading.read, folder, path)
    if found.kind in {"folder", "other"}:
        raise UsageError(f"{path} is no file and no link")
    if found.kind == "absent" or found.version != version:
        raise ChangedError(path, found)
    try:
        kept = await trash.keep(git, clock, folder, agent, [path])
    except ConflictError as error:
        raise ChangedError(path, await asyncio.to_thread(reading.read, folder, path)) from error
    await asyncio.to_thread(writing.remove, folder, path, version)
    return discarding.answer([f"removed {path}"], kept)
