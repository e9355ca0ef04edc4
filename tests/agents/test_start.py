"""What starting an agent of any kind comes to."""

from typing import get_args

import pytest

from constellagent.agents.kind import Task
from constellagent.agents.start import KINDS, start
from constellagent.spec.models import Kind
from tests.agents.specs import PROMPT, spec


def test_every_kind_can_be_launched() -> None:
    """The table has each kind that the language knows, and no other."""
    assert set(KINDS) == set(get_args(Kind))


@pytest.mark.parametrize("kind", KINDS)
def test_the_prompt_is_in_the_environment_too(kind: Kind) -> None:
    """A wrapper of any kind finds the prompt in `CONSTELLAGENT_PROMPT`, and nothing where there is none."""
    declared = spec(kind, command=["./wrapper"])

    assert start(declared, Task(PROMPT)).env == {"CONSTELLAGENT_PROMPT": PROMPT}
    assert start(declared, Task()).env == {}


@pytest.mark.parametrize("headless", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_shell_line_gets_no_further_words(kind: Kind, headless: bool) -> None:
    """Words behind the line of `sh -c` would be lost as its parameters, so a line of any kind gets none."""
    begin = start(spec(kind, shell="exec claude"), Task(PROMPT, headless=headless))

    assert begin.argv == ("/bin/sh", "-c", "exec claude")


def test_a_run_ends_by_itself() -> None:
    """`headless` reaches the kind: a run that nobody watches is started in the form that ends."""
    assert "-p" in start(spec("claude"), Task(PROMPT, headless=True)).argv
    assert "-p" not in start(spec("claude"), Task(PROMPT)).argv
