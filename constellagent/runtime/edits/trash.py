"""Keeping what a reviewer throws away: a commit below `refs/constellagent/trash/`, made before anything goes.

It holds exactly what is thrown away, in the two forms that a rescue of a worktree has: a tree that can be
read and compared, and a tar with the exact bytes and modes.
"""

import asyncio
import shlex
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.errors import ConflictError, RefusedError, WorldError
from constellagent.failpoints import around
from constellagent.runtime.clock import Clock
from constellagent.runtime.edits import state
from constellagent.runtime.files.reading import Found, read
from constellagent.runtime.git import Git
from constellagent.runtime.points import Point
from constellagent.runtime.worktrees import leftovers

_US = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "constellagent"), ("EMAIL", "constellagent@localhost"))
}
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Kept:
    """What is safe now.

    Attributes:
        ref: the ref that holds it.
        recover: the command that brings it back.
        found: each file as it was kept.
    """

    ref: str
    recover: str
    found: Mapping[str, Found]


@around(Point.WORK_TRASH)
async def keep(git: Git, clock: Clock, folder: Path, agent: str, paths: Sequence[str]) -> Kept:
    """Write files and links of the worktree into a commit, and check it against the disk.

    Raises:
        RefusedError: they are more than a rescue may hold, or none that git can hold.
        ConflictError: they changed meanwhile.
        WorldError: it could not be written.
    """
    found = {path: await asyncio.to_thread(read, folder, path, largest=leftovers.LIMIT) for path in paths}
    _check(found)
    own = await state.admin(git, folder)
    try:
        with tempfile.TemporaryDirectory(prefix="constellagent-trash-", dir=own) as scratch:
            return await _keep(git, clock, folder, agent, found, Path(scratch))
    except OSError as error:
        raise WorldError(
            f"cannot keep what is thrown away: {error.strerror}", hint="free some space"
        ) from error


def _check(found: Mapping[str, Found]) -> None:
    gone = [path for path, one in found.items() if one.kind == "absent"]
    if gone:
        raise ConflictError(f"{gone[0]} is not there any more", hint="look at the changes again")
    odd = [path for path, one in found.items() if one.kind in {"folder", "other"}]
    if odd:
        raise RefusedError(
            "git cannot hold everything that would be thrown away",
            [f"no file and no link: {path}" for path in odd],
            hint="remove these by hand",
        )
    total = sum(one.size for one in found.values())
    if total > leftovers.LIMIT:
        largest = sorted(found.items(), key=lambda item: -item[1].size)[:20]
        raise RefusedError(
            f"{total / _MIB:.0f} MiB would be thrown away; what keeps it holds {leftovers.LIMIT // _MIB} MiB",
            [f"{one.size / _MIB:.1f} MiB: {path}" for path, one in largest],
            hint="delete what can be made again by hand, then discard the rest",
        )


async def _keep(
    git: Git, clock: Clock, folder: Path, agent: str, found: Mapping[str, Found], scratch: Path
) -> Kept:
    index, archive = {"GIT_INDEX_FILE": str(scratch / "index")}, scratch / "archive"
    names = tuple(sorted(found))
    await asyncio.to_thread(leftovers.pack, folder, names, archive)
    packed = await git.run("hash-object", "-w", "--no-filters", "--", str(archive), cwd=folder)
    head = await git.run("rev-parse", "--verify", "-q", "HEAD^{commit}", cwd=folder, check=False)
    parents = ["-p", head.text] if head.status == 0 else []
    await git.run("read-tree", *([head.text] if parents else ["--empty"]), cwd=folder, env=index)
    await leftovers.write_tree(git, folder, index, leftovers.Contents(names, ()), packed.text)
    tree = (await git.run("write-tree", cwd=folder, env=index)).text
    ref = _ref(clock, agent)
    recover = (
        f"git -C {shlex.quote(str(folder))} cat-file blob {ref}:{leftovers.ARCHIVE}"
        f" | tar -xpf - -C {shlex.quote(str(folder))}"
    )
    message = f"thrown away in the worktree of {agent}\n\nGet it back with:\n\n{recover}\n"
    commit = await git.run(
        "commit-tree", tree, *parents, "-F", "-", cwd=folder, stdin=message.encode(errors="replace"), env=_US
    )
    data = (await git.run("cat-file", "blob", packed.text, cwd=folder)).stdout
    try:
        await asyncio.to_thread(leftovers.check_archive, folder, names, data)
    except (ConflictError, OSError) as error:
        raise ConflictError(
            "the files changed while they were kept; nothing was thrown away",
            hint="try again when nobody writes them",
        ) from error
    await git.run("update-ref", ref, commit.text, "0" * len(commit.text), cwd=folder)
    return Kept(ref, recover, found)


def _ref(clock: Clock, agent: str) -> str:
    at = clock.now()
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(at))
    return f"refs/constellagent/trash/{agent}/{moment}.{int(at * 1_000_000) % 1_000_000:06d}Z"
