"""`constellagent validate`: every problem of the file at once, without a daemon."""

import os
from pathlib import Path

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import File, Json
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.wording import counted

READ_AT_MOST = (1 << 20) + 1
"""One byte more than a file may have, so that the loader sees that it is too large."""


def validate(*, file: File = None, as_json: Json = False) -> int:
    """Check the file and name all its problems at once.

    Each has its line and column; exit code 65 if there are any. Needs no daemon.
    """
    from constellagent.spec.load import load

    chosen = constellation_file(file)
    loaded = load(read(chosen), shown(chosen))
    agents, services = loaded.constellation.agents, loaded.constellation.services
    schedules = sum(len(agent.schedules) for agent in agents.values())
    if as_json:
        screen.say_json(
            {
                "valid": True,
                "file": chosen,
                "content_hash": loaded.content_hash,
                "agents": list(agents),
                "services": list(services),
                "schedules": schedules,
            }
        )
    else:
        counts = (
            counted(len(agents), "agent"),
            counted(len(services), "service"),
            counted(schedules, "schedule"),
        )
        screen.say(f"{shown(chosen)}: valid, {', '.join(counts)}")
    return 0


def read(file: str) -> bytes:
    """Return the file's bytes, at most what a constellation file may have.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with Path(file).open("rb") as opened:
            return opened.read(READ_AT_MOST)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def shown(file: str) -> str:
    """Return the path as a person standing here would write it."""
    here = os.path.relpath(file)
    return file if here.startswith("..") else here
