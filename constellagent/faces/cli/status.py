"""`constellagent status`: every agent, its state and since when."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen, status_table
from constellagent.faces.cli.declare import Agents, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.control import ConstellationView

INTERVAL = 1.0
"""Seconds between two looks of --watch."""


def status(
    agents: Agents = None,
    *,
    file: File = None,
    everything: Annotated[
        bool, Option(("--all", "-a"), "Show every constellation that was ever applied.")
    ] = False,
    watch: Annotated[bool, Option(("--watch", "-w"), "Keep showing it, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> int:
    """Show each agent with its state, branch and identity.

    With --watch and --json, one line of JSON is written whenever something changed.
    """
    if everything and file is not None:
        raise UsageError("--all shows every file; --file names one", hint="leave one of them out")
    chosen = None if everything else constellation_file(file)
    with daemon() as client:
        if not watch:
            _show(_limit(client.status(chosen), agents), as_json=as_json)
            return 0
        with contextlib.nullcontext() if as_json else _own_screen():
            before: object = None
            while True:
                views = _limit(client.status(chosen), agents)
                if not as_json:
                    _redraw(views)
                elif views != before:
                    screen.say(json.dumps(views))
                    sys.stdout.flush()
                before = views
                time.sleep(INTERVAL)


def _limit(views: list[ConstellationView], names: list[str] | None) -> list[ConstellationView]:
    """Keep only the named agents and services.

    Raises:
        UsageError: a name is nowhere.
    """
    if not names:
        return views
    known = {row["name"] for view in views for row in (*view["agents"], *view["services"])}
    if missing := [name for name in names if name not in known]:
        raise UsageError(
            f"no agent or service {missing[0]!r}", hint=f"there are: {', '.join(sorted(known)) or 'none'}"
        )
    kept = set(names)
    return [
        view
        | {
            "agents": [agent for agent in view["agents"] if agent["name"] in kept],
            "services": [service for service in view["services"] if service["name"] in kept],
        }
        for view in views
    ]


def _show(views: list[ConstellationView], *, as_json: bool) -> None:
    if as_json:
        screen.say_json(views)
        return
    for line in status_table.lines(views, SystemClock().now(), screen.terminal_columns(), sys.stdout):
        screen.say(line)


@contextlib.contextmanager
def _own_screen() -> Iterator[None]:
    """Use the terminal's other screen, so that what was on it comes back."""
    if not sys.stdout.isatty():
        yield
        return
    sys.stdout.write("\x1b[?1049h\x1b[?25l")
    try:
        yield
    finally:
        sys.stdout.write("\x1b[?25h\x1b[?1049l")
        sys.stdout.flush()


def _redraw(views: list[ConstellationView]) -> None:
    """Write the table over the last one, in one piece, so that it does not flicker."""
    lines = status_table.lines(views, SystemClock().now(), screen.terminal_columns(), sys.stdout)
    if not sys.stdout.isatty():
        sys.stdout.write("\n".join([*lines, "", ""]))
    else:
        body = "".join(f"{line}\x1b[K\n" for line in lines)
        sys.stdout.write(f"\x1b[?2026h\x1b[H{body}\x1b[J\x1b[?2026l")
    sys.stdout.flush()
