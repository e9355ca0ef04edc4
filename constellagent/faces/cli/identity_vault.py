"""`constellagent identity secrets|passwords`: what lies in an agent's vault, masked unless asked aloud."""

import sys
from typing import Annotated

from constellagent.faces.cli import identity_tables, screen
from constellagent.faces.cli.declare import Agent, Argument, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.identity_views import IdentityRequest

Reveal = Annotated[bool, Option(("--reveal",), "Show what is masked. The audit tells that you looked.")]


def secrets(
    agent: Agent,
    key: Annotated[str | None, Argument("KEY", "Only this one; with --reveal its bare value.")] = None,
    *,
    file: File = None,
    reveal: Reveal = False,
    as_json: Json = False,
) -> int:
    """Show the secrets of an agent, masked unless --reveal is given."""
    request = IdentityRequest(file=constellation_file(file), agent=agent, action="secrets", reveal=reveal)
    if key is not None:
        request["action"], request["key"] = "secret", key
    with daemon() as client:
        found = client.identity(request)
    if as_json:
        screen.say_json(found)
    elif key is not None and reveal:
        screen.say(_bare(found["value"]))
    else:
        rows = [found] if key is not None else found
        if not rows:
            screen.tell(f"{agent} has no secrets")
            return 0
        for line in identity_tables.secrets(rows, screen.terminal_columns(), sys.stdout):
            screen.say(line)
    return 0


def passwords(
    agent: Agent,
    entry: Annotated[
        str | None, Argument("ENTRY", "Only this one, by domain or uuid; with --reveal its bare password.")
    ] = None,
    *,
    file: File = None,
    reveal: Reveal = False,
    as_json: Json = False,
) -> int:
    """Show the passwords of an agent, masked unless --reveal is given."""
    request = IdentityRequest(file=constellation_file(file), agent=agent, action="passwords", reveal=reveal)
    if entry is not None:
        request["action"], request["entry"] = "password", entry
    with daemon() as client:
        found = client.identity(request)
    if as_json:
        screen.say_json(found)
    elif entry is not None and reveal:
        screen.tell(f"{screen.clean(found['username'])} at {screen.clean(found['domain'])}")
        screen.say(_bare(found["password"]))
    else:
        rows = [found] if entry is not None else found
        if not rows:
            screen.tell(f"{agent} has no passwords")
            return 0
        for line in identity_tables.passwords(rows, screen.terminal_columns(), sys.stdout):
            screen.say(line)
    return 0


def _bare(value: str) -> str:
    """Return a value exactly as it is for a pipe, and without control characters for a terminal."""
    return screen.clean(value, lines=True) if sys.stdout.isatty() else value
