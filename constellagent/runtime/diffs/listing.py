"""Which files differ between two revisions, and by how many lines.

In a worktree tracked files count whether their changes are staged or not, and so do untracked files that are
not ignored: what an agent wrote is its work before it adds it. No file is written, the index neither.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from constellagent.errors import UsageError, WorldError
from constellagent.runtime.diff_views import FileChange, FileStatus
from constellagent.runtime.diffs import asking, untracked
from constellagent.runtime.files.reading import read
from constellagent.runtime.git import Git, Result
from constellagent.runtime.review_views import WORKTREE

MOST_FILES = 10_000
"""More files than anybody reviews; the page and the terminal still show so many without a pause."""
MOST_NAMES = 1 << 20
"""Characters of all names together, so that a list fits into one message."""

_MOST_HASHED = 100
"""Binary files that are read to see whether they were only touched; any further ones are shown."""
_LARGEST_HASHED = 32 << 20
"""Bytes of such a file; a larger one is shown."""
_HASHED_AT_ONCE = 4

_STATUSES: Mapping[str, FileStatus] = {
    "A": "added",
    "M": "modified",
    "D": "deleted",
    "R": "renamed",
    "C": "copied",
    "T": "type",
    "U": "unmerged",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """The files that differ.

    Attributes:
        files: by path, the first ten thousand at most.
        added: lines added in all files that differ, also in those that are left out.
        removed: lines removed.
        truncated: files are left out, or the lines of some untracked ones were not counted.
    """

    files: list[FileChange]
    added: int
    removed: int
    truncated: bool


async def changed(
    git: Git, worktree: Path, old: str, new: str = WORKTREE, *, ignore_space: bool = False
) -> Listing:
    """Compare a commit (or a tree, or the index) with the worktree, the index or another commit.

    With `ignore_space`, files in which only white space differs are left out.

    Raises:
        GitError: git failed.
    """
    asked = _compared(git, worktree, old, new, ignore_space=ignore_space)
    if new != WORKTREE:
        said = await asked
        return await asyncio.to_thread(lambda: _listing(change for change, _ in _tracked(said.fields)))
    said, outside = await asyncio.gather(asked, _outside(git, worktree))
    # Lists may be very long, and the event loop must not wait for them.
    unmerged, others = await asyncio.to_thread(lambda: _index(outside.fields))
    tracked = await asyncio.to_thread(lambda: list(_tracked(said.fields, unmerged)))
    changes = await _without_touched(git, worktree, tracked)
    looked = await asyncio.to_thread(untracked.count, worktree, others)
    added = (_added(*row) for row in looked.rows)
    return await asyncio.to_thread(lambda: _listing(chain(changes, added), whole=looked.whole))


def _listing(changes: Iterable[FileChange], *, whole: bool = True) -> Listing:
    every = sorted(changes, key=lambda change: change["path"])
    files = list(_fitting(every))
    return Listing(
        files,
        sum(change["added"] or 0 for change in every),
        sum(change["removed"] or 0 for change in every),
        len(files) < len(every) or not whole,
    )


async def _compared(git: Git, worktree: Path, old: str, new: str, *, ignore_space: bool) -> Result:
    return await git.run(
        "diff",
        "--raw",
        "--numstat",
        "--no-abbrev",
        "-z",
        "-M",
        *asking.options(ignore_space=ignore_space),
        *asking.compared(old, new),
        "--",
        *asking.HIDDEN,
        cwd=worktree,
        env=asking.ENVIRONMENT,
    )


async def _outside(git: Git, worktree: Path) -> Result:
    """Ask for the paths that are unmerged, and those that git does not track."""
    return await git.run(
        "ls-files", "-z", "-t", "-u", "-o", "--exclude-standard", "--", *asking.HIDDEN, cwd=worktree
    )


def parse_changes(fields: Iterable[str]) -> Iterator[tuple[FileChange, str]]:
    """Read `git diff --raw --numstat -z`: each change, and the id of its old content.

    A file for which git gives no count has no line that differs. The same holds where both ids are known and
    equal, so that only the mode differs.
    """
    remaining = iter(fields)
    raw: list[tuple[FileChange, str]] = []
    counts: dict[str, tuple[int | None, int | None]] = {}
    same: set[str] = set()
    for field in remaining:
        if field.startswith(":"):
            old_mode, mode, content, now, letter = field[1:].split(" ")
            first = next(remaining)
            path, old = (next(remaining), first) if letter[0] in "RC" else (first, None)
            change = FileChange(
                path=path,
                old_path=old,
                status=_STATUSES.get(letter[0], "modified"),
                added=0,
                removed=0,
                old_mode=_mode(old_mode),
                mode=_mode(mode),
            )
            raw.append((change, content))
            if letter == "M" and content == now and now.strip("0"):
                same.add(path)
        else:
            added, removed, path = field.split("\t", 2)
            if not path:
                next(remaining)  # where it was renamed from
                path = next(remaining)
            counts[path] = (_number(added), _number(removed))
    for change, content in raw:
        path = change["path"]
        change["added"], change["removed"] = (0, 0) if path in same else counts.get(path, (0, 0))
        yield change, content


def _tracked(
    fields: Iterable[str], unmerged: frozenset[str] = frozenset()
) -> Iterator[tuple[FileChange, str]]:
    """Return each tracked change once: git names an unmerged file twice where it also differs."""
    found: dict[str, tuple[FileChange, str]] = {}
    for change, content in parse_changes(fields):
        before = found.get(change["path"])
        if change["path"] in unmerged or (before and before[0]["status"] == "unmerged"):
            change["status"] = "unmerged"
        counted = (change["added"], change["removed"]) != (0, 0)
        if change["status"] != "modified" or counted or change["old_mode"] != change["mode"]:
            found[change["path"]] = (change, content)
    yield from found.values()


async def _without_touched(
    git: Git, worktree: Path, changes: Sequence[tuple[FileChange, str]]
) -> list[FileChange]:
    """Leave out the binary files that hold what they held: git counts nothing in them that would tell.

    One whose mode differs stays, and has no line that differs.
    """
    doubtful = {
        change["path"]: content
        for change, content in changes
        if change["status"] == "modified" and change["added"] is None
    }
    paths = list(islice(doubtful, _MOST_HASHED))
    hashes = await _hashes(git, worktree, paths)
    same = {path for path, content in zip(paths, hashes, strict=True) if content == doubtful[path]}
    for change, _ in changes:
        if change["path"] in same:
            change["added"], change["removed"] = 0, 0
    return [
        change for change, _ in changes if change["path"] not in same or change["old_mode"] != change["mode"]
    ]


async def _hashes(git: Git, worktree: Path, paths: Sequence[str]) -> list[str]:
    """Return the ids that the contents of files would have; empty for what is no file, or a large one."""
    at_once = asyncio.Semaphore(_HASHED_AT_ONCE)

    async def of(path: str) -> str:
        async with at_once:
            return await _hash(git, worktree, path)

    return await asyncio.gather(*(of(path) for path in paths))


async def _hash(git: Git, worktree: Path, path: str) -> str:
    try:
        found = await asyncio.to_thread(read, worktree, path, largest=_LARGEST_HASHED)
    except (UsageError, WorldError):
        return ""
    if found.kind != "file" or found.content is None:
        return ""
    said = await git.run(
        "hash-object", "--stdin", f"--path={path}", cwd=worktree, stdin=found.content, check=False
    )
    return said.text if said.status == 0 else ""


def _index(entries: Iterable[str]) -> tuple[frozenset[str], list[str]]:
    """Read `git ls-files -z -t -u -o`: the unmerged paths, and the untracked ones."""
    unmerged, others = set(), []
    for entry in entries:
        if entry.startswith("? "):
            others.append(entry[2:])
        else:
            unmerged.add(entry.partition("\t")[2])
    # A file that is unmerged and was never on our side is none that git does not know.
    return frozenset(unmerged), others


def _fitting(changes: Iterable[FileChange]) -> Iterator[FileChange]:
    room = MOST_NAMES
    for change in islice(changes, MOST_FILES):
        room -= len(change["path"]) + len(change["old_path"] or "")
        if room < 0:
            return
        yield change


def _added(path: str, mode: str, lines: int | None) -> FileChange:
    return FileChange(
        path=path, old_path=None, status="untracked", added=lines, removed=0, old_mode="", mode=mode
    )


def _mode(text: str) -> str:
    return "" if text == "000000" else text


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)
