"""`constellagent wait`: blocks until an agent is in a state, or the run of a schedule is over."""

import time
from collections.abc import Sequence
from typing import Annotated, get_args

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.control import AgentView, ServiceView, State

INTERVAL = 0.25
ENDED = ("done", "failed", "exited", "stopped")


def wait(
    names: Annotated[
        list[str] | None,
        Argument("NAME", "Agents or services, or one schedule: agent/name.", agents=True),
    ] = None,
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
    any_of: Annotated[
        bool, Option(("--any",), "Of several, wait for one only [default: for all of them].")
    ] = False,
    timeout: Annotated[float | None, Option(("--timeout",), "Give up after this long.", "SECONDS")] = None,
    as_json: Json = False,
) -> int:
    """Wait for a state. Exit code 0 when it is reached, 1 when it cannot be any more or time is up.

    Of several, all must have been in such a state, each at its time; with --any one is enough. An agent that
    ended cannot reach another state by itself, so waiting for one ends too. A coding agent is `done` when its
    turn is.

    Of a schedule (agent/name) it waits for the end of the present run, and exits with that run's code.
    """
    wanted = tuple(until or ENDED)
    if not names:
        raise UsageError("name what to wait for", hint="constellagent wait NAME... --until done")
    if any("/" in name for name in names):
        if len(names) > 1:
            raise UsageError("a schedule is waited for alone", hint=f"constellagent wait {names[0]}")
        return _run(names[0], file, until, timeout, as_json=as_json)
    states = get_args(State)
    if unknown := [state for state in wanted if state not in states]:
        raise UsageError(f"there is no state {unknown[0]!r}", hint=f"the states are: {', '.join(states)}")
    left = list(dict.fromkeys(names))
    found = _until(constellation_file(file), left, wanted, timeout, ends=not until, enough=any_of)
    if as_json:
        several = len(left) > 1
        screen.say_json(list(found.values()) if several else next(iter(found.values())))
    else:
        for name, row in found.items():
            screen.say(f"{name}: {row['state']}" if len(left) > 1 else row["state"])
    return 0


def _until(
    file: str, names: list[str], wanted: Sequence[str], timeout: float | None, *, ends: bool, enough: bool
) -> dict[str, AgentView | ServiceView]:
    """Return those that reached a state: all, or the first where one is `enough`.

    Raises:
        UsageError: there is none of a name.
        ConstellagentError: one that is needed cannot reach it any more, or time is up.
    """
    clock = SystemClock()
    deadline = None if timeout is None else clock.monotonic() + timeout
    found: dict[str, AgentView | ServiceView] = {}
    with daemon() as client:
        while True:
            rows = {name: _look(client, file, name) for name in names if name not in found}
            gone: list[str] = []
            for name, row in rows.items():
                over = row["state"] in ENDED and not _lives(row)
                # A live agent may say of itself that it is done, which is no end.
                if (over or not ends) and row["state"] in wanted:
                    found[name] = row
                elif over:
                    gone.append(f"{name} is {row['state']} ({row['reason'] or 'it ended'})")
            if (enough and found) or len(found) == len(names):
                return {name: found[name] for name in names if name in found}
            if gone and (not enough or len(gone) == len(rows)):
                raise ConstellagentError("; ".join(gone))
            if deadline is not None and clock.monotonic() >= deadline:
                late = [f"{name} is still {row['state']}" for name, row in rows.items() if name not in found]
                raise ConstellagentError(f"{', '.join(late)} after {timeout:g} s")
            time.sleep(INTERVAL)


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
