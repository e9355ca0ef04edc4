"""Our state, and what other agents work in: neither to be seen nor to be changed."""

import os
import socket
from collections.abc import Callable

from constellagent.runtime.sandbox.battery_program.lines import (
    Answer,
    Asked,
    line,
    of_each,
    readable,
    wrote_in,
)

STATE = {
    "database": "read the database",
    "provider": "read the root key and the provider's database",
    "web": "read the tokens of the web page",
    "sessions": "read files of other sessions",
    "profiles": "read other agents' profiles",
    "logs": "read the logs",
}
"""Lines that read a part of our state, by the name of the part."""


def _reads(part: str) -> Callable[[Asked], Answer]:
    def attempt(asked: Asked) -> Answer:
        return of_each(asked.groups("state").get(part, ()), readable)

    return attempt


for _part, _name in STATE.items():
    line(_name, "kept")(_reads(_part))


@line("reach the daemon and other sessions", "kept")
def doors(asked: Asked) -> Answer:
    """Whoever reaches the daemon's socket may do all that the person may."""
    return of_each(asked.texts("doors"), connects)


@line("write to the state", "kept")
def state(asked: Asked) -> Answer:
    """The folders of our state, and the session's own, which holds what its holder reads."""
    return wrote_in(asked.texts("state_folders"), asked.text("nonce"))


@line("read other agents' worktrees", "kept")
def siblings(asked: Asked) -> Answer:
    """Each of them by its path."""
    return of_each(asked.texts("siblings"), readable)


@line("write to other agents' worktrees", "kept")
def write_to_siblings(asked: Asked) -> Answer:
    """Each of them by its path."""
    return wrote_in(asked.texts("siblings"), asked.text("nonce"))


@line("list the worktrees of all constellations", "kept")
def roots(asked: Asked) -> Answer:
    """The folders that hold them, of this constellation and of others."""
    own = asked.text("worktree")

    def others(root: str) -> bool:
        return any(
            not f"{own}/".startswith(f"{root}/{name}/")
            for name in os.listdir(root)  # noqa: PTH208 - plain paths
        )

    return of_each(asked.texts("roots"), others)


def connects(place: str) -> bool:
    """Say that a unix socket takes us.

    Raises:
        OSError: it does not.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as near:
        near.settimeout(2)
        near.connect(place)
    return True
