"""The commits of a branch, newest first, a page at a time."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import UsageError
from constellagent.runtime.diffs import sides
from constellagent.runtime.diffs.asking import INDEX
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import WORKTREE, CommitsView, CommitView
from constellagent.runtime.standing import Standing

USUAL, MOST = 50, 500
"""Commits of one answer, unless a request says how many, and at most."""

_MOST_UNPUSHED = 100_000
_LONGEST = 20_000
"""Characters of a commit's message that are shown."""
_FORMAT = "%H%x00%P%x00%s%x00%b%x00%an%x00%ae%x00%ct"
_FIELDS = 7
_ONWARDS = re.compile(r"(?:(?P<base>[0-9a-f]{40,64})\.\.)?(?P<tip>[0-9a-f]{40,64})\+(?P<skip>[0-9]{1,9})")
"""The revision from which an earlier answer goes on: nothing that is committed meanwhile shifts it."""


@dataclass(frozen=True, slots=True)
class _Page:
    """Commits that `tip` has and `base` has not, but the newest `skip`."""

    tip: str
    base: str
    skip: int

    def after(self, count: int) -> str:
        """Return the word for the page that follows so many commits."""
        begin = f"{self.base}.." if self.base else ""
        return f"{begin}{self.tip}+{self.skip + count}"


async def listed(
    git: Git, standing: Standing, revision: str, *, limit: int, beyond_base: bool
) -> CommitsView:
    """Return commits up to a revision that the base does not have, or with `beyond_base` all.

    The worktree and the index are at HEAD. What is pushed is told by the upstream of the branch.

    Raises:
        UsageError: there is no such commit.
        ConflictError: the declared base names no commit.
        WorldError: the base could not be looked at, or git failed.
    """
    folder = standing.folder
    page = await _page(git, standing, revision, beyond_base=beyond_base)
    if page is None:
        return CommitsView(commits=[], next="")
    wanted = max(1, min(limit, MOST))
    rows, unpushed = await asyncio.gather(
        _rows(git, folder, page, wanted + 1), _unpushed(git, folder, page.tip)
    )
    commits = [_commit(row, unpushed) for row in rows]
    more = len(commits) > wanted
    return CommitsView(commits=commits[:wanted], next=page.after(wanted) if more else "")


async def _page(git: Git, standing: Standing, revision: str, *, beyond_base: bool) -> _Page | None:
    """Return which commits are asked for, None before the first commit of a branch."""
    folder = standing.folder
    if onwards := _ONWARDS.fullmatch(revision):
        named = [name for name in (onwards["tip"], onwards["base"]) if name]
        if None in await sides.commits(git, folder, *named):
            raise UsageError(f"there is no commit {revision!r}", hint="begin with the newest commit again")
        return _Page(onwards["tip"], onwards["base"] or "", int(onwards["skip"]))
    name = sides.HEAD if revision in {WORKTREE, INDEX} else revision
    if name == sides.HEAD:
        [tip] = await sides.commits(git, folder, name)
        if tip is None:
            return None
    else:
        tip = await sides.commit_of(git, folder, standing.base, standing.agent.base, name)
    base = "" if beyond_base else sides.base_commit(standing.base, standing.agent.base)
    return _Page(tip, base, 0)


async def _rows(git: Git, folder: Path, page: _Page, count: int) -> list[list[str]]:
    said = await git.run(
        "log",
        "-z",
        f"--format={_FORMAT}",
        "--encoding=UTF-8",
        f"--skip={page.skip}",
        f"--max-count={count}",
        page.tip,
        *([f"^{page.base}"] if page.base else []),
        "--",
        cwd=folder,
    )
    return list(fields(said.stdout))


def fields(log: bytes) -> Iterator[list[str]]:
    """Read what `git log -z` wrote in our format: the fields of each commit."""
    parts = log.decode("utf-8", "replace").split("\0")
    for begin in range(0, len(parts) - _FIELDS + 1, _FIELDS):
        yield parts[begin : begin + _FIELDS]


async def _unpushed(git: Git, folder: Path, tip: str) -> frozenset[str] | None:
    """Return the commits that the upstream has not, None where there is no upstream, or too many to know."""
    [upstream] = await sides.commits(git, folder, "@{upstream}")
    if upstream is None:
        return None
    said = await git.run("rev-list", f"--max-count={_MOST_UNPUSHED}", tip, f"^{upstream}", cwd=folder)
    found = frozenset(said.text.splitlines())
    return found if len(found) < _MOST_UNPUSHED else None


def _commit(row: Sequence[str], unpushed: frozenset[str] | None) -> CommitView:
    commit, parents, subject, body, author, email, at = row
    return CommitView(
        commit=commit,
        parents=parents.split(),
        subject=_cut(subject),
        body=_cut(body.rstrip("\n")),
        author=author,
        email=email,
        at=float(at),
        pushed=None if unpushed is None else commit not in unpushed,
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
