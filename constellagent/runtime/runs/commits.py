"""The commits that a run made: what its folder and its branch hold beyond the commit that it began from."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from constellagent.runtime.git import Git
from constellagent.runtime.repository import Repository
from constellagent.runtime.store.ledger import LedgerRow

MOST = 50
"""Commits that a report names; the others are only counted."""

_LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Commits:
    """Commits, newest first.

    Attributes:
        named: id and subject of the newest ones.
        count: how many there are.
    """

    named: tuple[dict[str, str], ...] = ()
    count: int = 0


async def made(repository: Repository, row: LedgerRow, git_timeout: float) -> Commits:
    """Return the commits of a run; none where nothing is left of its folder and its branch.

    Raises:
        GitError: git failed.
    """
    if not row.base:
        return Commits()
    git = Git(repository.root, timeout=git_timeout)
    tips = []
    if row.branch:
        tips += await _tip(git, repository.root, f"refs/heads/{row.branch}")
    if row.path and await _is_folder(row.path):
        # A run may have left its branch, or never had one of its own.
        tips += await _tip(git, Path(row.path), "HEAD")
    if not tips:
        return Commits()
    beyond = [*dict.fromkeys(tips), f"^{row.base}"]
    count = int((await git.run("rev-list", "--count", *beyond)).text)
    if not count:
        return Commits()
    said = await git.run("log", "-z", "--topo-order", f"--max-count={MOST}", "--format=%H %s", *beyond)
    return Commits(tuple(_named(line) for line in said.fields), count)


async def head(folder: Path, git_timeout: float) -> str:
    """Return the commit that is checked out in a folder, empty where there is none."""
    tips = await _tip(Git(folder, timeout=git_timeout), folder, "HEAD")
    return tips[0] if tips else ""


async def _is_folder(path: str) -> bool:
    return await asyncio.to_thread(os.path.isdir, path)


async def _tip(git: Git, folder: Path, name: str) -> list[str]:
    asked = f"{name}^{{commit}}"
    said = await git.run(
        "rev-parse", "--verify", "--quiet", "--end-of-options", asked, cwd=folder, check=False
    )
    return [said.text] if said.status == 0 else []


def _named(line: str) -> dict[str, str]:
    commit, _, subject = line.partition(" ")
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in subject)
    if len(shown) > _LONGEST_SUBJECT:
        shown = f"{shown[: _LONGEST_SUBJECT - 1]}\N{HORIZONTAL ELLIPSIS}"
    return {"id": commit, "subject": shown}
