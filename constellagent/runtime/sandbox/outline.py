"""What the program around a sandbox is told: a private file, in a folder that the agent cannot write.

Not by its arguments: who may look at processes need not see which of the person's folders there are. It is
read by `entering`, once for each session, without any import that is dear: texts with NULs between them.
"""

import sys
from pathlib import Path
from typing import NamedTuple

NAME = "sandbox.outline"
_PROGRAM = Path(__file__).resolve().parent / "__main__.py"


class Limit(NamedTuple):
    """One control group to be in.

    Attributes:
        path: its folder, made where it is missing.
        values: what to write into its files, by name.
    """

    path: str
    values: dict[str, str]


class Forward(NamedTuple):
    """A loopback port inside that leads to a unix socket of ours."""

    port: int
    socket: str


class Outline(NamedTuple):
    """How to enter a sandbox.

    Attributes:
        program: the sandbox's program, absolute.
        words: its options.
        limits: the control groups to join first, where that can be done.
        forwards: the ports that lead out of a sandbox without a network.
        leads: the program has a terminal to itself: it leads a group of processes that has it.
    """

    program: str
    words: tuple[str, ...]
    limits: tuple[Limit, ...] = ()
    forwards: tuple[Forward, ...] = ()
    leads: bool = False


def write(outline: Outline) -> str:
    """Return the text of the file: the numbers of its parts, then the parts; no option holds a NUL."""
    limits = [(limit.path, name, value) for limit in outline.limits for name, value in limit.values.items()]
    forwards = [f"{port}={socket}" for port, socket in outline.forwards]
    return "\0".join(
        (
            outline.program,
            "leading" if outline.leads else "inside",
            str(len(limits)),
            *(part for limit in limits for part in limit),
            str(len(forwards)),
            *forwards,
            *outline.words,
        )
    )


def prefix(folder: str) -> tuple[str, ...]:
    """Return the words that, put before a program's, run it in the sandbox that is described in a folder."""
    return (sys.executable, "-I", "-S", str(_PROGRAM), f"{folder}/{NAME}")
