"""Who is in a folder, and who has a file open: asked before something is taken away.

Linux tells through /proc, macOS through lsof. Where neither can be asked, `None` says so: not knowing is not
the same as nobody. Commands that this process runs itself are nobody either: they are over before it looks
who is in their folder, and the next ones begin when it has looked.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from weakref import WeakKeyDictionary

_LIMIT = 10.0


class _Turns:
    """Lets commands of ours work in a folder, or one look who else is there, but not both at once.

    Attributes:
        at_work: the folders of the commands that run.
        looked_at: the folders that somebody looks at, or waits to look at.
    """

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.looked_at: list[str] = []
        self._changed = asyncio.Event()

    @contextlib.contextmanager
    def listed(self, places: list[str], place: str) -> Iterator[None]:
        """Have a folder in one of the lists for a while."""
        places.append(place)
        try:
            yield
        finally:
            places.remove(place)
            self._changed.set()
            self._changed = asyncio.Event()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the lists are as wanted."""
        while not holds():
            await self._changed.wait()


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


@contextlib.asynccontextmanager
async def ourselves(folder: Path) -> AsyncIterator[None]:
    """Run a command of ours in `folder`, which nobody must take for somebody at work there.

    Waits while it is looked who is there.
    """
    place, turns = os.path.realpath(folder), _turns()
    await turns.until(lambda: not any(_within(place, one) for one in turns.looked_at))
    with turns.listed(turns.at_work, place):
        yield


async def holding(file: Path) -> list[int]:
    """Return the pids of the processes that have `file` open; empty also where nobody can tell."""
    return await asyncio.to_thread(_holding, os.path.realpath(file)) or []


async def owners(file: Path) -> list[int] | None:
    """Return the pids of the processes that have `file` open; None where nobody can tell."""
    return await asyncio.to_thread(_holding, os.path.realpath(file))


async def gits(folders: Iterable[Path]) -> list[int] | None:
    """Return the pids of the git processes that work in one of the folders or below.

    None where nobody can tell, as where a git of another user runs and does not show where.
    """
    return await asyncio.to_thread(_gits, [os.path.realpath(folder) for folder in folders])


async def inside(folder: Path) -> dict[int, str] | None:
    """Return the processes that work in `folder` or below, pid to name; None where nobody can tell.

    Waits for the end of what runs there by `ourselves`.
    """
    place, turns = os.path.realpath(folder), _turns()
    with turns.listed(turns.looked_at, place):
        await turns.until(lambda: not any(_within(one, place) for one in turns.at_work))
        return await asyncio.to_thread(_inside, place)


def _turns() -> _Turns:
    return _TURNS.setdefault(asyncio.get_running_loop(), _Turns())


def _holding(file: str) -> list[int] | None:
    if sys.platform.startswith("linux"):
        return [pid for pid in _pids() if file in _links(f"/proc/{pid}/fd")]
    said = _lsof("-Fp", "--", file)
    return None if said is None else [int(line[1:]) for line in said.splitlines() if line.startswith("p")]


def _inside(folder: str) -> dict[int, str] | None:
    if sys.platform.startswith("linux"):
        return {pid: _name(pid) for pid in _pids() if _within(_link(f"/proc/{pid}/cwd"), folder)}
    said = _lsof("-d", "cwd", "-Fpcn")
    return None if said is None else parse_lsof(said, folder)


def _gits(folders: list[str]) -> list[int] | None:
    if sys.platform.startswith("linux"):
        try:
            named = [pid for pid in _pids() if _name(pid).startswith("git")]
        except OSError:
            return None
        places = {pid: _link(f"/proc/{pid}/cwd") for pid in named}
        if any(not place and _runs(pid) for pid, place in places.items()):
            return None
    else:
        said = _lsof("-d", "cwd", "-Fpcn")
        if said is None:
            return None
        return [
            pid for folder in folders for pid, name in parse_lsof(said, folder).items() if name[:3] == "git"
        ]
    return [pid for pid, place in places.items() if any(_within(place, folder) for folder in folders)]


def parse_lsof(said: str, folder: str) -> dict[int, str]:
    """Read `lsof -d cwd -Fpcn`: one letter before each field, `p` begins a process."""
    found: dict[int, str] = {}
    pid, name = 0, ""
    for line in said.splitlines():
        letter, value = line[:1], line[1:]
        if letter == "p":
            pid, name = int(value), ""
        elif letter == "c":
            name = value
        elif letter == "n" and _within(value, folder):
            found[pid] = name
    return found


def _within(place: str, folder: str) -> bool:
    return place == folder or place.startswith(folder.rstrip("/") + "/")


def _pids() -> Iterator[int]:
    own = os.getpid()
    return (int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != own)  # noqa: PTH208 - names, no paths


def _links(folder: str) -> set[str]:
    try:
        return {_link(f"{folder}/{name}") for name in os.listdir(folder)}  # noqa: PTH208 - names, no paths
    except OSError:
        return set()


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - text is compared, and a Path would change it
    except OSError:
        return ""


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except OSError:
        return "?"


def _runs(pid: int) -> bool:
    """Say whether a process still runs; a zombie does not, and where it was cannot be seen."""
    try:
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1]
    except OSError:
        return False
    return state not in {b"", b"Z", b"X"}


def _lsof(*args: str) -> str | None:
    """Ask lsof; it exits 1 where nothing was found, so only its absence counts as no answer."""
    try:
        done = subprocess.run(
            ["lsof", "-n", "-P", "-w", *args],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return os.fsdecode(done.stdout)
