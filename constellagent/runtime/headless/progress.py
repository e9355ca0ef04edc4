"""What a headless run has used so far: a small file in its session's folder; and what pauses such a run."""

import contextlib
import json
import math
import os
import signal
from typing import Any, NamedTuple

NAME = "usage.json"
PAUSE, RESUME = signal.SIGUSR1, signal.SIGUSR2
"""What tells the process that watches a program to stop it for a while, and to let it go on."""


class Progress(NamedTuple):
    """What was used so far.

    Attributes:
        input: tokens read, those from a cache too.
        output: tokens written.
        cost: US dollars; None where the program does not know prices.
    """

    input: int = 0
    output: int = 0
    cost: float | None = None


def write(folder: str, progress: Progress) -> None:
    """Write the file, private and at once whole. It is only a word in between, so it may get lost.

    Raises:
        OSError: it cannot be written.
    """
    fresh = f"{folder}/{NAME}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        fd = os.open(fresh, flags, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(json.dumps(progress._asdict()).encode())
        os.replace(fresh, f"{folder}/{NAME}")  # noqa: PTH105 - pathlib is dear to import
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(fresh)  # noqa: PTH108 - the same
        raise


def read(folder: str) -> Progress | None:
    """Return what the run of a session has used so far; None where nothing says so.

    Raises:
        OSError: it is written down and cannot be read.
        ValueError: it is there and says nothing of the kind.
    """
    try:
        with open(f"{folder}/{NAME}", encoding="utf-8") as file:  # noqa: PTH123 - pathlib is dear to import
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        value = json.loads(text)
        return Progress(count(value["input"]), count(value["output"]), amount(value["cost"]))
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"what was used lacks a part or has one of the wrong kind: {error}") from error


def count(value: Any) -> int:
    """Return a number of tokens that was written down.

    Raises:
        ValueError: it is none, and so are TypeError and OverflowError.
    """
    found = int(value)
    if found < 0:
        raise ValueError(f"{found} is no count")
    return found


def amount(value: Any) -> float | None:
    """Return a sum of money that was written down, None for none.

    Raises:
        ValueError: it is none, and so are TypeError and OverflowError.
    """
    found = None if value is None else float(value)
    if found is not None and not 0 <= found < math.inf:
        raise ValueError(f"{found} is no sum")
    return found
