"""Reading the output of a session from its log on disk, live or ended; no daemon is needed for it.

A session has a folder with its status, and in it the folder of its log, which is how a session is named here.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.runtime import processes
from constellagent.runtime.holder import status
from constellagent.runtime.holder.log import LogReader

CHUNK = 1 << 16
_PAUSE = 0.02
_TURNS = 50
"""How many looks at the log lie between two looks at the holder's process; those start a process on macOS."""


def end_of(log: str, *, lost_too: bool = True) -> dict[str, Any] | None:
    """Return how the session ended, None while it lives; `ended_by` is `lost` where its holder was killed.

    Without `lost_too` only what the holder itself wrote down counts, which costs next to nothing to ask.

    Raises:
        ConstellagentError: nothing is known of the session, or it cannot be read.
    """
    folder = str(Path(log).parent)
    try:
        found = status.read(folder)
        if found is None:
            raise ConstellagentError(f"there is no session in {folder}")
        if found.get("ended_at") is not None:
            return dict(found)
        holder, start = found.get("holder_pid"), found.get("holder_start")
        if not lost_too or not isinstance(holder, int) or not isinstance(start, str):
            return None
        if processes.alive(holder, start):
            return None
        found = status.read(folder) or found  # it may have ended properly between the two looks
    except (OSError, ValueError) as error:
        raise ConstellagentError(f"the session in {folder} cannot be read: {error}") from error
    return {"ended_by": "lost", **{key: value for key, value in found.items() if value is not None}}


def chunks(log: str, offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield what the log keeps from `offset` on, as (offset, bytes), up to its present end.

    Raises:
        ConstellagentError: the log cannot be read.
    """
    reader = LogReader(log)
    while True:
        try:
            start, data = reader.read(offset, CHUNK)
        except OSError as error:
            raise ConstellagentError(f"the log in {log} cannot be read: {error}") from error
        if not data:
            return
        yield start, data
        offset = start + len(data)


def output(log: str, offset: int) -> Iterator[tuple[int, bytes]]:
    """Yield what is kept from `offset` on and what comes, until the session has ended and all is read."""
    turns = 0
    while True:
        ended = end_of(log, lost_too=turns % _TURNS == 0) is not None
        for start, data in chunks(log, offset):
            yield start, data
            offset = start + len(data)
        if ended:
            return
        turns += 1
        time.sleep(_PAUSE)


def exit_code(end: dict[str, Any]) -> int:
    """Return what a shell would report for a session that ended so; 1 where nobody knows."""
    status_of_exit, signal = end.get("exit_status"), end.get("signal")
    if isinstance(signal, int) and signal:
        return 128 + signal
    return status_of_exit if isinstance(status_of_exit, int) else 1
