"""Which files of a worktree differ from a commit, and by how many lines.

Tracked files count whether their changes are staged or not, and so do untracked files that are not ignored:
what an agent wrote is its work before it adds it. No file is written, the index neither.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from constellagent.runtime.diff_views import FileChange, FileStatus
from constellagent.runtime.diffs import asking, untracked
from constellagent.runtime.git import Git

MOST_FILES = 10_000
MOST_NAMES = 1 << 20
"""Characters of all names together, so that a list fits into one message."""

_MOST_HASHED = 100
"""Binary files that are read to see whether they were only touched; any further ones are shown."""

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


async def changed(git: Git, worktree: Path, commit: str, *, ignore_space: bool = False) -> Listing:
    """Compare a worktree with a commit (or a tree).

    With `ignore_space`, files in which only white space differs are left out.

    Raises:
        GitError: git failed.
    """
    args = (
        "diff",
        "--raw",
        "--numstat",
        "--no-abbrev",
        "-z",
        "-M",
        *asking.options(ignore_space=ignore_space),
    )
    compared = await git.run(
        *args, "--end-of-options", commit, "--", *asking.HIDDEN, cwd=worktree, env=asking.ENVIRONMENT
    )
    listed = await git.run(
        "ls-files", "-z", "-t", "-u", "-o", "--exclude-standard", "--", *asking.HIDDEN, cwd=worktree
    )
    unmerged, others = _index(listed.fields)
    tracked = await _without_touched(git, worktree, list(_tracked(compared.fields, unmerged)))
    counts, whole = await asyncio.to_thread(untracked.count, worktree, others)
    every = tracked + [
        FileChange(path=path, old_path=None, status="untracked", added=counts.get(path), removed=0)
        for path in others
    ]
    every.sort(key=lambda change: change["path"])
    files = list(_fitting(every))
    return Listing(
        files,
        sum(change["added"] or 0 for change in every),
        sum(change["removed"] or 0 for change in every),
        len(files) < len(every) or not whole,
    )


def parse_changes(fields: Iterable[str]) -> Iterator[tuple[FileChange, str]]:
    """Read `git diff --raw --numstat -z`: each change, and the id of its old content where only that differs.

    A file for which git gives no count has no line that differs. The id is empty where the mode differs too.
    """
    remaining = iter(fields)
    raw: list[tuple[str, str | None, FileStatus, str]] = []
    counts: dict[str, tuple[int | None, int | None]] = {}
    for field in remaining:
        if field.startswith(":"):
            old_mode, new_mode, old_id, _, letter = field[1:].split(" ")
            first = next(remaining)
            path, old = (next(remaining), first) if letter[0] in "RC" else (first, None)
            raw.append(
                (path, old, _STATUSES.get(letter[0], "modified"), old_id if old_mode == new_mode else "")
            )
        else:
            added, removed, path = field.split("\t", 2)
            if not path:
                next(remaining)  # where it was renamed from
                path = next(remaining)
            counts[path] = (_number(added), _number(removed))
    for path, old, status, content in raw:
        plus, minus = counts.get(path, (0, 0))
        yield FileChange(path=path, old_path=old, status=status, added=plus, removed=minus), content


def _tracked(fields: Iterable[str], unmerged: frozenset[str]) -> Iterator[tuple[FileChange, str]]:
    """Return each tracked change once: git names an unmerged file twice where it also differs."""
    found: dict[str, tuple[FileChange, str]] = {}
    for change, content in parse_changes(fields):
        if change["path"] in unmerged:
            change["status"] = "unmerged"
        counts = (change["added"], change["removed"])
        if change["status"] != "modified" or not content or counts != (0, 0):
            found[change["path"]] = (change, content)
    yield from found.values()


async def _without_touched(
    git: Git, worktree: Path, changes: Sequence[tuple[FileChange, str]]
) -> list[FileChange]:
    """Leave out the binary files that hold what they held: git counts nothing in them that would tell."""
    doubtful = {
        change["path"]: content
        for change, content in changes
        if content and change["status"] == "modified" and change["added"] is None
    }
    same = set()
    for path in islice(doubtful, _MOST_HASHED):
        said = await git.run("hash-object", "--", path, cwd=worktree, check=False)
        if said.status == 0 and said.text == doubtful[path]:
            same.add(path)
    return [change for change, _ in changes if change["path"] not in same]


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


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)
