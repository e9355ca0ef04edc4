"""`constellagent attach`: your terminal becomes the agent's, or the whole constellation's."""

import sys
from pathlib import Path
from typing import Annotated

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, File, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon

DEFAULT_HISTORY = 500
"""Rows that are drawn within a blink; what came before them is in the session's log."""


def attach(
    name: Annotated[str | None, Argument("NAME", "The name of an agent or a service.", agents=True)] = None,
    *,
    file: File = None,
    view: Annotated[bool, Option(("--view",), "Only look: nothing that you type reaches the agent.")] = False,
    detach_key: Annotated[
        str, Option(("--detach-key",), "The key that leaves; pressed twice it goes to the agent.", "KEY")
    ] = "ctrl-]",
    history: Annotated[
        int, Option(("--history",), "Show this many rows of what has scrolled off the screen.", "ROWS")
    ] = DEFAULT_HISTORY,
) -> int:
    """Attach to a running session, or without a name to all of them.

    Leave a session with Ctrl-], it goes on without you. All of them are in the multiplexer, where Ctrl-] and
    then ? shows the keys.
    """
    if name is None:
        for option, given in (("--view", view), ("--history", history != DEFAULT_HISTORY)):
            if given:
                raise UsageError(f"{option} needs a name", hint=f"`constellagent attach NAME {option}`")
        return _multiplexer(file)
    from constellagent.faces.snapshots import snapshots
    from constellagent.runtime.paths import locate
    from constellagent.term.keys import parse_key

    key = parse_key(detach_key)
    place = constellation_file(file)
    with daemon() as client:
        session = client.session(place, name)
    if not session["live"]:
        hint = f"`constellagent logs {name}` shows its output, `constellagent restart {name}` starts it"
        raise ConstellagentError(f"{name} does not run: {session['outcome'] or 'it ended'}", hint=hint)
    if sys.stdin.isatty() and sys.stdout.isatty():
        screen.tell(f"attached to {name}; {detach_key} leaves it running")
    rows = 0 if view else max(0, history)
    snapshot = snapshots(locate().control_socket, place, session["id"], history=rows)
    socket, log = Path(session["socket"]), Path(session["log"])
    if view:
        from constellagent.faces.terminal.looking import look

        return look(socket, log, detach_key=key, snapshot=snapshot)
    from constellagent.faces.terminal import attach as take_over

    return take_over(socket, log, detach_key=key, snapshot=snapshot)


def _multiplexer(file: str | None) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the multiplexer needs a terminal",
            hint="`constellagent status` shows what runs, `constellagent logs NAME` what it writes",
        )
    place = constellation_file(file)
    daemon().close()
    from constellagent.faces.tui.app import run_multiplexer
    from constellagent.runtime.settings import Settings

    return run_multiplexer(Path(place), Settings())
