"""`constellagent schedule`: the runs of schedules - what became of them, a run now, those of the past."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import approval, schedule_blocks, schedule_tables, screen
from constellagent.faces.cli.declare import File, Json, Option, Yes
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.cli.schedule import Schedule, Schedules
from constellagent.faces.wording import counted
from constellagent.runtime.schedule_views import MOST_ROWS, OPEN_STATES, RAN_STATES, RunView, ScheduleRequest

_DEFAULT_ROWS = 20
_FORMATS = ("table", "json", "plain")


def history(
    schedules: Schedules = None,
    *,
    file: File = None,
    since: Annotated[
        str | None, Option(("--since",), "From this time on: 2026-11-22, 2026-11-22T09:00Z, or 7d.", "TIME")
    ] = None,
    until: Annotated[str | None, Option(("--until",), "Up to this time, itself included.", "TIME")] = None,
    states: Annotated[
        list[str] | None, Option(("--state",), "Only what came to this state. Repeatable.", "STATE")
    ] = None,
    last: Annotated[
        int | None,
        Option(("--last", "-n"), "Show this many of the newest [default: 20; plain: all].", "COUNT"),
    ] = None,
    run: Annotated[str | None, Option(("--run",), "Show all that is known of this run.", "ID")] = None,
    output: Annotated[
        str | None, Option(("--output", "-o"), "table, json, or plain [default: table].", "FORMAT")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show what became of every fire: runs, and what was missed, skipped or dropped, newest first.

    DID counts mails and texts read/sent, and the secrets and passwords that were opened. USED is tokens
    read/written and what they cost, as the agent says. Columns that do not fit the terminal are left out.
    Plain is one line for each fire of the clock that ran or is open, oldest first:
    2026-11-22T09:00:00Z agent/name.
    """
    chosen = _format(output, as_json=as_json)
    if last is not None and last < 1:
        raise UsageError("--last needs a number from 1")
    request = ScheduleRequest(file=constellation_file(file), action="history")
    if run is not None:
        if schedules or since or until or states:
            raise UsageError("--run shows one run", hint="leave the schedules and other options out")
        request["run"] = run
        return _show_one(request, as_json=chosen == "json")
    _bounds(request, since, until)
    request["schedules"] = schedules or []
    request["states"] = states or ([*RAN_STATES, *OPEN_STATES] if chosen == "plain" else [])
    with daemon() as client:
        if chosen == "plain":
            for line in _plain(_rows(client, request, last)):
                screen.say(line)
            return 0
        views = _rows(client, request, last or _DEFAULT_ROWS)
    if chosen == "json":
        screen.say_json(views)
    elif not views:
        screen.tell("no fire of this kind is known; `constellagent schedule show` says what comes next")
    else:
        _say(schedule_tables.runs(views, screen.terminal_columns(), sys.stdout))
    return 0


def run(
    schedule: Schedule,
    *,
    file: File = None,
    detach: Annotated[bool, Option(("--detach", "-d"), "Print the run's id and do not wait.")] = False,
    as_json: Json = False,
) -> int:
    """Run a schedule now, whether or not it is due or paused, and follow the run to its end.

    Its output is copied to stdout, and the exit code is the command's. It waits its turn behind another run
    in the same worktree. Ctrl-C ends the looking on; the run goes on.
    """
    chosen = constellation_file(file)
    with daemon() as client:
        view: RunView = client.schedule(ScheduleRequest(file=chosen, action="run", schedule=schedule))
    if detach:
        if as_json:
            screen.say_json(view)
        else:
            screen.say(view["run"])
        return 0
    from constellagent.faces.cli import schedule_following as following

    ended = following.follow(chosen, view, output=not as_json)
    if as_json:
        screen.say_json(ended)
    return following.exit_code(ended)


def backfill(
    schedule: Schedule,
    *,
    since: Annotated[str, Option(("--since",), "The first nominal time: 2026-11-01, or 7d for ago.", "TIME")],
    file: File = None,
    until: Annotated[
        str | None, Option(("--until",), "The last nominal time, itself included [default: now].", "TIME")
    ] = None,
    rerun: Annotated[str | None, Option(("--rerun",), "Also times that ran: failed or all.", "WHICH")] = None,
    dry_run: Annotated[bool, Option(("--dry-run",), "Show what would run, and run nothing.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Run a schedule for nominal times of the past that did not run, one after another.

    Shows them and asks first.
    """
    request = ScheduleRequest(
        file=constellation_file(file), action="backfill", schedule=schedule, rerun=rerun or "", dry_run=True
    )
    _bounds(request, since, until or "0s")
    with daemon() as client:
        views: list[RunView] = client.schedule(request)
        if dry_run or not views:
            return _would_run(views, as_json=as_json)
        runs = counted(len(views), "run")
        if not yes:
            for line in schedule_tables.planned(views, screen.terminal_columns(), sys.stderr):
                screen.tell(line)
            if not approval.ask(f"Start {runs}?", otherwise="give --yes, or look with --dry-run"):
                screen.tell("nothing was done")
                return approval.NOT_APPROVED
        started: list[RunView] = client.schedule({**request, "dry_run": False})
    if as_json:
        screen.say_json(started)
    else:
        key = views[0]["schedule"]
        screen.say(f"{counted(len(started), 'run')} of {key} queued, one after another")
        screen.tell(f"`constellagent schedule history {key}` shows how they go")
    return 0


def _would_run(views: list[RunView], *, as_json: bool) -> int:
    """Show what a backfill would start."""
    if as_json:
        screen.say_json(views)
    elif not views:
        screen.tell("there is nothing to run: every time of this window ran, or there is none in it")
        screen.tell("--rerun failed or --rerun all runs them again")
    else:
        _say(schedule_tables.planned(views, screen.terminal_columns(), sys.stdout))
        screen.tell(f"{counted(len(views), 'run')} would be started")
    return 0


def _format(output: str | None, *, as_json: bool) -> str:
    """Return the form of the answer.

    Raises:
        UsageError: there is no such form, or two are asked for.
    """
    if output is not None and output not in _FORMATS:
        raise UsageError(f"there is no output {output!r}", hint=f"there are: {', '.join(_FORMATS)}")
    if as_json and output not in {None, "json"}:
        raise UsageError(f"--json and --output {output} are two forms", hint="leave one of them out")
    return "json" if as_json else output or "table"


def _bounds(request: ScheduleRequest, since: str | None, until: str | None) -> None:
    """Put the times of a window into a request.

    Raises:
        UsageError: one of them is none.
    """
    if since is None and until is None:
        return
    from constellagent.faces.cli.schedule_times import instant

    if since is not None:
        request["since"] = instant(since, "--since")
    if until is not None:
        request["until"] = instant(until, "--until")


def _show_one(request: ScheduleRequest, *, as_json: bool) -> int:
    with daemon() as client:
        (view,) = client.schedule(request)
    if as_json:
        screen.say_json(view)
    else:
        _say(schedule_blocks.run(view, sys.stdout))
    return 0


def _rows(client: BlockingClient, request: ScheduleRequest, wanted: int | None) -> list[RunView]:
    """Return the newest rows of the ledger, all where `wanted` is None, asking for them in parts.

    Raises:
        ConstellagentError: so many have the same nominal time that they cannot be asked for in parts.
    """
    size = MOST_ROWS if wanted is None else min(wanted, MOST_ROWS)
    found: dict[str, RunView] = {}
    ask: Callable[[ScheduleRequest], Any] = client.schedule
    while True:
        part: list[RunView] = ask({**request, "limit": size})
        fresh = [view for view in part if view["run"] not in found]
        found |= {view["run"]: view for view in fresh}
        if len(part) < size or (wanted is not None and len(found) >= wanted):
            return list(found.values())[:wanted]
        size = MOST_ROWS
        if not fresh:
            raise ConstellagentError(
                f"more than {MOST_ROWS} runs have the nominal time {part[-1]['fire_at']}",
                hint="name some of the schedules",
            )
        request["until"] = part[-1]["fire_at"]


def _plain(views: list[RunView]) -> list[str]:
    """Return each fire of the clock once, though it was tried several times."""
    fires = {(view["fire_at"], view["schedule"]) for view in views if view["origin"] == "clock"}
    return [f"{fire_at} {schedule}" for fire_at, schedule in sorted(fires)]


def _say(lines: list[str]) -> None:
    for line in lines:
        screen.say(line)
