"""`constellagent send`: types a message into an agent's terminal."""

import sys
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Agent, Argument, File, Option, OverLimit
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.control import SEND_WAIT

Wait = Annotated[
    float | None,
    Option(("--wait",), "Wait so long for an agent that is not ready [default: 30].", "SECONDS"),
]


def send(
    agent: Agent,
    text: Annotated[list[str] | None, Argument("TEXT", "The message; from stdin if left out.")] = None,
    *,
    file: File = None,
    no_enter: Annotated[bool, Option(("--no-enter",), "Do not press Enter after it.")] = False,
    wait: Wait = None,
    force: Annotated[bool, Option(("--force",), "Type it whatever the agent's terminal shows.")] = False,
    over_limit: OverLimit = False,
) -> int:
    """Send text to an agent as one paste, then press Enter.

    Nothing is typed while the agent asks something, while a draft stands in its input line, or while the
    agent is over a limit, or too many work at once (`limits` in the file). Exit code 1
    where nothing was sent, or where the agent's terminal did not show that it took the text.
    """
    message, patience = given(text), seconds(wait)
    with daemon() as client:
        chosen = constellation_file(file)
        went = client.send(
            chosen,
            agent,
            message,
            enter=not no_enter,
            wait=patience,
            force=force,
            over_limit=over_limit,
        )
    if went["confirmed"]:
        return 0
    screen.tell(f"warning: {agent} may not have taken it: {screen.clean(went['why'])}")
    return 1


def given(text: list[str] | None) -> str:
    """Return the message: the words, or what is piped in.

    Raises:
        UsageError: there is none.
    """
    return " ".join(text) if text else _stdin()


def seconds(wait: float | None) -> float:
    """Return for how long to wait.

    Raises:
        UsageError: it is negative, or no number.
    """
    patience = SEND_WAIT if wait is None else wait
    if not 0 <= patience < float("inf"):
        raise UsageError("--wait takes a number of seconds, 0 or more")
    return patience


def _stdin() -> str:
    """Return the message that is piped in, without its last line break.

    Raises:
        UsageError: stdin is a terminal or empty.
    """
    if sys.stdin.isatty():
        raise UsageError("there is no text to send", hint="write it after the agent's name, or pipe it in")
    message = sys.stdin.read().removesuffix("\n")
    if not message:
        raise UsageError("there is no text to send: stdin is empty")
    return message
