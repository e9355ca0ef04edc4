"""Finding the processes of a test's sessions by the marks that sessions leave on them, and ending them."""

import signal
from pathlib import Path

from constellagent.runtime import processes


def end_leftovers(sessions: Path) -> list[int]:
    """Kill what is left of the sessions whose folders lie in `sessions`; returns the pids that there were."""
    left: dict[int, str] = {}
    for folder in sessions.iterdir() if sessions.exists() else ():
        left |= processes.holders_of(folder.name) | processes.with_marker(folder.name)
    for pid, start in left.items():
        processes.send(pid, start, signal.SIGKILL)
    return sorted(left)
