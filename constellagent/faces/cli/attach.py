"""`constellagent attach`: your terminal becomes the agent's."""

import sys
from pathlib import Path
from typing import Annotated

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, File, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.control import ConstellationView

DEFAULT_REPLAY = 1 << 18


def attach(
    name: Annotated[str | None, Argument("NAME", "The name of an agent or a service.", agents=True)] = None,
    *,
    file: File = None,
    view: Annotated[bool, Option(("--view",), "Only look: nothing that you type reaches the agent.")] = False,
    detach_key: Annotated[
        str, Option(("--detach-key",), "The key that leaves; pressed twice it goes to the agent.", "KEY")
    ] = "ctrl-]",
    replay: Annotated[
        int, Option(("--replay",), "Show this many bytes of what was written before.", "COUNT")
    ] = DEFAULT_REPLAY,
) -> int:
    """Attach to a running session. Leave it with Ctrl-], it goes on without you.

    Without a name it asks which one.
    """
    from constellagent.faces.terminal import attach as take_over
    from constellagent.term.keys import parse_key

    try:
        key = parse_key(detach_key)
    except ValueError as error:
        raise UsageError(f"--detach-key: {error}", hint="write it like ctrl-] or ctrl-q") from error
    place = constellation_file(file)
    with daemon() as client:
        name = name or _chosen(client.status(place))
        session = client.session(place, name)
    if not session["live"]:
        hint = (
            f"`constellagent logs {name}` shows its output, `constellagent apply --restart {name}` starts it"
        )
        raise ConstellagentError(f"{name} does not run: {session['outcome'] or 'it ended'}", hint=hint)
    if sys.stdin.isatty() and sys.stdout.isatty():
        screen.tell(f"attached to {name}; {detach_key} leaves it running")
    return take_over(
        Path(session["socket"]), Path(session["log"]), view=view, detach_key=key, replay=max(0, replay)
    )


def _chosen(views: list[ConstellationView]) -> str:
    live = [
        (row["name"], f"{row['name']}  {what}")
        for view in views
        for rows, what in ((view["agents"], "agent"), (view["services"], "service"))
        for row in rows
        if row["session"] and row["session"]["live"]
    ]
    if not live:
        raise ConstellagentError("nothing runs here", hint="`constellagent apply` starts what is declared")
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise UsageError("which one?", hint=f"name one of {', '.join(name for name, _ in live)}")
    from constellagent.faces.cli.choosing import choose

    name = choose("Attach to:", live)
    if name is None:
        raise KeyboardInterrupt
    return name
