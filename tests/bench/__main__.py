"""Run all measurements, or the named parts of them."""

import sys
from collections.abc import Callable

from tests.bench import (
    activity,
    hooks,
    identities,
    multiplexer,
    processes,
    schedules,
    screens,
    startup,
    terminals,
    web,
    worktrees,
)
from tests.bench.measure import Report

PARTS: dict[str, Callable[[Report], None]] = {
    "worktrees": worktrees.run,
    "terminals": terminals.run,
    "screens": screens.run,
    "activity": activity.run,
    "multiplexer": multiplexer.run,
    "processes": processes.run,
    "startup": startup.run,
    "hooks": hooks.run,
    "identities": identities.run,
    "schedules": schedules.run,
    "web": web.run,
}


def main(names: list[str]) -> int:
    """Measure and print; the figures are for reading, so nothing here fails on a slow machine."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 64
    report = Report()
    for name in names or PARTS:
        print(f"{name}:", flush=True)
        PARTS[name](report)
    report.show()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
