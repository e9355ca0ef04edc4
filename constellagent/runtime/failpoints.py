"""Dying on purpose, by name, so that tests can prove that no place to die loses anything.

`CONSTELLAGENT_FAIL_AT=worktree.add:after` ends the process (exit 137, no cleanup, as `kill -9` would) when
that point is reached. The names are those of `ports.Step`, so a new step is enumerated by itself.
"""

import os

VARIABLE = "CONSTELLAGENT_FAIL_AT"
EXIT = 137


def reach(point: str) -> None:
    """End the process here if `point` is the one that was asked for."""
    if os.environ.get(VARIABLE) == point:
        os._exit(EXIT)
