"""What the battery is asked, out of what is known outside, and what its answers mean.

The battery itself runs inside, as the program of a session of the agent. It knows only what it is asked: the
places, processes and sockets that it has to fail at. Linux only, as `bwrap` is. Everything here blocks for a
moment; callers keep it off the event loop.
"""

import contextlib
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constellagent.runtime.paths import Paths
from constellagent.runtime.sandbox.ground import Ground
from constellagent.runtime.sandbox.traps import Traps
from constellagent.runtime.sandbox_views import LineView, Outcome

ROWS, COLUMNS = 33, 99
"""The size of the battery's terminal, one that nobody has by chance."""
GIVEN = (
    "CONSTELLAGENT_SESSION",
    "CONSTELLAGENT_REPORT",
    "CONSTELLAGENT_REPORT_TOKEN",
    "RAVI_API_KEY",
    "LC_CTYPE",
    "PWD",
)
"""Variables that a session has beside those of its launch; the last two its interpreter and its shell set."""
_MOST = 400
"""Places of one kind that are asked about."""

_SYSTEM = ("/", "/etc", "/usr", "/usr/bin", "/usr/local/bin", "/opt", "/var", "/var/lib", "/boot")
_HOME = ("", ".config", ".local/bin", ".local/share", ".config/systemd/user", ".config/autostart", "bin")
_SETTINGS = (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/modprobe",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sysrq-trigger",
    "/sys/kernel/uevent_helper",
    "/sys/power/state",
)
_GROUPS = {"cgroup.procs", "release_agent", "cgroup.subtree_control"}
_DEEPEST = 5
"""Folders below the root at which control groups are not looked at any more."""
_ACCEPTS = 0x10000
"""A socket's flag: somebody listens."""
_DEVICES = ("mem", "kmem", "port", "kmsg", "loop-control")


@dataclass(frozen=True, slots=True)
class Scene:
    """What the daemon knows outside, at the moment of the battery.

    Attributes:
        paths: where our state lies.
        ground: what the sandbox is made of.
        person: the person's home folder.
        session: the id of the battery's own session.
        worktrees: the worktrees of all other agents.
        branches: the branches of other agents of the same repository.
        profiles: the folder of the agent's own profiles.
        pids: processes outside.
        env: the variables that the session is given.
    """

    paths: Paths
    ground: Ground
    person: Path
    session: str
    worktrees: tuple[Path, ...]
    branches: tuple[str, ...]
    profiles: Path
    pids: tuple[int, ...]
    env: Mapping[str, str]


def questions(scene: Scene, traps: Traps) -> dict[str, Any]:
    """Return what the battery is asked."""
    ground, paths, repo = scene.ground, scene.paths, scene.ground.repo
    own = paths.session_socket(scene.session)
    sockets = _listening()
    services, elsewhere = _sorted(ground, (place for place in sockets if place.startswith("/")), own)
    found = {
        "canary": paths.database,
        "worktree": ground.worktree,
        "common": repo.common,
        "admin": repo.admin,
        "admins": [place for place in _inside(repo.common / "worktrees") if place != repo.admin],
        "branches": scene.branches,
        "siblings": [
            place for place in scene.worktrees if place != ground.worktree and stat.S_ISDIR(_mode(place))
        ],
        "roots": ground.roots,
        "state": _state(scene),
        "doors": [place for place in _inside(paths.run) if place != own and stat.S_ISSOCK(_mode(place))],
        "state_folders": _folders(
            (paths.home, *_inside(paths.home), paths.run, paths.sessions / scene.session)
        ),
        "hidden": _hidden(ground),
        "home_folders": _not_given(ground, _folders(scene.person / name for name in _HOME)),
        "main": _not_given(ground, [repo.common.parent] if repo.common.name == ".git" else []),
        "system": _not_given(ground, _folders(map(Path, _SYSTEM))),
        "services": services,
        "elsewhere": elsewhere,
        "abstract": [place[1:] for place in sockets if place.startswith("@") and "\0" not in place],
        "devices": _devices(),
        "groups": _groups(),
        "settings": [place for place in _SETTINGS if os.path.lexists(place)],
        "private": [scene.env[name] for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME") if name in scene.env],
    }
    plain = {name: _plain(value) for name, value in found.items()}
    return plain | {
        "nonce": traps.name,
        "temporary": [str(place) for place in traps.files],
        "listener": traps.port,
        "key": traps.key,
        "processes": [(pid, start) for pid in scene.pids if (start := started(pid))],
        "network": ground.network,
        "variables": sorted({*scene.env, *GIVEN}),
        "author": scene.env.get("GIT_AUTHOR_EMAIL", ""),
        "hook": str(paths.hook_program),
        "mcp": str(paths.mcp_program),
        "rows": ROWS,
        "columns": COLUMNS,
    }


def judge(word: str, output: bytes, names: Mapping[str, str]) -> list[LineView]:
    """Return what the answers in a session's output mean, after having removed what arrived outside.

    `word` is what each answer begins with, `names` are the lines that must be there, with their kinds.
    """
    told: dict[str, dict[str, Any]] = {}
    for line in output.decode(errors="replace").splitlines():
        begin, _, text = line.partition(" ")
        if begin == word and text != "end":
            with contextlib.suppress(ValueError, TypeError, KeyError):
                answer = json.loads(text)
                told[answer["name"]] = answer
    lines = []
    for name, kind in names.items():
        if name in told:
            lines.append(_line(told[name]))
        else:
            lines.append(_view(name, kind, "fail", "the battery ended before it was tried"))
    return lines


def _line(answer: Mapping[str, Any]) -> LineView:
    name, kind, tried = answer["name"], answer["kind"], answer["tried"]
    reached = [*answer["reached"], *_arrived(answer["wrote"])]
    if answer["failure"]:
        return _view(name, kind, "fail", f"it could not be tried: {answer['failure']}", tried)
    if not tried:
        return _view(name, kind, "nothing to try", "there is nothing of that here", tried)
    if kind == "works":
        said = answer["said"] or ("it works" if reached else "it does not work")
        return _view(name, kind, "pass" if reached else "fail", said, tried, reached)
    if kind == "shared":
        outcome: Outcome = "not promised" if reached else "pass"
        return _view(name, kind, outcome, _possible(reached, tried), tried, reached)
    return _view(name, kind, "fail" if reached else "pass", _possible(reached, tried), tried, reached)


def _possible(reached: list[str], tried: int) -> str:
    if not reached:
        return f"impossible ({tried} tried)" if tried > 1 else "impossible"
    shown = ", ".join(reached[:5]) + (f" and {len(reached) - 5} more" if len(reached) > 5 else "")
    return f"possible: {shown}"


def _view(
    name: str, kind: Any, outcome: Outcome, said: str, tried: int = 0, reached: Iterable[str] = ()
) -> LineView:
    return LineView(name=name, kind=kind, outcome=outcome, said=said, tried=tried, reached=[*reached])


def _arrived(wrote: Iterable[str]) -> Iterator[str]:
    """Yield the files of the battery that are there outside, and remove them."""
    for place in wrote:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            Path(place).unlink()
            yield f"{place} was written"


def started(pid: int) -> int:
    """Return when a process was started, in ticks since the machine was; 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return 0


def _state(scene: Scene) -> dict[str, list[Path]]:
    paths = scene.paths
    others = [folder for folder in _inside(paths.sessions) if folder.name != scene.session]
    agents = [agent for constellation in _inside(paths.profiles) for agent in _inside(constellation)]
    return {
        "database": [place for place in _inside(paths.home) if place.name.startswith(paths.database.name)],
        "provider": [place for place in _inside(paths.ravi) if stat.S_ISREG(_mode(place))],
        "web": [place for place in _inside(paths.web) if stat.S_ISREG(_mode(place))],
        "sessions": others[:_MOST],
        "profiles": [place for place in agents if place != scene.profiles][:_MOST],
        "logs": [place for place in _inside(paths.logs) if stat.S_ISREG(_mode(place))][:_MOST],
    }


def _hidden(ground: Ground) -> list[Path]:
    """Return what is hidden of the person's places and not empty, without what lies in it and is given."""
    human = ground.human
    given = (*human.read, *human.write, *ground.needed, *ground.own.read, *ground.own.write)
    given = (*given, *ground.own.sockets, ground.worktree, ground.repo.common)
    found: list[Path] = []
    # What root alone can read is nothing that anybody else could be kept from.
    asked = [place for place in (*human.folders, *human.files) if os.access(place, os.R_OK)]
    while asked:
        place = asked.pop(0)
        if any(one.is_relative_to(place) for one in given):
            asked += [] if place in given or not stat.S_ISDIR(_mode(place)) else _inside(place)
        elif any(place.is_relative_to(one) for one in (*human.read, *human.write)):
            continue
        elif _holds(place):
            found.append(place)
    return found


def _not_given(ground: Ground, folders: Iterable[Path]) -> list[Path]:
    """Return the folders that the file lets nobody write to, nor are the agent's own."""
    given = (*ground.human.write, *ground.own.write, ground.worktree)
    return [place for place in folders if not any(place.is_relative_to(one) for one in given)]


def _sorted(ground: Ground, sockets: Iterable[str], own: Path) -> tuple[list[str], list[str]]:
    """Return the sockets that a sandbox hides by where they lie, and the others; ours are asked elsewhere."""
    hidden = (*ground.temporary, *ground.human.folders, *ground.human.files, *ground.roots)
    given = (*ground.kept, *ground.human.read, *ground.human.write, ground.worktree)
    services: list[str] = []
    elsewhere: list[str] = []
    for place in sorted(set(sockets)):
        path = Path(os.path.realpath(place))
        if (
            path == own
            or any(path.is_relative_to(folder) for folder in ground.state)
            or not stat.S_ISSOCK(_mode(path))
        ):
            continue
        covered = any(path.is_relative_to(one) for one in hidden)
        covered = covered and not any(path.is_relative_to(one) for one in given)
        (services if covered else elsewhere).append(str(path))
    return services[:_MOST], elsewhere[:_MOST]


def _listening() -> list[str]:
    """Return the names of the unix sockets that somebody listens at; abstract ones begin with `@`."""
    try:
        rows = Path("/proc/net/unix").read_text(errors="surrogateescape").splitlines()[1:]
    except OSError:
        return []
    fields = [row.split(None, 7) for row in rows]
    return [parts[7] for parts in fields if len(parts) > 7 and int(parts[3], 16) & _ACCEPTS]


def _groups() -> list[Path]:
    """Return the files by which processes get into a control group, or programs are started by one."""
    found: list[Path] = []
    for folder, folders, names in os.walk("/sys/fs/cgroup"):
        found += [Path(folder, name) for name in sorted(_GROUPS & set(names))]
        if folder.count("/") > _DEEPEST:
            folders.clear()
    return found[:_MOST]


def _devices() -> list[Path]:
    found = [place for name in _DEVICES if (place := Path("/dev", name)).exists()]
    with contextlib.suppress(OSError):
        found += [place for place in sorted(Path("/dev").iterdir()) if stat.S_ISBLK(place.lstat().st_mode)]
    return found[:_MOST]


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _mode(place: Path) -> int:
    """Return the mode of what is at a place, 0 where that is nothing, or nothing for us to see."""
    try:
        return place.stat().st_mode
    except OSError:
        return 0


def _holds(place: Path) -> bool:
    """Say whether there is anything in a file or folder that could be read."""
    try:
        return any(place.iterdir()) if place.is_dir() else place.is_file() and place.stat().st_size > 0
    except OSError:
        return False


def _folders(found: Iterable[Path]) -> list[Path]:
    return [place for place in dict.fromkeys(found) if stat.S_ISDIR(_mode(place))]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, Path):
        return str(value)
    return [str(one) for one in value]
