"""Lock files that a killed git left: in the worktrees of agents, on their branches, and on what all share.

Our own locks are the kernel's and die with their holder, so none of them can be stale.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from constellagent.errors import WorldError
from constellagent.runtime import occupants
from constellagent.runtime.mending import judging
from constellagent.runtime.mending.facts import LockFacts, Owner
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.mending.grounds import Ground, repositories
from constellagent.runtime.mending.scene import Scene

_SHARED = ("packed-refs.lock", "config.lock", "shallow.lock")
_OURS = "refs/constellagent"


class GitLocks:
    """The lock files of git."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._seen: dict[str, tuple[LockFacts, os.stat_result]] = {}

    async def look(self) -> list[Finding]:
        """Return the old locks of each repository."""
        self._seen = {}
        found = []
        for together in repositories(await self._scene.grounds()).values():
            for path, owner in await asyncio.to_thread(_listed, together):
                if (facts := await self._facts(together[0], path, owner)) is not None:
                    found.append(judging.lock(facts))
        return [one for one in found if one is not None]

    async def mend(self, finding: Finding) -> str:
        """Remove the lock, where it is still the same file."""
        path = Path(finding.subject)
        _, seen = self._seen[finding.subject]
        try:
            now = path.lstat()
            if (now.st_dev, now.st_ino, now.st_mtime_ns) != (seen.st_dev, seen.st_ino, seen.st_mtime_ns):
                raise WorldError(f"{path} was made anew meanwhile", hint="somebody is at work there")
            path.unlink()
        except FileNotFoundError:
            return "it is gone already"
        except OSError as error:
            raise WorldError(f"cannot remove {path}: {error.strerror}") from error
        return f"removed {path}"

    def errand(self, finding: Finding) -> Errand | None:  # noqa: ARG002 - nothing of this is for the daemon
        """Return nothing: all is done here."""
        return None

    async def _facts(self, ground: Ground, path: Path, owner: Owner) -> LockFacts | None:
        try:
            found = path.lstat()
        except OSError:
            return None
        age = self._scene.around.clock.now() - found.st_mtime
        holders: list[int] | None = []
        gits: list[int] | None = []
        if age >= judging.LOCK_AGE:
            holders = await occupants.owners(path)
            places = [ground.repository.root, ground.repository.common_dir]
            gits = await occupants.gits([*places, *(one.path for one in ground.registrations)])
        facts = LockFacts(
            str(path),
            age,
            owner,
            found.st_uid == os.getuid(),
            None if holders is None else tuple(holders),
            None if gits is None else tuple(gits),
        )
        self._seen[str(path)] = facts, found
        return facts


def locks(together: list[Ground]) -> Iterator[tuple[Path, Owner]]:
    """Yield the lock files of one repository, with whose each is."""
    common = together[0].repository.common_dir
    branches = {name for ground in together for name in _branches(ground)}
    admins = {one.admin for ground in together for one in ground.owned().values()}
    for name in _SHARED:
        yield from _there(common / name, Owner.OURS)
    for name in ("index.lock", "HEAD.lock"):
        yield from _there(common / name, Owner.FOREIGN)
    refs = common / "refs"
    for folder, _, files in os.walk(refs):
        for file in files:
            if file.endswith(".lock"):
                ref = str((Path(folder) / file).relative_to(common)).removesuffix(".lock")
                ours = ref.removeprefix("refs/heads/") in branches or ref.startswith(f"{_OURS}/")
                yield Path(folder) / file, Owner.OURS if ours else Owner.FOREIGN
    for admin in sorted(
        one for one in (common / "worktrees").glob("*") if one.is_dir() and not one.is_symlink()
    ):
        owner = Owner.OURS if admin in admins else Owner.FOREIGN
        for lock in sorted(admin.glob("*.lock")):
            yield lock, owner


def _listed(together: list[Ground]) -> list[tuple[Path, Owner]]:
    return list(locks(together))


def _there(path: Path, owner: Owner) -> Iterator[tuple[Path, Owner]]:
    if path.is_file() and not path.is_symlink():
        yield path, owner


def _branches(ground: Ground) -> Iterator[str]:
    if ground.desired is not None:
        yield from (agent.branch for agent in ground.desired.agents.values())
    for one in ground.owned().values():
        if one.branch is not None:
            yield one.branch.removeprefix("refs/heads/")
