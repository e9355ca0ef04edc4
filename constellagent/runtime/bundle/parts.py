"""One part of the archive: looked for by itself and within a time, so that what fails costs only its part."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from constellagent.errors import ConstellagentError

LIMIT = 20.0
"""Seconds that a part may take."""

Content = Mapping[str, Any]
"""The files of a part by name: a text as it is, anything else as JSON."""


class Part(NamedTuple):
    """What to look for: its name for a person, and the look, which returns the files that come of it."""

    name: str
    look: Callable[[], Content]


class Taken(NamedTuple):
    """What came of a part; `fault` says why there is nothing, and is empty otherwise."""

    name: str
    files: Content
    fault: str = ""


def take(wanted: Iterable[Part], limit: float = LIMIT) -> list[Taken]:
    """Look for all parts at once, and wait no longer than `limit` seconds; never raises."""
    looks = [(part, list[Taken]()) for part in wanted]
    # A thread that hangs cannot be ended; as a daemon it ends with the process.
    threads = [
        threading.Thread(target=_look, args=(part, done), name=part.name, daemon=True) for part, done in looks
    ]
    end = time.monotonic() + limit
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = f"gave no answer within {limit:g} seconds"
    return [done[0] if done else Taken(part.name, {}, late) for part, done in looks]


def _look(part: Part, done: list[Taken]) -> None:
    try:
        done.append(Taken(part.name, part.look()))
    except ConstellagentError as error:
        done.append(Taken(part.name, {}, error.message))
    except Exception as error:  # noqa: BLE001 - a report of a defect must not fail by that defect
        done.append(Taken(part.name, {}, f"{type(error).__name__}: {error}"))
