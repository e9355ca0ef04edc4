"""What a git leaves that was killed while it made a branch or a worktree for us, and taking that back.

Git writes a registration file by file; killed in between, it leaves one that git itself cannot read any
more. It is taken back only while the folder holds nothing but git's own link: then there is no byte of
anybody in it, and the addition simply begins anew.
"""

import contextlib
import glob
import os
from collections.abc import Sequence
from pathlib import Path

from constellagent.plan.desired import DesiredAgent
from constellagent.runtime import occupants
from constellagent.runtime.ports import Step
from constellagent.runtime.worktrees import registry
from constellagent.runtime.worktrees.marker import sync_folder
from constellagent.runtime.worktrees.site import Site, resolved

_WRITTEN = ("logs/HEAD", "gitdir", "commondir", "HEAD", "HEAD.lock", "ORIG_HEAD", "locked")
"""All that git writes into a registration before there is a checkout."""
_FOLDERS = ("logs", "refs", ".")


async def take_back(site: Site, agents: Sequence[DesiredAgent]) -> None:
    """Take back what was cut short for these agents, so that looking and creating find a clean place.

    Raises:
        WorldError: the repository's list of worktrees cannot be locked.
    """
    for agent in agents:
        open_steps = await site.journal.open_steps(agent.name)
        if Step.BRANCH_CREATE in open_steps:
            await _clear_lock(site.repository.common_dir / f"refs/heads/{agent.branch}.lock")
        path = resolved(agent.path)
        if _registrations(site, path):
            async with registry.exclusively(site.repository):
                for admin in await half_written(site, agent):
                    _take_back(admin, path)


async def half_written(site: Site, agent: DesiredAgent) -> list[Path]:
    """Return what a killed git left of a registration of this agent's worktree, and nobody has filled."""
    path = resolved(agent.path)
    admins = _registrations(site, path)
    cut_short = bool(admins) and Step.WORKTREE_ADD in await site.journal.open_steps(agent.name)
    reason = site.reason(agent.name)
    return [admin for admin in admins if _is_ours(admin, reason, cut_short=cut_short)]


async def _clear_lock(lock: Path) -> None:
    """Remove a lock that a killed git left; one that a process has open stays."""
    if lock.exists() and not await occupants.holding(lock):
        lock.unlink(missing_ok=True)


def _registrations(site: Site, path: Path) -> list[Path]:
    """Return what git may have registered `path` as, and never filled; it numbers where the name is taken."""
    if not _holds_only(path, {".git"}):
        return []
    named = (site.repository.common_dir / "worktrees").glob(f"{glob.escape(path.name)}*")
    return [
        admin
        for admin in sorted(named)
        if not admin.name.removeprefix(path.name).strip("0123456789")
        and _place(admin) in {"", f"{path}/.git"}
    ]


def _take_back(admin: Path, path: Path) -> None:
    inside = {str(entry.relative_to(admin)) for entry in admin.rglob("*")}
    if inside - {*_WRITTEN, *_FOLDERS}:
        return
    for name in _WRITTEN:
        (admin / name).unlink(missing_ok=True)
    for folder in _FOLDERS:
        with contextlib.suppress(FileNotFoundError):
            (admin / folder).rmdir()
    sync_folder(admin.parent)
    link = path / ".git"
    if link.is_file() and not link.is_symlink():
        link.unlink()
    with contextlib.suppress(FileNotFoundError):
        path.rmdir()


def _is_ours(admin: Path, reason: str, *, cut_short: bool) -> bool:
    """Tell by the lock, which git writes first; it is empty where git was killed while writing even that.

    Where no intent tells of an addition (the state was lost), only one that names no place yet counts.
    """
    if not admin.is_dir() or admin.is_symlink():
        return False
    try:
        said = (admin / "locked").read_text(errors="replace").strip()
    except FileNotFoundError:
        return cut_short and not os.listdir(admin)  # noqa: PTH208 - only names are wanted
    return said in {"", reason} if cut_short else said == reason and not _place(admin)


def _place(admin: Path) -> str:
    """Return the place that a registration names, empty where git did not get as far as that."""
    try:
        return (admin / "gitdir").read_text(errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _holds_only(folder: Path, names: set[str]) -> bool:
    try:
        return not folder.is_symlink() and set(os.listdir(folder)) <= names  # noqa: PTH208 - only names
    except (FileNotFoundError, NotADirectoryError):
        return not folder.exists()
    except OSError:
        return False  # the agent has shut it, or a disk fails: the look says so, and of this agent alone
