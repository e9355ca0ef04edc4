"""Following one run of a schedule: while it waits, while it writes, and to its end."""

import contextlib
import time

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import follow as following
from constellagent.faces.cli import screen
from constellagent.faces.cli.logs import copy
from constellagent.faces.cli.reach import daemon
from constellagent.faces.run_words import moment, why
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.schedule_views import (
    OPEN_STATES,
    RAN_STATES,
    RunView,
    ScheduleRequest,
    ScheduleView,
)

INTERVAL = 0.25
"""Seconds between two looks at the ledger."""


def follow(file: str, view: RunView, *, output: bool) -> RunView:
    """Wait for the end of a run, and copy its output to stdout where that is wanted; returns how it ended.

    Ctrl-C ends the waiting only, and says so.
    """
    try:
        view = _begun(file, view)
        if output and _has_session(view):
            copy(view["log"], 0, follow=True)
        # A connection of its own: the daemon may have been replaced while the output was read.
        with daemon() as client:
            view = until_over(client, file, view)
            _tell_end(client, file, view)
    except KeyboardInterrupt:
        key = view["schedule"]
        screen.tell(
            f"\n{key} goes on: `constellagent logs {key} -f` shows it, `constellagent stop {key}` ends it"
        )
        raise
    return view


def until_over(client: BlockingClient, file: str, view: RunView, deadline: float | None = None) -> RunView:
    """Return a run as it is when it has ended, or when `deadline` (of the monotonic clock) has passed."""
    clock = SystemClock()
    while view["state"] in OPEN_STATES and (deadline is None or clock.monotonic() < deadline):
        time.sleep(INTERVAL)
        view = _look(client, file, view["run"])
    return view


def present(client: BlockingClient, file: str, schedule: str) -> RunView:
    """Return the run of a schedule that goes on, else the one that waits, else the newest that ended.

    Raises:
        UsageError: there is no such schedule.
        ConstellagentError: it has not run yet.
    """
    (view,) = client.schedule(ScheduleRequest(file=file, action="list", schedules=[schedule]))
    for state in reversed(OPEN_STATES):
        for run in view["open"]:
            if run["state"] == state:
                found: RunView = run
                return found
    last: RunView | None = view["last"]
    if last is None:
        raise ConstellagentError(
            f"{view['schedule']} has not run yet",
            hint=f"`constellagent schedule run {view['schedule']}` starts it now",
        )
    return last


def exit_code(view: RunView) -> int:
    """Return what a shell would report for the run: 0 where it succeeded and only there."""
    if view["state"] == "succeeded":
        return 0
    if view["exit_status"] is None and view["state"] in RAN_STATES and _has_session(view):
        return following.exit_code(following.end_of(view["log"]) or {}) or 1
    return view["exit_status"] or 1


def _has_session(view: RunView) -> bool:
    """Whether a program ran of which the folder of the output can tell; it is there before that starts."""
    return bool(view["log"] and view["started_at"])


def _begun(file: str, view: RunView) -> RunView:
    """Wait until a run has begun, or will not; says what it waits for, unless that is over at once."""
    said = ""
    with daemon() as client:
        while view["state"] in {"queued", "claimed"}:
            time.sleep(INTERVAL)
            view = _look(client, file, view["run"])
            if view["state"] == "queued" and view["why"] not in {"", said}:
                said = view["why"]
                screen.tell(f"{view['schedule']} {screen.clean(said)}")
    return view


def _tell_end(client: BlockingClient, file: str, view: RunView) -> None:
    """Say how a run ended that did not succeed, and whether it is tried again."""
    if view["state"] == "succeeded":
        return
    said = why(view)
    screen.tell(f"{view['schedule']}: {view['state']}{f', {screen.clean(said)}' if said else ''}")
    request = ScheduleRequest(file=file, action="list", schedules=[view["schedule"]])
    with contextlib.suppress(UsageError):  # It may be in effect no longer; then nothing is tried again.
        (schedule,) = client.schedule(request)
        _tell_next(view, schedule)


def _tell_next(view: RunView, schedule: ScheduleView) -> None:
    """Say when a run that failed is tried again."""
    for run in schedule["open"]:
        if run["fire_at"] == view["fire_at"] and run["attempt"] > view["attempt"]:
            screen.tell(f"it is tried again at {moment(run['due'])} UTC: attempt {run['attempt']}")


def _look(client: BlockingClient, file: str, run: str) -> RunView:
    (view,) = client.schedule(ScheduleRequest(file=file, action="history", run=run))
    found: RunView = view
    return found
