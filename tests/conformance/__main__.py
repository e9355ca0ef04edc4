"""Run the tests of a checkout of esctest2; what passed before must pass.

`python -m tests.conformance CHECKOUT` prints what our screens come to. The suite has a licence of its own and
is no part of this repository, so without a checkout nothing is run.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.conformance import report
from tests.conformance.run import Result, run
from tests.conformance.terminals import Ours, Terminal, Tmux

VARIABLE = "ESCTEST_DIR"
SKIPPED = f"skipped: name a checkout of esctest2 as the argument or in {VARIABLE}"


def checkout(named: str | None) -> Path | None:
    """Return the checkout to run, None where none is named; one that is named must be there."""
    name = named or os.environ.get(VARIABLE)
    if not name:
        return None
    path = Path(name).resolve()
    if not (path / "esctest" / "esctest.py").is_file():
        raise SystemExit(f"{path} is no checkout of esctest2: there is no esctest/esctest.py in it")
    return path


def against(terminal: type[Terminal], path: Path, pattern: str) -> list[Result]:
    """Return the results with a terminal of that kind."""
    with terminal() as made:
        return run(path, made, pattern)


def show(name: str, results: list[Result]) -> None:
    """Print how many there are of each outcome."""
    counts = Counter(result.outcome for result in results)
    print(f"{name}: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))


def main(words: Sequence[str]) -> int:
    """Do what is asked for, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("checkout", nargs="?", help=f"of esctest2; else {VARIABLE} names it")
    parser.add_argument("--include", default=".*", help="pattern for the names of the tests to run")
    parser.add_argument("--failures", action="store_true", help="print why each failed test did")
    parser.add_argument("--check", action="store_true", help="fail if one that passed before does not now")
    parser.add_argument("--write", action="store_true", help="run tmux, too, and write both results down")
    asked = parser.parse_args(words)
    path = checkout(asked.checkout)
    if path is None:
        print(SKIPPED)
        return 0
    ours = against(Ours, path, asked.include)
    show("ours", ours)
    for result in ours if asked.failures else []:
        if result.outcome == "failed":
            print(f"  {result.name}: {result.message}")
    if asked.write:
        tmux = against(Tmux, path, ".*")
        show("tmux", tmux)
        report.write(report.passed(ours))
        report.publish(report.table(ours, tmux))
        print(f"without a reason: {', '.join(report.unexplained(ours)) or 'none'}")
    lost = report.lost(ours, report.read()) if asked.check else []
    for result in lost:
        print(f"passed before, now {result.outcome}: {result.name}: {result.message}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
