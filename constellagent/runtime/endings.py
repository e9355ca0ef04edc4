"""How a session ended, read from what its holder left behind."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from constellagent.runtime.headless.result import Result
from constellagent.runtime.store.sessions import EndedBy, SessionRow


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a session.

    Attributes:
        exit_status: of the main process, None where a signal ended it or nobody knows.
        by: see `plan.observed.SessionFacts`.
        outcome: in words.
    """

    exit_status: int | None
    by: EndedBy
    outcome: str


def read_ending(
    status: Mapping[str, Any] | None, row: SessionRow, *, rebooted: bool, result: Result | None = None
) -> Ending:
    """Return how the session of `row` ended; `status` is its holder's last word, None where it left none.

    `result` is the verdict on a headless run, None for any other session.
    """
    if status is None or status.get("ended_at") is None:
        if row.stop_wanted:
            return Ending(None, "stop", "stopped")
        lost = "lost when the machine restarted" if rebooted else "lost when its holder was killed"
        return Ending(None, "lost", lost)
    exit_status = status.get("exit_status")
    words = _words(exit_status, status.get("signal"))
    if row.stop_wanted or status.get("ended_by") == "stop":
        return Ending(exit_status, "stop", f"stopped ({words})")
    if result is None:
        return Ending(exit_status, "itself", words)
    if result.timed_out:
        return Ending(exit_status, "limit", result.why)
    said = f"{words}; {result.why}" if result.ok and result.why else words
    return Ending(exit_status, "itself", said if result.ok else result.why)


def _words(exit_status: int | None, number: int | None) -> str:
    if exit_status is not None:
        return f"exit status {exit_status}"
    if number is None:
        return "it hangs in the kernel"
    try:
        return f"killed by {signal.Signals(number).name}"
    except ValueError:
        return f"killed by signal {number}"
