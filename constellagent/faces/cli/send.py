"""`constellagent send`: types a message into an agent's terminal."""

import sys
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Agent, Argument, File, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon


def send(
    agent: Agent,
    text: Annotated[list[str] | None, Argument("TEXT", "The message; from stdin if left out.")] = None,
    *,
    file: File = None,
    no_enter: Annotated[bool, Option(("--no-enter",), "Do not press Enter after it.")] = False,
) -> int:
    """Send text to an agent as one paste, then press Enter.

    Exit code 1 where the agent's terminal did not show that it took the text.
    """
    message = " ".join(text) if text else _stdin()
    with daemon() as client:
        went = client.send(constellation_file(file), agent, message, enter=not no_enter)
    if went["confirmed"]:
        return 0
    screen.tell(f"warning: {agent} may not have taken it: {screen.clean(went['why'])}")
    return 1


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
