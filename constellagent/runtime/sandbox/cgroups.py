"""Limits for all processes of a session together, where the system lets us have control groups.

With cgroup v2 that is a subtree delegated to this user, as for a daemon that systemd started; with v1 it is
root's. Where there is none nothing is limited, and the plan says so: that is no reason to refuse.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from constellagent.runtime.sandbox.outline import Limit
from constellagent.spec.sandbox import Sandbox

_FILES = {
    ("memory", 1): "memory.limit_in_bytes",
    ("pids", 1): "pids.max",
    ("memory", 2): "memory.max",
    ("pids", 2): "pids.max",
}
_WORDS = {"memory": "memory", "pids": "processes"}
"""Controllers by the words of the file."""
_GOOD_FOR = 60.0


class Cgroups:
    """The control groups of the sessions of one state."""

    def __init__(self, home: Path, system: Path = Path("/proc/self")) -> None:
        """`home` tells our groups from those of another state of this machine."""
        self._prefix = f"constellagent-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}-"
        self._system = system
        self._looked_at = -_GOOD_FOR
        self._known: dict[str, tuple[Path, int]] = {}

    def limits(self, session: str, sandbox: Sandbox) -> tuple[Limit, ...]:
        """Return the groups that a session is to join, with what they limit."""
        found: dict[str, dict[str, str]] = {}
        for controller, value in _wanted(sandbox):
            if controller in self._bases():
                base, version = self._bases()[controller]
                place = str(base / f"{self._prefix}{session}")
                found.setdefault(place, {})[_FILES[controller, version]] = str(value)
        return tuple(Limit(place, values) for place, values in found.items())

    def unlimited(self, sandbox: Sandbox) -> tuple[str, ...]:
        """Return the limits of a sandbox, in the words of the file, that cannot be kept here."""
        return tuple(
            _WORDS[controller] for controller, _ in _wanted(sandbox) if controller not in self._bases()
        )

    def remove(self, session: str) -> None:
        """Remove the groups of a session that has ended; harmless where it has none, or has not."""
        for base in self._folders():
            with contextlib.suppress(OSError):
                (base / f"{self._prefix}{session}").rmdir()

    def sweep(self, live: Collection[str]) -> None:
        """Remove the groups that sessions left behind whose end nobody saw."""
        for base in self._folders():
            for place in _below(base, self._prefix):
                if place.name.removeprefix(self._prefix) not in live:
                    with contextlib.suppress(OSError):  # one that has processes stays, and the next ones go
                        place.rmdir()

    def _folders(self) -> set[Path]:
        return {base for base, _ in self._bases().values()}

    def _bases(self) -> dict[str, tuple[Path, int]]:
        """Return where groups can be made, by controller, with the version; looks once a minute."""
        if time.monotonic() - self._looked_at >= _GOOD_FOR:
            self._known = {}
            for controller, base, version in _mounted(self._system):
                if controller not in self._known and _usable(base, controller, version, self._prefix):
                    self._known[controller] = (base, version)
            self._looked_at = time.monotonic()
        return self._known


def _below(base: Path, prefix: str) -> list[Path]:
    try:
        return sorted(base.glob(f"{prefix}*"))
    except OSError:
        return []


def _wanted(sandbox: Sandbox) -> Iterator[tuple[str, int]]:
    if sandbox.memory is not None:
        yield "memory", sandbox.memory
    if sandbox.processes is not None:
        yield "pids", sandbox.processes


def _mounted(system: Path) -> Iterator[tuple[str, Path, int]]:
    """Yield each controller with the folder in which a group could be made, and the version."""
    try:
        own = [line.split(":", 2) for line in (system / "cgroup").read_text().splitlines()]
        mounts = [line.split() for line in (system / "mountinfo").read_text().splitlines()]
    except OSError:
        return
    for mount in mounts:
        kind, options = mount[mount.index("-") + 1], mount[-1].split(",")
        for _, names, place in own:
            below = Path(place).relative_to(mount[3]) if Path(place).is_relative_to(mount[3]) else Path()
            if kind == "cgroup":
                for controller in set(names.split(",")) & {"memory", "pids"} & set(options):
                    yield controller, Path(mount[4]) / below, 1
            elif kind == "cgroup2" and not names:
                # Beside ourselves: a group that has processes of its own can have none below it with limits.
                beside = (Path(mount[4]) / below).parent if below != Path() else Path(mount[4])
                yield from ((controller, beside, 2) for controller in ("memory", "pids"))


def _usable(base: Path, controller: str, version: int, prefix: str) -> bool:
    """Say whether groups with this controller can be made there, by making one."""
    place = base / f"{prefix}look"
    try:
        place.mkdir(exist_ok=True)
    except OSError:
        return False
    try:
        return (place / _FILES[controller, version]).exists()
    finally:
        with contextlib.suppress(OSError):
            place.rmdir()
