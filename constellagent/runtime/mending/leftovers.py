"""What else is left: open modes, sockets without anybody behind them, temporary folders; and what is kept."""

import asyncio
import os
import shutil
import socket
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from constellagent.errors import ConstellagentError, WorldError
from constellagent.runtime import occupants
from constellagent.runtime.mending import judging
from constellagent.runtime.mending.databases import ASIDE
from constellagent.runtime.mending.finding import Errand, Finding, no_look
from constellagent.runtime.mending.grounds import Ground, confined, repositories
from constellagent.runtime.mending.scene import Scene
from constellagent.runtime.paths import Paths

NO_SPACE = 100 << 20
"""Bytes that must be free for mending to write anything large."""
_TEMPORARY = ("constellagent-rescue-", "constellagent-trash-", "constellagent-whole-")
_SCRATCH = "mending-"
_KEPT_REFS = ("refs/constellagent/rescue/", "refs/constellagent/trash/")


class Leftovers:
    """Small things, each mended by one call."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._paths = scene.around.paths

    async def look(self) -> list[Finding]:
        """Return what is left, or kept for a person."""
        found = await asyncio.to_thread(
            lambda: [*_modes(self._paths), *_sockets(self._paths), *_disk(self._paths)]
        )
        found += await asyncio.to_thread(lambda: list(_asides(self._paths)))
        constellations: list[Ground] = []
        try:
            constellations = await self._scene.grounds()
            found += await self._refs(constellations)
        except (ConstellagentError, OSError) as error:
            found.append(no_look("leftovers", error))
        return found + await self._folders(constellations)

    async def mend(self, finding: Finding) -> str:
        """Set a mode, or remove what nobody uses."""
        path = Path(finding.subject)
        try:
            if finding.kind == "open modes":
                path.chmod(0o700 if path.is_dir() else 0o600)
                return f"{path} is yours alone now"
            if finding.kind == "stale socket":
                path.unlink(missing_ok=True)
            else:
                await asyncio.to_thread(shutil.rmtree, path)
        except OSError as error:
            raise WorldError(f"cannot mend {path}: {error.strerror}") from error
        return f"removed {path}"

    def errand(self, finding: Finding) -> Errand | None:  # noqa: ARG002 - nothing of this is for the daemon
        """Return nothing: all is done here."""
        return None

    async def _folders(self, constellations: Sequence[Ground]) -> list[Finding]:
        """Return temporary folders of ours that a killed process left, and nobody works in."""
        places = [self._paths.home, self._paths.ravi]
        # However young: only who holds the daemon's lock, as whoever mends does, makes or removes these.
        found = [
            one for place in places for one in _inside(place, folders=True) if one.name.startswith(_SCRATCH)
        ]
        for ground in constellations:
            admins = [one.admin for one in ground.owned().values() if one.admin is not None]
            found += [one for admin in admins for one in _old(self._scene, admin, _TEMPORARY)]
        findings = []
        for folder in dict.fromkeys(found):
            if await self._is_idle(folder):
                said = f"{folder} was left by a process that was killed"
                findings.append(Finding("leftovers", "left folder", str(folder), said, "remove the folder"))
        return findings

    async def _is_idle(self, folder: Path) -> bool:
        """Say whether nobody works in the folder or has a file of it open; not where nobody can tell."""
        if await occupants.inside(folder) != {}:
            return False
        files = [Path(above) / name for above, _, names in os.walk(folder) for name in names]
        return all([await occupants.owners(file) == [] for file in files])

    async def _refs(self, constellations: Sequence[Ground]) -> list[Finding]:
        """Name what rescues and discards keep in repositories; it is for a person to let go of."""
        findings = []
        for root, together in repositories(constellations).items():
            git = confined(self._scene.around, await self._scene.known(), root)
            try:
                said = (await git.run("for-each-ref", "--format=%(refname)", *_KEPT_REFS)).text
            except ConstellagentError:
                continue
            refs = said.splitlines()
            if refs:
                found = f"{together[0].name} keeps {len(refs)} rescues and discards below refs/constellagent/"
                advice = (
                    f"git -C {root} for-each-ref refs/constellagent lists them; each says how to get it back"
                )
                findings.append(Finding("leftovers", "kept work", str(root), found, "", advice))
        return findings


def _modes(paths: Paths) -> Iterator[Finding]:
    """Yield folders and files of the state that others than this user can read or write."""
    folders = [paths.home, *_inside(paths.home, folders=True), paths.run]
    files = [*_inside(paths.home), *_inside(paths.ravi), *_inside(paths.web), *_inside(paths.locks)]
    for path in (*dict.fromkeys(folders), *files):
        try:
            found = path.lstat()
        except OSError:
            continue
        plain = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
        if plain and found.st_uid == os.getuid() and found.st_mode & 0o077:
            said = f"{path} has mode {stat.S_IMODE(found.st_mode):04o}"
            grave = path == paths.home
            yield Finding("leftovers", "open modes", str(path), said, "make it yours alone", grave=grave)


def _inside(folder: Path, *, folders: bool = False) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [one for one in entries if not one.is_symlink() and (one.is_dir() if folders else one.is_file())]


def _sockets(paths: Paths) -> Iterator[Finding]:
    """Yield sockets that refuse: whoever listened there is dead."""
    for path in sorted(paths.run.glob("*.sock")):
        try:
            if not stat.S_ISSOCK(path.lstat().st_mode) or path.lstat().st_uid != os.getuid():
                continue
        except OSError:
            continue
        if _refuses(path):
            yield Finding(
                "leftovers", "stale socket", str(path), f"nobody listens at {path}", "remove the socket"
            )


def _refuses(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def _old(scene: Scene, folder: Path, beginnings: tuple[str, ...]) -> list[Path]:
    found = []
    for one in _inside(folder, folders=True):
        try:
            age = scene.around.clock.now() - one.stat().st_mtime
        except OSError:
            continue
        if one.name.startswith(beginnings) and age >= judging.LOCK_AGE:
            found.append(one)
    return found


def _disk(paths: Paths) -> Iterator[Finding]:
    place = next(folder for folder in (paths.home, *paths.home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < NO_SPACE:
        said = f"{free >> 20} MiB are free at {place}"
        advice = "free some: what is mended has to be written"
        yield Finding("leftovers", "full disk", str(place), said, "", advice, grave=True)


def _asides(paths: Paths) -> Iterator[Finding]:
    for path in (*paths.home.glob(f"*.{ASIDE}-*"), *paths.ravi.glob(f"*.{ASIDE}-*")):
        beside = path.name.endswith(("-wal", "-shm")) and path.with_name(path.name[:-4]).exists()
        if not beside:
            said = f"{path} is a damaged file that was set aside"
            yield Finding("leftovers", "kept file", str(path), said, "", "remove it when nothing is missed")
