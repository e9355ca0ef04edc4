"""`constellagent wait`: blocks until an agent is in a state, or the run of a schedule is over."""

import time
from typing import Annotated, get_args

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import File, Json, Option, Subject
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.control import AgentView, ServiceView, State

INTERVAL = 0.25
ENDED = ("done", "failed", "exited", "stopped")


def wait(
    name: Subject,
    *,
    file: File = None,
    until: Annotated[
        list[str] | None,
        Option(
            ("--until",),
            "A state to wait for, such as waiting or done; repeatable [default: the end].",
            "STATE",
        ),
    ] = None,
    timeout: Annotated[float | None, Option(("--timeout",), "Give up after this long.", "SECONDS")] = None,
    as_json: Json = False,
) -> int:
    """Wait for a state. Exit code 0 when it is reached, 1 when it cannot be any more or time is up.

    An agent that ended cannot reach another state by itself, so waiting for one ends too.

    Of a schedule (agent/name) it waits for the end of the present run, and exits with that run's code.
    """
    if "/" in name:
        return _run(name, file, until, timeout, as_json=as_json)
    wanted = tuple(until or ENDED)
    states = get_args(State)
    if unknown := [state for state in wanted if state not in states]:
        raise UsageError(f"there is no state {unknown[0]!r}", hint=f"the states are: {', '.join(states)}")
    chosen = constellation_file(file)
    clock = SystemClock()
    deadline = None if timeout is None else clock.monotonic() + timeout
    with daemon() as client:
        while True:
            found = _look(client, chosen, name)
            over = found["state"] in ENDED and not _lives(found)
            if over or until:  # a live agent may say of itself that it is done, which is no end
                if found["state"] in wanted:
                    break
                if over:
                    why = found["reason"] or "it ended"
                    raise ConstellagentError(f"{name} is {found['state']} ({why})")
            if deadline is not None and clock.monotonic() >= deadline:
                raise ConstellagentError(f"{name} is still {found['state']} after {timeout:g} s")
            time.sleep(INTERVAL)
    if as_json:
        screen.say_json(found)
    else:
        screen.say(found["state"])
    return 0


def _run(
    schedule: str, file: str | None, until: list[str] | None, timeout: float | None, *, as_json: bool
) -> int:
    """Wait for the present run of a schedule, or tell how the newest one ended; returns its exit code.

    Raises:
        UsageError: another state than the end is asked for, or there is no such schedule.
        ConstellagentError: time is up, or it has not run yet.
    """
    from constellagent.faces.cli import schedule_following as following
    from constellagent.runtime.schedule_views import OPEN_STATES

    if until:
        raise UsageError(
            "--until goes with an agent or a service", hint="of a schedule the end is waited for"
        )
    chosen = constellation_file(file)
    deadline = None if timeout is None else SystemClock().monotonic() + timeout
    with daemon() as client:
        view = following.until_over(client, chosen, following.present(client, chosen, schedule), deadline)
    if view["state"] in OPEN_STATES:
        raise ConstellagentError(f"{schedule} is still {view['state']} after {timeout:g} s")
    if as_json:
        screen.say_json(view)
    else:
        screen.say(view["state"])
    return following.exit_code(view)


def _lives(row: AgentView | ServiceView) -> bool:
    return row["session"] is not None and row["session"]["live"]


def _look(client: BlockingClient, file: str, name: str) -> AgentView | ServiceView:
    """Return the agent or service as it is now.

    Raises:
        UsageError: there is none of this name.
    """
    rows = [row for view in client.status(file) for row in (*view["agents"], *view["services"])]
    for row in rows:
        if row["name"] == name:
            return row
    known = ", ".join(row["name"] for row in rows) or "none"
    raise UsageError(f"there is no agent or service {name!r}", hint=f"there are: {known}")
