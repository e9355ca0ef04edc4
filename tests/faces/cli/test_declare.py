"""What commands declare about themselves."""

import pytest

from constellagent.faces.cli import arguments
from constellagent.faces.cli.commands import COMMANDS, Command
from constellagent.faces.cli.declare import Rest


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.words))
def test_every_parameter_is_declared_and_explained(command: Command) -> None:
    """Each command has a docstring, and each of its parameters a marker with a help text."""
    function = command.load()
    assert function.__doc__
    for parameter in arguments.parameters(function):
        if not isinstance(parameter.marker, Rest):
            assert parameter.marker.help.endswith((".", "]"))
