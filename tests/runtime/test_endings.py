"""How a session ended, in words that a person understands."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.agents.streams.outcome import Outcome
from constellagent.runtime.endings import Ending, read_ending
from constellagent.runtime.headless.result import Result
from constellagent.runtime.store.sessions import SessionRow

ROW = SessionRow("s", "c", "agent", "docs", "print", 1.0, 1.0, "boot")


def last_word(**status: Any) -> dict[str, Any]:
    """Return what a holder leaves that saw the end."""
    return {"ended_at": 5.0, "exit_status": None, "signal": None, "ended_by": "itself", **status}


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        (last_word(exit_status=0), Ending(0, "itself", "exit status 0")),
        (last_word(exit_status=3), Ending(3, "itself", "exit status 3")),
        (last_word(signal=11), Ending(None, "itself", "killed by SIGSEGV")),
        (last_word(signal=4711), Ending(None, "itself", "killed by signal 4711")),
        (last_word(), Ending(None, "itself", "it hangs in the kernel")),
        (last_word(signal=15, ended_by="stop"), Ending(None, "stop", "stopped (killed by SIGTERM)")),
        (last_word(exit_status=0, ended_by="stop"), Ending(0, "stop", "stopped (exit status 0)")),
        ({"ended_at": None}, Ending(None, "lost", "lost when its holder was killed")),
        (None, Ending(None, "lost", "lost when its holder was killed")),
    ],
)
def test_the_last_word_counts(status: dict[str, Any] | None, ending: Ending) -> None:
    """What the holder wrote last says how the session ended; a holder without a last word was killed."""
    assert read_ending(status, ROW, rebooted=False) == ending


@pytest.mark.parametrize("status", [None, {"ended_at": None}])
def test_a_reboot_loses_sessions(status: dict[str, Any] | None) -> None:
    """After a reboot a session without an end was lost with the machine."""
    assert read_ending(status, ROW, rebooted=True) == Ending(None, "lost", "lost when the machine restarted")


@pytest.mark.parametrize("rebooted", [False, True])
def test_what_was_to_stop_has_stopped(rebooted: bool) -> None:
    """A session that a person wanted to end is stopped, however its end came about."""
    row = replace(ROW, stop_wanted=True)

    assert read_ending(None, row, rebooted=rebooted) == Ending(None, "stop", "stopped")
    assert read_ending(last_word(exit_status=1), row, rebooted=rebooted).by == "stop"


def result(*, ok: bool, why: str = "", timed_out: bool = False) -> Result:
    """Return the verdict on a headless run."""
    return Result(ok, why, timed_out, None, Outcome(ok))


@pytest.mark.parametrize(
    ("found", "exit_status", "ending"),
    [
        (result(ok=True), 0, Ending(0, "itself", "exit status 0")),
        (
            result(ok=True, why="was not allowed to: Bash"),
            0,
            Ending(0, "itself", "exit status 0; was not allowed to: Bash"),
        ),
        (result(ok=False, why="no credit"), 1, Ending(1, "itself", "no credit")),
        (result(ok=False, why="too long", timed_out=True), 124, Ending(124, "limit", "too long")),
    ],
)
def test_a_verdict_says_how_a_run_ended(found: Result, exit_status: int, ending: Ending) -> None:
    """The words of a headless run's end are those of its verdict, and its own time limit is told apart."""
    assert read_ending(last_word(exit_status=exit_status), ROW, rebooted=False, result=found) == ending


def test_a_stop_counts_for_more_than_a_verdict() -> None:
    """A run that was stopped was stopped, whatever its program said of that."""
    found = result(ok=False, why="killed by SIGTERM")

    assert read_ending(last_word(signal=15, ended_by="stop"), ROW, rebooted=False, result=found).by == "stop"
