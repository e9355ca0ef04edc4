"""What the process table shows of one ground, without asking the product."""

import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.proof.ground import Ground
from tests.reliability.lab import _alive, _descendants, _parent, _pids, _read

_MARK = b"CONSTELLAGENT_SESSION="
_HOLDER = b"holder/__main__.py"


@dataclass(frozen=True, slots=True)
class Stray:
    """A process that belongs to nothing that lives."""

    pid: int
    line: str


def children(pid: int) -> list[int]:
    """Return the children of all threads of a process, at once."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except OSError:
        pass
    return found


def line_of(pid: int) -> str:
    """Return the command line of a process."""
    return _read(pid, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()


def holders(ground: Ground) -> dict[str, int]:
    """Return the pids of all holders by session."""
    sessions = ground.home / "sessions"
    ids = {entry.name.encode() for entry in sessions.iterdir()} if sessions.is_dir() else set()
    found: dict[str, int] = {}
    lines = {pid: _read(pid, "cmdline").split(b"\0") for pid in _pids()}
    alike = {pid: words for pid, words in lines.items() if any(word.endswith(_HOLDER) for word in words)}
    for pid, words in alike.items():
        # What a holder starts looks like it until it has become its program.
        if _parent(pid) not in alike:
            mine = ids.intersection(words)
            if mine and _alive(pid):
                name = mine.pop().decode()
                assert name not in found, f"session {name} has two holders: {found[name]} and {pid}"
                found[name] = pid
    return found


def strays(ground: Ground, live: Collection[str]) -> list[Stray]:
    """Return every process of the ground that neither a live session, nor the daemon, nor we account for."""
    folder = os.fsencode(ground.folder)
    ids = {name.encode() for name in live}
    known = {os.getpid(), *_descendants(os.getpid())}
    daemon = ground.daemon_pid()
    if daemon is not None:
        known |= {daemon, *_descendants(daemon)}
    found = []
    for pid in _pids():
        if pid in known or not _alive(pid):
            continue
        environ, line = _read(pid, "environ").split(b"\0"), _read(pid, "cmdline")
        if not any(folder in part for part in environ) and folder not in line and not _works_in(pid, folder):
            continue
        session = next((part[len(_MARK) :] for part in environ if part.startswith(_MARK)), b"")
        if session in ids or ids.intersection(line.split(b"\0")) or not _alive(pid):
            continue
        found.append(Stray(pid, line_of(pid)[:200]))
    return found


def lasting(ground: Ground, patience: float = 30.0) -> list[Stray]:
    """Return what is still astray after a while."""
    deadline = time.monotonic() + patience
    while True:
        found = strays(ground, ground.live())
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def _works_in(pid: int, folder: bytes) -> bool:
    try:
        return os.fsencode(os.readlink(f"/proc/{pid}/cwd")).startswith(folder)  # noqa: PTH115 - as bytes
    except OSError:
        return False
