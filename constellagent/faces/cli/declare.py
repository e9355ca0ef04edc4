"""How a command declares what it takes: markers on the parameters of a plain function.

Two readers understand them: `arguments` (the quick one) and `app` (typer, for help, completion and
mistakes). The markers themselves cost nothing to import, which is why they are not typer's own.
"""

from typing import Annotated, NamedTuple


class Option(NamedTuple):
    """An option. `flags` are its spellings, `metavar` names its value, `help` explains it."""

    flags: tuple[str, ...]
    help: str
    metavar: str = ""


class Argument(NamedTuple):
    """A positional argument; `agents` completes to the names of agents."""

    metavar: str
    help: str
    agents: bool = False


class Rest(NamedTuple):
    """Everything after `--`, untouched."""

    metavar: str


File = Annotated[
    str | None,
    Option(
        ("--file", "-f"), "The constellation file [default: the nearest constellation.yaml upwards].", "FILE"
    ),
]
LongFile = Annotated[
    str | None,
    Option(("--file",), "The constellation file [default: the nearest constellation.yaml upwards].", "FILE"),
]
"""For commands where `-f` means something else."""
Json = Annotated[bool, Option(("--json",), "Write the result as JSON.")]
Yes = Annotated[bool, Option(("--yes", "-y"), "Do not ask.")]
Agent = Annotated[str, Argument("AGENT", "The agent's name.", agents=True)]
Subject = Annotated[
    str, Argument("NAME", "The name of an agent or a service, or of a schedule: agent/name.", agents=True)
]
Agents = Annotated[list[str] | None, Argument("AGENT", "Only these agents.", agents=True)]
Restart = Annotated[
    list[str] | None,
    Option(("--restart",), "Leave to restart this agent or service, ending what runs. Repeatable.", "NAME"),
]
OverLimit = Annotated[bool, Option(("--over-limit",), "Do it though a limit is reached.")]
Prune = Annotated[bool, Option(("--prune",), "Also remove what we made and the file no longer declares.")]
