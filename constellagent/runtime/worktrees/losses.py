"""What removing a worktree would lose, one line each.

Everything counts that is only there: changes, staged or not, files that git does not know or ignores, commits
and operations that nothing else holds, and work that a process is doing there right now. What we put there
ourselves and nobody changed does not count.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import WorldError
from constellagent.runtime import occupants, processes
from constellagent.runtime.worktrees import checkout, include
from constellagent.runtime.worktrees.registry import Registration
from constellagent.runtime.worktrees.site import Site, short

_SHOWN = 20
_OPERATIONS = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase or a patch series",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "BISECT_LOG": "a bisection",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """What does not count.

    Attributes:
        included: the files that were copied in, path to digest; they count once they were changed.
        deletions: a removal of ours that died half-way deleted files; a missing file does not count.
    """

    included: dict[str, str]
    deletions: bool = False


async def find(
    site: Site,
    ours: Registration,
    own_sessions: Sequence[str],
    *,
    resuming: bool,
    branch_stays: bool = False,
) -> list[str]:
    """Return what would be lost.

    `resuming` says that an earlier removal of ours died half-way; with `branch_stays` commits that only a
    branch of this repository holds do not count.

    Raises:
        GitError: git failed, so nothing is known.
        WorldError: a file cannot be looked at.
    """
    try:
        return await _find(site, ours, own_sessions, resuming=resuming, branch_stays=branch_stays)
    except OSError as error:
        raise WorldError(f"cannot look at {error.filename}: {error.strerror}") from error


async def _find(
    site: Site, ours: Registration, own_sessions: Sequence[str], *, resuming: bool, branch_stays: bool
) -> list[str]:
    if ours.admin is None:
        return [f"{ours.path} is the main checkout"]
    filled = ours.marker is not None and ours.marker.filled
    kept = Kept(ours.marker.included if ours.marker else {}, deletions=resuming)
    found = []
    if filled:
        found += await _files(site, ours.path, kept)
        found += await _hidden(site, ours.path)
    else:
        found += await checkout.changed_early(site, ours.path, ours.admin)
        others = await site.git.run("ls-files", "-z", "--others", cwd=ours.path)
        found += _lines("untracked", (name for name in others.fields if not _ours(ours.path, name, kept)))
    found += await _commits(site, ours, branch_stays=branch_stays)
    found += [f"in progress: {what}" for name, what in _OPERATIONS.items() if (ours.admin / name).exists()]
    found += await _submodules(site, ours.path)
    return found + await _at_work(ours.path, own_sessions)


async def _files(site: Site, path: Path, kept: Kept) -> list[str]:
    said = await site.git.run(
        "status",
        "--porcelain=v2",
        "-z",
        "--untracked-files=all",
        "--ignored=matching",
        "--ignore-submodules=none",
        cwd=path,
    )
    kinds: dict[str, list[str]] = {
        "modified": [],
        "staged": [],
        "conflict": [],
        "untracked": [],
        "ignored": [],
    }
    for kind, name in parse_status(said.fields, deletions=not kept.deletions):
        if kind not in {"untracked", "ignored"} or not await asyncio.to_thread(_ours, path, name, kept):
            kinds[kind].append(name)
    return [line for kind, names in kinds.items() for line in _lines(kind, names)]


def parse_status(entries: Iterable[str], *, deletions: bool = True) -> Iterator[tuple[str, str]]:
    """Read `git status --porcelain=v2 -z` as (kind, path); without `deletions`, no missing files."""
    remaining = iter(entries)
    for entry in remaining:
        match entry[0]:
            case "1" | "2":
                fields = entry.split(" ", 8 if entry[0] == "1" else 9)
                if entry[0] == "2":
                    next(remaining, None)  # where it was renamed from
                staged, changed = fields[1][0], fields[1][1]
                if staged != ".":
                    yield "staged", fields[-1]
                if changed != "." and (deletions or changed != "D"):
                    yield "modified", fields[-1]
            case "u":
                yield "conflict", entry.split(" ", 10)[-1]
            case "?":
                yield "untracked", entry[2:]
            case "!":
                yield "ignored", entry[2:]
            case _:
                continue  # a header


def _ours(path: Path, name: str, kept: Kept) -> bool:
    """Say whether a file, or everything in a folder (`name/`), was put there by us and is unchanged."""
    if name.split("/", 1)[0] == ".ravi":
        return True
    if not name.endswith("/"):
        return _unchanged(path, name, kept)
    if (path / name / ".git").exists():
        return False
    found = 0
    for folder, folders, names in os.walk(path / name):
        links = [one for one in folders if Path(folder, one).is_symlink()]
        for one in (*names, *links):
            found += 1
            if not _unchanged(path, os.path.relpath(Path(folder, one), path), kept):
                return False
    return found > 0 or not any((path / name).iterdir())


def _unchanged(path: Path, name: str, kept: Kept) -> bool:
    return name in kept.included and include.fingerprint(path / name) == kept.included[name]


async def _hidden(site: Site, path: Path) -> list[str]:
    """Find changes that status was told not to look for (assume-unchanged, skip-worktree)."""
    entries = (await site.git.run("ls-files", "-z", "-v", cwd=path)).fields
    flagged = [entry[2:] for entry in entries if entry[0] == "S" or entry[0].islower()]
    there = [name for name in flagged if os.path.lexists(path / name)]
    changed = []
    for name in there:
        index = (await site.git.run("ls-files", "-z", "-s", "--", f":(literal){name}", cwd=path)).fields
        raw = await site.git.run("hash-object", "--", name, cwd=path, check=False)
        if not index or index[0].split()[1] != raw.text:
            changed.append(name)
    return _lines("modified (hidden from git status)", changed)


async def _commits(site: Site, ours: Registration, *, branch_stays: bool) -> list[str]:
    """Find commits that no remote, no tag and no other branch holds, and stashes made on the branch."""
    if ours.head is None:
        return []
    own = short(ours.branch) if ours.branch else None
    but = [f"--exclude={own}"] if own and not branch_stays else []
    said = await site.git.run(
        "rev-list", "--count", ours.head, "--not", *but, "--branches", "--remotes", "--tags", cwd=ours.path
    )
    found = []
    if (count := int(said.text)) > 0:
        commits = f"{count} commit{'s' if count > 1 else ''}"
        where = f"not pushed: {commits} only on branch {own}" if own else f"detached: {commits} on no branch"
        found.append(where)
    if own:
        stashes = (await site.git.run("stash", "list", "-z", "--format=%gd %gs", cwd=ours.path)).fields
        names = (f"WIP on {own}:", f"On {own}:")
        found += _lines("stash", (one for one in stashes if any(name in one for name in names)))
    return found


async def _submodules(site: Site, path: Path) -> list[str]:
    """Find commits in submodules: their repositories lie in git's folder of the worktree and go with it."""
    links = (await site.git.run("ls-files", "-z", "-s", cwd=path)).fields
    found = []
    for name in (entry.partition("\t")[2] for entry in links if entry.startswith("160000 ")):
        if not (path / name / ".git").exists():
            continue
        said = await site.git.run(
            "rev-list", "--count", "--all", "HEAD", "--not", "--remotes", cwd=path / name
        )
        if int(said.text) > 0:
            found.append(f"submodule {name}: {said.text} commits that its remote has not")
    return found


async def _at_work(path: Path, own_sessions: Sequence[str]) -> list[str]:
    inside = await occupants.inside(path)
    if inside is None:
        return ["in use: it cannot be told whether a process works there (install lsof)"]
    for session in own_sessions:
        for pid in await asyncio.to_thread(processes.with_marker, session):
            inside.pop(pid, None)
    return _lines("in use", (f"{name} (pid {pid})" for pid, name in sorted(inside.items())))


def _lines(kind: str, names: Iterable[str]) -> list[str]:
    """Return a line each, at most twenty, and how many more there are."""
    every = list(names)
    shown = [f"{kind}: {name}" for name in every[:_SHOWN]]
    return [*shown, f"{kind}: and {len(every) - _SHOWN} more"] if len(every) > _SHOWN else shown
