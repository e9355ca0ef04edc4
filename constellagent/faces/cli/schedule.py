"""`constellagent schedule`: show, pause, resume and reset the schedules in effect, and their webhooks."""

import sys
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import schedule_blocks, schedule_tables, screen
from constellagent.faces.cli.declare import Argument, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.schedule_views import ChangedView, HookView, ScheduleRequest, ScheduleView

Schedule = Annotated[
    str, Argument("SCHEDULE", "A schedule: agent/name, or agent where it has one only.", agents=True)
]
Schedules = Annotated[
    list[str] | None,
    Argument("SCHEDULE", "Schedules: agent/name, or agent for all that it has.", agents=True),
]
Everything = Annotated[bool, Option(("--all", "-a"), "Every schedule of the constellation.")]


def show(schedules: Schedules = None, *, file: File = None, as_json: Json = False) -> int:
    """Show the schedules in effect: what wakes them, when next, and how their runs stand.

    One alone is shown with all that is known of it. Times are in UTC where nothing else is said.
    """
    request = ScheduleRequest(file=constellation_file(file), action="list", schedules=schedules or [])
    with daemon() as client:
        views: list[ScheduleView] = client.schedule(request)
    if as_json:
        screen.say_json(views)
        return 0
    if not views:
        screen.tell("no schedule is in effect; `constellagent apply` puts those of the file into effect")
        return 0
    now = SystemClock().now()
    if len(views) == 1:
        lines = schedule_blocks.schedule(views[0], now, sys.stdout)
    else:
        lines = schedule_tables.schedules(views, now, screen.terminal_columns(), sys.stdout)
    for line in lines:
        screen.say(line)
    return 0


def pause(
    schedules: Schedules = None,
    *,
    file: File = None,
    everything: Everything = False,
    why: Annotated[str | None, Option(("--why",), "Why, for whoever looks at it later.", "TEXT")] = None,
    as_json: Json = False,
) -> int:
    """Let schedules not fire until they are resumed. What waits in the queue is cancelled.

    A run that goes on is not touched: `constellagent stop` ends it. The pause outlives an apply.
    """
    request = ScheduleRequest(
        file=constellation_file(file), action="pause", schedules=_named(schedules, everything=everything)
    )
    if why is not None:
        request["why"] = why
    return _change(request, as_json=as_json)


def resume(
    schedules: Schedules = None,
    *,
    file: File = None,
    everything: Everything = False,
    catch_up: Annotated[
        bool, Option(("--catch-up",), "Make up for the fires of the pause, as `missed` says.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Let paused schedules fire again, from now on."""
    request = ScheduleRequest(
        file=constellation_file(file), action="resume", schedules=_named(schedules, everything=everything)
    )
    request["catch_up"] = catch_up
    return _change(request, as_json=as_json)


def reset(
    schedules: Schedules = None, *, file: File = None, everything: Everything = False, as_json: Json = False
) -> int:
    """Let schedules begin anew from now: nothing before is made up for, and no failure counts any more.

    Needed after a clock that was far ahead has been put right: until then nothing is due a second time.
    """
    request = ScheduleRequest(
        file=constellation_file(file), action="reset", schedules=_named(schedules, everything=everything)
    )
    return _change(request, as_json=as_json)


def webhook(
    schedule: Schedule,
    *,
    file: File = None,
    renew: Annotated[
        bool, Option(("--renew",), "Make a new secret; the old one does not count any more.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Show where to post so that a schedule wakes its agent, and how to sign.

    The secret is shown only when it was just made.
    """
    request = ScheduleRequest(file=constellation_file(file), action="webhook", schedule=schedule, renew=renew)
    with daemon() as client:
        view: HookView = client.schedule(request)
    if as_json:
        screen.say_json(view)
    else:
        for line in schedule_blocks.webhook(view):
            screen.say(line)
    return 0


def _named(schedules: list[str] | None, *, everything: bool) -> list[str]:
    """Return the schedules that are meant; none for all.

    Raises:
        UsageError: none are named and --all is not given, or both are.
    """
    if everything and schedules:
        raise UsageError("--all means every schedule", hint="leave the names out, or --all")
    if not everything and not schedules:
        raise UsageError("say which schedules", hint="name them, or give --all for all of the constellation")
    return schedules or []


def _change(request: ScheduleRequest, *, as_json: bool) -> int:
    with daemon() as client:
        view: ChangedView = client.schedule(request)
    if as_json:
        screen.say_json(view)
        return 0
    if not view["done"]:
        screen.tell("no schedule is in effect, so nothing was done")
    for line in view["done"]:
        screen.say(screen.clean(line))
    return 0
