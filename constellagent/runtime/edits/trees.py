"""Merging without a worktree: git makes the merged tree, and says on which paths it stops."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError, GitError
from constellagent.runtime.files import text
from constellagent.runtime.git import Git
from constellagent.runtime.review_views import LARGEST_TEXT, ConflictView

SINCE = (2, 38)
"""The first git whose `merge-tree` merges for real."""
_MOST_TEXTS = 100
_MARKER = re.compile(r"^(<{7,}|>{7,}) ([0-9a-f]{40}|[0-9a-f]{64})\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging two commits comes to.

    Attributes:
        tree: the merged tree; conflicts have their markers in it.
        conflicts: the paths on which it stops, with what git says of each.
    """

    tree: str
    conflicts: tuple[tuple[str, str], ...] = ()


async def require(git: Git) -> None:
    """Check that git can do this.

    Raises:
        ConflictError: it is too old.
    """
    version = await git.version()
    if version < SINCE:
        wanted = ".".join(map(str, SINCE))
        raise ConflictError(
            f"git {'.'.join(map(str, version))} cannot merge without a worktree",
            hint=f"install git {wanted} or newer, or merge by hand in the base's worktree",
        )


async def merge(git: Git, folder: Path, ours: str, theirs: str) -> Merged:
    """Merge two commits; no ref and no file changes.

    Raises:
        ConflictError: they have no common history.
        GitError: git failed.
    """
    args = ("merge-tree", "--write-tree", "-z", "--messages", ours, theirs)
    said = await git.run(*args, cwd=folder, check=False)
    if "unrelated histories" in said.stderr:
        raise ConflictError(
            "the branch and its base have no common history",
            hint="declare the base that the branch came from",
        )
    if said.status not in {0, 1} or not said.stdout:
        raise GitError(args, said.status, said.stderr)
    return parse(os.fsdecode(said.stdout), clean=said.status == 0)


def parse(said: str, *, clean: bool) -> Merged:
    """Read `git merge-tree --write-tree -z --messages`."""
    tree, _, rest = said.partition("\0")
    if clean:
        return Merged(tree)
    fields = iter(rest.split("\0"))
    paths: dict[str, list[str]] = {}
    for entry in fields:
        if not entry:
            break
        paths.setdefault(entry.partition("\t")[2], [])
    for about, kind in _messages(fields):
        for path in about:
            if path in paths and kind.startswith("CONFLICT"):
                paths[path].append(kind)
    return Merged(tree, tuple((path, ", ".join(dict.fromkeys(what))) for path, what in paths.items()))


def _messages(fields: Iterator[str]) -> Iterator[tuple[list[str], str]]:
    for count in fields:
        if not count.strip():
            continue
        about = [next(fields, "") for _ in range(int(count))]
        kind = next(fields, "")
        next(fields, "")  # the sentence
        yield about, kind


async def conflicts(git: Git, folder: Path, merged: Merged, names: Mapping[str, str]) -> list[ConflictView]:
    """Return the conflicts with the marked text of each, where there is such; of very many only the first.

    `names` are what the commits of the markers are called, by their ids.
    """
    found = []
    for number, (path, what) in enumerate(merged.conflicts):
        marked = await _marked(git, folder, f"{merged.tree}:{path}", names) if number < _MOST_TEXTS else None
        found.append(ConflictView(path=path, what=what or "CONFLICT", text=marked))
    return found


async def _marked(git: Git, folder: Path, blob: str, names: Mapping[str, str]) -> str | None:
    said = await git.run("cat-file", "blob", blob, cwd=folder, check=False)
    if said.status != 0 or len(said.stdout) > LARGEST_TEXT:
        return None
    decoded = text.decode(said.stdout)
    return None if decoded is None else _MARKER.sub(lambda one: _named(one, names), decoded.text)


def _named(marker: re.Match[str], names: Mapping[str, str]) -> str:
    return f"{marker[1]} {names.get(marker[2], marker[2])}"


async def files(git: Git, folder: Path, old: str, new: str, *, only: str = "") -> Sequence[str]:
    """Return the paths in which two trees differ; `only` is git's letter for the kind (`A`).

    Raises:
        GitError: git failed.
    """
    kind = [f"--diff-filter={only}"] if only else []
    said = await git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", *kind, old, new, cwd=folder)
    return said.fields
