"""`constellagent destroy`: takes away what apply made, and refuses to lose anything."""

from typing import Annotated

from constellagent.faces.cli import planning
from constellagent.faces.cli.apply import carry_out
from constellagent.faces.cli.declare import Agents, File, Json, Option, Yes
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon


def destroy(
    agents: Agents = None,
    *,
    file: File = None,
    yes: Yes = False,
    force: Annotated[
        bool,
        Option(
            ("--force",), "Save what would be lost under a rescue ref, say how to get it back, then remove."
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Stop sessions, remove worktrees and archive identities. Branches are kept.

    Refuses with exit code 3, and a list, while a worktree holds anything that would be lost.
    """
    asked = planning.request(constellation_file(file), agents=agents, destroy=True, force=force)
    with daemon() as client:
        return carry_out(client, asked, yes=yes, as_json=as_json)
