"""`constellagent attach`: your terminal becomes the agent's."""

from pathlib import Path
from typing import Annotated

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.cli.declare import File, Option, Subject
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon

DEFAULT_REPLAY = 1 << 18


def attach(
    name: Subject,
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
    """Attach to a running session. Leave it with Ctrl-], it goes on without you."""
    from constellagent.faces.terminal import attach as take_over
    from constellagent.term.keys import parse_key

    try:
        key = parse_key(detach_key)
    except ValueError as error:
        raise UsageError(f"--detach-key: {error}", hint="write it like ctrl-] or ctrl-q") from error
    with daemon() as client:
        session = client.session(constellation_file(file), name)
    if not session["live"]:
        hint = (
            f"`constellagent logs {name}` shows its output, `constellagent apply --restart {name}` starts it"
        )
        raise ConstellagentError(f"{name} does not run: {session['outcome'] or 'it ended'}", hint=hint)
    return take_over(
        Path(session["socket"]), Path(session["log"]), view=view, detach_key=key, replay=max(0, replay)
    )
