"""What a program of an agent begins with: nothing that belongs to anybody else."""

import os

from constellagent.runtime.sandbox.battery_program.lines import Answer, Asked, line

_STANDARD = 2
"""The last of the three descriptors that every program has."""


@line("begin with files that others have open", "kept")
def files(asked: Asked) -> Answer:
    """Beside its terminal a program gets no descriptor of the daemon's or the holder's."""
    more = [fd for fd in asked.opened if fd > _STANDARD]
    return Answer(1, tuple(f"descriptor {fd}" for fd in more))


@line("begin with variables of others", "kept")
def variables(asked: Asked) -> Answer:
    """Only those that this session was given; their names are told, never their values."""
    more = sorted(os.environ.keys() - set(asked.texts("variables")))
    return Answer(1, tuple(f"variable {name}" for name in more))
