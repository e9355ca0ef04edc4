"""`constellagent plan`: what apply would do, and nothing else."""

import sys
from typing import Annotated

from constellagent.faces.cli import planning, screen
from constellagent.faces.cli.declare import Agents, File, Json, Option, Prune, Restart
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon

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
    as_json: Json = False,
) -> int:
    """Show what apply would do. Changes nothing.

    + creates, ~ changes, - removes, ! ends what runs, ? is unknown, x is blocked.
    """
    chosen = constellation_file(file)
    asked = planning.request(
        chosen, agents=agents, restart=restart, prune=prune, destroy=destroy, force=force
    )
    with daemon() as client:
        reply = client.plan(asked)
    if out is not None:
        planning.save(out, asked, reply)
    if as_json:
        screen.say_json(reply)
    else:
        planning.show(reply, sys.stdout)
    if not detailed_exitcode:
        return 0
    if reply["blocked"]:
        return 1
    return CHANGES_PENDING if reply["pending"] else 0
