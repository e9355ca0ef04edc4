"""Every file of a worktree, or of a commit, but those that are ignored."""

import asyncio
import re
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

from constellagent.runtime.files.paths import reserved
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import WORKTREE, FilesView

MOST_FILES = 200_000
"""Files that are named at most; quick open stays quick with so many."""
MOST_NAMES = 8 << 20
"""Characters of all names together, so that a list fits into one message."""

_NOT_THERE = frozenset("RS")
"""Git's tags of what was removed, and of what a sparse checkout leaves out."""
_DOUBTFUL = re.compile(r"(?i)git|ravi|~|[^\x00-\x7f]")
"""What a path must have to be another spelling of a name that is never answered."""


async def files(git: Git, worktree: Path, revision: str) -> FilesView:
    """Return the paths of the files that are in the worktree, or in a commit.

    What is never answered is sorted out here: pathspecs that exclude it double the time that git takes.
    Tracked files that are not on disk (deleted, or outside a sparse checkout) are left out, and so is the
    inside of submodules and of other repositories.

    Raises:
        GitError: git failed.
    """
    if revision == WORKTREE:
        said = await git.run("ls-files", "-z", "-t", "-c", "-o", "-d", "--exclude-standard", cwd=worktree)
        return await asyncio.to_thread(lambda: _view(on_disk(said.fields)))
    said = await git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", revision, cwd=worktree)
    return await asyncio.to_thread(lambda: _view(said.fields))


def on_disk(entries: Iterable[str]) -> set[str]:
    """Read `git ls-files -t` of tracked, deleted and other files: the paths that are there."""
    there, gone = set(), set()
    for entry in entries:
        tag, _, path = entry.partition(" ")
        if tag in _NOT_THERE:
            gone.add(path)
        elif not path.endswith("/"):
            there.add(path)
    return there - gone


def _view(paths: Iterable[str]) -> FilesView:
    plain = sorted(path for path in paths if not (_DOUBTFUL.search(path) and reserved(path)))
    ends = accumulate(len(path) for path in plain)
    fitting = min(MOST_FILES, sum(end <= MOST_NAMES for end in ends))
    return FilesView(files=plain[:fitting], truncated=fitting < len(plain))
