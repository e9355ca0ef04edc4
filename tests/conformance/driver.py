"""Runs the suite of a checkout of esctest2, which stays as it is, in the terminal that this is started in.

The suite resets a terminal softly before each test. Here a full reset comes first, so that no test suffers
from what another left, and each test has a time limit. Run as a file, with the standard library only:
`driver.py CHECKOUT RESULTS PATTERN`; each result is a line of JSON.
"""

import importlib
import json
import os
import re
import select
import signal
import sys
import time
import tty
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

FULL_RESET = b"\x18\x1b\\\x1bc"
ASK = b"\x1b[5n"
ANSWERED = re.compile(rb"(\x1b\[|\x9b)0n$")
SECONDS = 20
LEVEL = "4"


class OutOfTimeError(BaseException):
    """A test took too long. No `Exception`, which the suite would take for a failure that it expects."""


def load(checkout: Path) -> types.ModuleType:
    """Return the suite's main module, which runs when it is imported: here with no test."""
    sys.path.insert(0, str(checkout / "esctest"))
    sys.argv = [
        "esctest", "--no-print-logs", "--logfile", os.devnull, "--v", "1", "--max-vt-level", LEVEL,
        "--expected-terminal", "xterm", "--timeout", "1", "--include", "^$",
    ]  # fmt: skip
    return importlib.import_module("esctest")


def clean() -> None:
    """Reset the terminal, and drop what it still answers to the test before."""
    os.write(1, FULL_RESET + ASK)
    seen, end = b"", time.monotonic() + 2
    while not ANSWERED.search(seen) and time.monotonic() < end:
        if select.select([0], [], [], 0.2)[0]:
            seen += os.read(0, 65536)


def outcome(suite: types.ModuleType, method: Callable[[], None]) -> tuple[str, str]:
    """Return what one test comes to, and the last line of its message."""
    kinds, checks = importlib.import_module("esctypes"), importlib.import_module("escutil")
    clean()
    vars(checks)["gHaveAsserted"] = False  # as if no test had been before
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        suite.reset()
        method()
        checks.AssertAssertionAsserted()
    except kinds.KnownBug:
        return "expected failure", ""
    except kinds.InsufficientVTLevel:
        return "other level", ""
    except OutOfTimeError:
        return "failed", f"took more than {SECONDS} s"
    except Exception as error:  # noqa: BLE001 - whatever a test of theirs raises is its failure
        return "failed", f"{type(error).__name__}: {error}".strip().splitlines()[-1][:200]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return "passed", ""


def _too_long(*_: Any) -> None:
    raise OutOfTimeError


def main(checkout: str, results: str, pattern: str) -> None:
    """Run the tests whose names match, one after another."""
    signal.signal(signal.SIGALRM, _too_long)
    suite = load(Path(checkout))
    tty.setraw(0)  # the run without tests has left it otherwise
    suite.escargs.args.include = pattern
    with Path(results).open("w", encoding="utf-8") as out:
        for name, method in suite.MatchingNamesAndMethods():
            began = time.monotonic()
            result, message = outcome(suite, method)
            line = {"name": name, "outcome": result, "message": message, "seconds": time.monotonic() - began}
            print(json.dumps(line), file=out, flush=True)
    clean()


if __name__ == "__main__":
    main(*sys.argv[1:])
