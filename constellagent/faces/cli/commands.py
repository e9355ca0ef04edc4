"""The table of commands: where each is, under which heading help shows it, and how to load just one."""

import importlib
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """One command. `words` is how it is called, `place` is `module:function` below `faces.cli`."""

    words: tuple[str, ...]
    place: str

    def load(self) -> Callable[..., int]:
        """Import the command's module and return its function, which returns the exit code."""
        module, _, function = self.place.partition(":")
        loaded: Callable[..., int] = getattr(
            importlib.import_module(f"constellagent.faces.cli.{module}"), function
        )
        return loaded


COMMANDS = tuple(
    Command(tuple(words.split()), place)
    for words, place in (
        ("init", "init:init"),
        ("validate", "validate:validate"),
        ("schema", "schema:schema"),
        ("plan", "plan:plan"),
        ("apply", "apply:apply"),
        ("destroy", "destroy:destroy"),
        ("import", "adopt:adopt"),
        ("status", "status:status"),
        ("attach", "attach:attach"),
        ("logs", "logs:logs"),
        ("send", "send:send"),
        ("run", "run:run"),
        ("wait", "wait:wait"),
        ("stop", "stop:stop"),
        ("trust", "trust:trust"),
        ("doctor", "doctor:doctor"),
        ("agent add", "agent:add"),
        ("agent remove", "agent:remove"),
        ("agent set", "agent:set_value"),
        ("daemon run", "daemon:run"),
        ("daemon stop", "daemon:stop"),
        ("daemon status", "daemon:status"),
        ("daemon install", "daemon:install"),
    )
)

GROUPS = {
    "agent": "Add, remove and change agents in the file.",
    "daemon": "The background process, one per user. Commands start it when they need it.",
}
"""What help says about a command that has commands of its own."""


def find(words: Sequence[str]) -> Command | None:
    """Return the command that `words` begin with, or None."""
    for command in COMMANDS:
        if tuple(words[: len(command.words)]) == command.words:
            return command
    return None
