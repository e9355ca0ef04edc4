"""Choosing on a terminal, with real key presses."""

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from constellagent.faces.cli.choosing import choose

DOWN, ENTER, CTRL_C = "\x1b[B", "\r", "\x03"


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [(ENTER, "one"), (DOWN + ENTER, "two"), ("2" + ENTER, "two"), (CTRL_C, None)],
)
def test_keys_choose(keys: str, chosen: str | None) -> None:
    """Arrows and numbers choose, Enter takes, Ctrl-C leaves without a choice."""
    with create_pipe_input() as typed, create_app_session(input=typed, output=DummyOutput()):
        typed.send_text(keys)

        assert choose("Which?", [("one", "one  agent"), ("two", "two  agent")]) == chosen
