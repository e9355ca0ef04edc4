"""The commits that a run made: what its folder and its branch hold beyond the commit that it began from."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from constellagent.runtime.git import Git
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


async def made(git: Git, row: LedgerRow) -> Commits:
    """Return the commits of a run; none where nothing is left of its folder and its branch.

    `git` works in the main checkout.

    Raises:
        GitError: git failed.
    """
    if not row.base:
        return Commits()
    tips = []
    if row.branch:
        tips += await _tip(git, git.repo, f"refs/heads/{row.branch}")
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


async def head(git: Git, folder: Path) -> str:
    """Return the commit that is checked out in a folder, empty where there is none."""
    tips = await _tip(git, folder, "HEAD")
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
