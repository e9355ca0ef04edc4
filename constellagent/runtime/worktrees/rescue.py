"""Keeping in git what a forced removal would lose.

A rescue is one commit below `refs/constellagent/rescue/`. Its tree shows the worktree as it was, file by
file and byte by byte, so that it can be compared and read. It also holds a tar of everything that HEAD has
not, because git keeps neither modes such as 0600 nor the exact bytes of files that filters or line endings
change. Its parents keep HEAD, what was staged, and the commits of an operation in progress.
"""

import asyncio
import os
import shlex
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from constellagent.errors import ConflictError, ConstellagentError, GitError, WorldError
from constellagent.ravi.private_files import read_private
from constellagent.runtime.ports import Removal
from constellagent.runtime.worktrees import leftovers
from constellagent.runtime.worktrees.registry import Registration
from constellagent.runtime.worktrees.site import Site, short

_HELD = (
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "MERGE_AUTOSTASH",
    "rebase-merge/autostash",
    "rebase-apply/autostash",
)
_AUTHOR = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "constellagent"), ("EMAIL", "constellagent@localhost"))
}


async def keep(site: Site, agent: str, ours: Registration, losses: Sequence[str]) -> Removal:
    """Write everything that is only in the worktree into a commit, and check it against the disk.

    Raises:
        RefusedError: there is more than a rescue may hold, or something that git cannot hold.
        ConflictError: the worktree changed meanwhile.
        WorldError: it could not be written.
    """
    if ours.admin is None or ours.head is None:
        raise ConflictError(
            f"{ours.path} has no commit checked out", hint="commit what is in it, then remove it"
        )
    try:
        with tempfile.TemporaryDirectory(prefix="constellagent-rescue-", dir=ours.admin) as scratch:
            return await _keep(site, agent, ours, ours.head, Path(scratch), losses)
    except OSError as error:
        raise WorldError(
            f"cannot keep what is in {ours.path}: {error.strerror}", hint="free some space"
        ) from error


async def _keep(
    site: Site, agent: str, ours: Registration, head: str, scratch: Path, losses: Sequence[str]
) -> Removal:
    path, index = ours.path, {"GIT_INDEX_FILE": str(scratch / "index")}
    contents = await leftovers.compare(site.git, path, index)
    await asyncio.to_thread(leftovers.check_size, path, contents.written)
    archive = scratch / "archive"
    await asyncio.to_thread(leftovers.pack, path, contents.written, archive)
    blob = await site.git.run("hash-object", "-w", "--no-filters", "--", str(archive), cwd=path)
    await leftovers.write_tree(site.git, path, index, contents, blob.text)
    tree = (await site.git.run("write-tree", cwd=path, env=index)).text
    parents = [head, *await _staged(site, ours, head, scratch), *await _held(site, ours)]
    ref = _ref(site, agent)
    recover = _recover(site, ours, ref, deleted=bool(contents.deleted))
    message = "\n".join([f"rescue of {agent}", "", *losses, "", "Get it back with:", "", recover, ""])
    await _commit(site, ref, tree, parents, message)
    packed = (await site.git.run("cat-file", "blob", f"{ref}:{leftovers.ARCHIVE}", cwd=path)).stdout
    await asyncio.to_thread(leftovers.check_archive, path, contents.written, packed)
    if await leftovers.compare(site.git, path, index, read_again=True) != contents:
        raise ConflictError(
            f"{path} changed while it was kept in {ref}", hint="stop what works in it, then remove it again"
        )
    return Removal(ref, recover)


async def keep_index(site: Site, agent: str, ours: Registration) -> Removal:
    """Keep what only git's folder of a worktree holds whose files are gone: staged content, detached commits.

    Raises:
        GitError: git failed.
    """
    if ours.admin is None or ours.head is None:
        return Removal()
    with tempfile.TemporaryDirectory(prefix="constellagent-rescue-", dir=ours.admin) as scratch:
        parents = [*await _staged(site, ours, ours.head, Path(scratch)), *await _held(site, ours)]
    loose = await site.git.run(
        "rev-list",
        "--max-count=1",
        ours.head,
        "--not",
        "--branches",
        "--remotes",
        "--tags",
        cwd=site.repository.root,
    )
    if not parents and not loose.text:
        return Removal()
    ref = _ref(site, agent)
    kept = parents[0] if parents else ours.head
    message = (
        f"rescue of {agent}\n\nThe folder was gone; this is what was staged or committed on no branch.\n"
    )
    await _commit(site, ref, f"{kept}^{{tree}}", [ours.head, *parents], message)
    where = ours.path
    return Removal(ref, _line(site, "worktree", "add", "--detach", str(where), ref))


async def _staged(site: Site, ours: Registration, head: str, scratch: Path) -> list[str]:
    """Return a commit of what was staged, where that is not what HEAD has; conflicts are left out."""
    if ours.admin is None or not (ours.admin / "index").exists():
        return []
    here, root = {"GIT_DIR": str(ours.admin)}, site.repository.root
    entries = (await site.git.run("ls-files", "-z", "-s", cwd=root, env=here)).fields
    resolved = b"".join(os.fsencode(one) + b"\0" for one in entries if one.split("\t", 1)[0].endswith(" 0"))
    index = {**here, "GIT_INDEX_FILE": str(scratch / "staged")}
    if resolved:
        await site.git.run("update-index", "-z", "--add", "--index-info", cwd=root, env=index, stdin=resolved)
    else:
        await site.git.run("read-tree", "--empty", cwd=root, env=index)
    tree = (await site.git.run("write-tree", cwd=root, env=index)).text
    if tree == (await site.git.run("rev-parse", f"{head}^{{tree}}", cwd=root)).text:
        return []
    commit = await site.git.run("commit-tree", tree, "-p", head, "-m", "staged", cwd=root, env=_AUTHOR)
    return [commit.text]


async def _held(site: Site, ours: Registration) -> list[str]:
    """Return the commits that an operation in progress, and nothing else, may hold."""
    found: list[str] = []
    for name in _HELD:
        for word in await asyncio.to_thread(_words, ours.admin or ours.path, name):
            said = await site.git.run(
                "cat-file", "-e", f"{word}^{{commit}}", cwd=site.repository.root, check=False
            )
            if said.status == 0 and word not in found:
                found.append(word)
    return found


def _words(folder: Path, name: str) -> list[str]:
    """Return what a file of git says; whoever works in the worktree may have put anything in its place.

    Raises:
        ConflictError: it is no plain file.
    """
    place = folder / name
    try:
        found = read_private(place.parent, place.name)
    except ConstellagentError as error:
        raise ConflictError(f"{place} cannot be read: {error.message}", hint=f"rm {place}") from error
    return [] if found is None else found.decode(errors="replace").split()


async def _commit(site: Site, ref: str, tree: str, parents: Sequence[str], message: str) -> None:
    root = site.repository.root
    options = [part for parent in dict.fromkeys(parents) for part in ("-p", parent)]
    name = (await site.git.run("rev-parse", "--verify", tree, cwd=root)).text
    commit = await site.git.run(
        "commit-tree", name, *options, "-F", "-", cwd=root, stdin=os.fsencode(message), env=_AUTHOR
    )
    nothing = "0" * len(commit.text)
    try:
        await site.git.run("update-ref", "--end-of-options", ref, commit.text, nothing, cwd=root)
    except GitError as error:
        raise WorldError(f"{ref} could not be written: {error.stderr.strip()}", delay=1) from error


def _ref(site: Site, agent: str) -> str:
    at = site.clock.now()
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(at))
    return f"refs/constellagent/rescue/{agent}/{moment}.{int(at * 1000) % 1000:03d}Z"


def _recover(site: Site, ours: Registration, ref: str, *, deleted: bool) -> str:
    where, start = str(ours.path), short(ours.branch) if ours.branch else ours.head or ""
    steps = [_line(site, "worktree", "add", *([] if ours.branch else ["--detach"]), where, start)]
    here = shlex.quote(where)
    if deleted:
        gone = f"git -C {here} diff -z --name-only --no-renames --diff-filter=D HEAD {ref}"
        steps.append(f"{gone} | (cd {here} && xargs -0 rm -f --)")
    steps.append(f"git -C {here} cat-file blob {ref}:{leftovers.ARCHIVE} | tar -xpf - -C {here}")
    return " && ".join(steps)


def _line(site: Site, *args: str) -> str:
    return shlex.join(["git", "-C", str(site.repository.root), *args])
