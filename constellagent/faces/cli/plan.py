"""`constellagent plan`: what apply would do, and nothing else."""

import sys
from typing import TYPE_CHECKING, Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import planning, screen
from constellagent.faces.cli.declare import Agents, File, Json, Option, Prune, Restart
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.control import PlanReply

if TYPE_CHECKING:
    from constellagent.faces.cli.planned_fires import FiresView

CHANGES_PENDING = 2


def plan(
    agents: Agents = None,
    *,
    file: File = None,
    out: Annotated[
        str | None, Option(("--out",), "Also keep the plan in this file, for `apply FILE`.", "FILE")
    ] = None,
    restart: Restart = None,
    prune: Prune = False,
    destroy: Annotated[bool, Option(("--destroy",), "Plan what `destroy` would do.")] = False,
    force: Annotated[
        bool, Option(("--force",), "With --destroy: rescue what would be lost, then remove.")
    ] = False,
    detailed_exitcode: Annotated[
        bool,
        Option(
            ("--detailed-exitcode",), "Exit 2 if something would change, 1 if something is blocked, else 0."
        ),
    ] = False,
    schedules: Annotated[
        bool, Option(("--schedules",), "Also show which fires of schedules come and go.")
    ] = False,
    span: Annotated[
        str | None, Option(("--window",), "With --schedules: how far to look ahead [default: 7d].", "SPAN")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show what apply would do. Changes nothing.

    + creates, ~ changes, - removes, ! ends what runs, ? is unknown, x is blocked.
    """
    if span is not None and not schedules:
        raise UsageError("--window goes with --schedules")
    chosen = constellation_file(file)
    asked = planning.request(
        chosen, agents=agents, restart=restart, prune=prune, destroy=destroy, force=force
    )
    with daemon() as client:
        reply = client.plan(asked)
    if out is not None:
        planning.save(out, asked, reply)
    fires = _fires(chosen, reply, agents, span, destroy=destroy) if schedules else None
    if as_json:
        screen.say_json(reply if fires is None else {**reply, "fires": fires})
    else:
        planning.show(reply, sys.stdout)
        if fires is not None:
            from constellagent.faces.cli import planned_fires

            planned_fires.show(fires)
    if not detailed_exitcode:
        return 0
    if reply["blocked"]:
        return 1
    differ = fires is not None and bool(fires["come"] or fires["go"])
    return CHANGES_PENDING if reply["pending"] or differ else 0


def _fires(
    file: str, reply: PlanReply, agents: list[str] | None, span: str | None, *, destroy: bool
) -> "FiresView":
    """Return which fires come and go with the plan; nothing of it is loaded where nobody asks."""
    from constellagent.faces.cli import planned_fires, schedule_window, validate

    ahead = schedule_window.window(span or schedule_window.DEFAULT_WINDOW)
    wanted = {} if destroy else schedule_window.declared(validate.read(file), validate.shown(file))
    return planned_fires.compare(
        {key: found for key, found in wanted.items() if not agents or found.agent in agents},
        planned_fires.of_agents(reply["schedules"], agents),
        schedule_window.moment(None),
        ahead,
    )
