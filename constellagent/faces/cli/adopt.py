"""`constellagent import`: takes over a worktree or an identity that was there before us."""

from pathlib import Path
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Agent, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon


def adopt(
    agent: Agent,
    *,
    file: File = None,
    path: Annotated[str | None, Option(("--path",), "The existing worktree.", "FOLDER")] = None,
    identity: Annotated[
        str | None, Option(("--identity",), "The existing identity: its id, name or address.", "IDENTITY")
    ] = None,
    as_json: Json = False,
) -> int:
    """Take over an existing worktree or identity for an agent.

    Apply then uses it instead of making its own.

    Without --path and --identity the worktree at the declared place is meant. Nothing in it is changed.
    """
    folder = None if path is None else Path(path).absolute()
    if folder is not None and not folder.is_dir():
        raise UsageError(f"there is no folder {path}")
    with daemon() as client:
        done = client.adopt(
            constellation_file(file), agent, None if folder is None else str(folder), identity
        )
    if as_json:
        screen.say_json(done)
    else:
        for line in done:
            screen.say(screen.clean(line))
    return 0
