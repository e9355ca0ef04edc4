"""`python -m tests.proof kills` and `python -m tests.proof soak`."""

import argparse
import secrets
import subprocess
import sys
from pathlib import Path

from tests.proof import full_disk, kills, soak, table

STEPS = "tests.reliability.steps"


def main(words: list[str]) -> int:
    """Run one of the two; returns 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.proof")
    parts = parser.add_subparsers(dest="part", required=True)
    killing = parts.add_parser("kills", help="kill -9 of daemon, holders and git at random moments")
    killing.add_argument("--kills", type=int, default=200)
    killing.add_argument("--agents", type=int, default=8)
    killing.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    killing.add_argument("--keep-going", action="store_true", help="note broken laws and go on")
    killing.add_argument("--kills-only", action="store_true", help="neither a full disk nor the steps")
    killing.add_argument(
        "--converges", type=float, default=kills.CONVERGES, help="seconds, of a loaded machine"
    )
    soaking = parts.add_parser("soak", help="many agents and viewers for a long time")
    soaking.add_argument("--minutes", type=float, default=30.0)
    soaking.add_argument("--agents", type=int, default=50)
    soaking.add_argument("--viewers", type=int, default=20)
    soaking.add_argument("--every", type=float, default=10.0, help="seconds between two samples")
    soaking.add_argument("--loose", type=float, default=1.0, help="allow so many times as much growth")
    soaking.add_argument("--csv", type=Path, help="write the samples to this file")
    told = parser.parse_args(words)
    try:
        if told.part == "soak":
            soaked = soak.run(
                told.minutes, told.agents, told.viewers, every=told.every, loose=told.loose, file=told.csv
            )
            return 1 if soaked.failed else 0
        made = kills.run(
            told.kills, told.agents, told.seed, going_on=told.keep_going, converges=told.converges
        )
        return _beside(told) or (1 if made.broken else 0)
    except AssertionError as error:
        print(f"broken: {error}", file=sys.stderr)
        return 1


def _beside(told: argparse.Namespace) -> int:
    """Fill a disk, and die at every step; returns 1 where something did not hold."""
    if told.kills_only:
        return 0
    print("a full disk:", flush=True)
    if full_disk.possible():
        table.show(("what", "what came of it"), full_disk.run())
    else:
        print("  left out: only root can make a small disk", flush=True)
    print("death at every step:", flush=True)
    return subprocess.run([sys.executable, "-m", STEPS], check=False, stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
