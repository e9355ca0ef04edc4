"""What a run of a race has made so far: looked at in its worktree, or on its branch once that is gone."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constellagent.runtime.diffs import listing
from constellagent.runtime.edits import state
from constellagent.runtime.git import Git
from constellagent.runtime.store.races import RaceRun


@dataclass(frozen=True, slots=True)
class Measure:
    """What differs from the commit that a run began from.

    Attributes:
        commits: how many were made.
        files: how many differ, also where that is not committed.
        added: lines.
        removed: lines.
        uncommitted: paths with changes that no commit holds.
        paths: of the files, also those that were renamed.
        whole: whether `paths` are all.
    """

    commits: int
    files: int
    added: int
    removed: int
    uncommitted: int
    paths: frozenset[str]
    whole: bool

    def report(self) -> Mapping[str, Any]:
        """Return the counts, as they are kept."""
        return {
            "commits": self.commits,
            "files": self.files,
            "added": self.added,
            "removed": self.removed,
            "uncommitted": self.uncommitted,
        }


async def measure(git: Git, run: RaceRun, base: str) -> Measure | None:
    """Look at what a run made; None where nothing is left of its worktree and its branch.

    Raises:
        GitError: git failed.
    """
    folder = Path(run.path)
    if await stands(folder):
        head = await _commit(git, folder, "HEAD")
        found = await listing.changed(git, folder, base)
        now = await state.look(git, folder)
        uncommitted = len({*now.staged, *now.changed, *now.untracked, *now.unmerged})
        return _measure(found, await _count(git, folder, base, head), uncommitted)
    root = git.repo
    tip = await _commit(git, root, f"refs/heads/{run.branch}")
    if not tip:
        return None
    return _measure(await listing.changed(git, root, base, tip), await _count(git, root, base, tip), 0)


async def stands(folder: Path) -> bool:
    """Say whether a linked worktree is there."""
    return await asyncio.to_thread((folder / ".git").is_file)


async def _commit(git: Git, folder: Path, name: str) -> str:
    asked = f"{name}^{{commit}}"
    said = await git.run(
        "rev-parse", "--verify", "--quiet", "--end-of-options", asked, cwd=folder, check=False
    )
    return said.text if said.status == 0 else ""


async def _count(git: Git, folder: Path, base: str, tip: str) -> int:
    if not tip:
        return 0
    return int((await git.run("rev-list", "--count", f"{base}..{tip}", "--", cwd=folder)).text)


def _measure(found: listing.Listing, commits: int, uncommitted: int) -> Measure:
    paths = frozenset(name for change in found.files for name in (change["path"], change["old_path"]) if name)
    return Measure(
        commits, len(found.files), found.added, found.removed, uncommitted, paths, not found.truncated
    )
