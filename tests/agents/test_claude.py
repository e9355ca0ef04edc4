"""How Claude Code is launched."""

import pytest

from constellagent.agents.claude import argv
from tests.agents.specs import PROMPT, spec


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("claude",)),
        (None, True, ("claude",)),
        (PROMPT, False, ("claude", "--", PROMPT)),
        (PROMPT, True, ("claude", "-p", "--", PROMPT)),
        ("--version", False, ("claude", "--", "--version")),
        ("--version", True, ("claude", "-p", "--", "--version")),
    ],
)
def test_the_prompt_is_in_its_place(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A conversation and a run get the prompt where the program takes it, never as an option."""
    assert argv(spec("claude"), prompt, headless) == words


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("claude", command=["nice", "claude", "--verbose"])

    words = argv(declared, PROMPT, True)

    assert words[:3] == ("nice", "claude", "--verbose")
    assert words[3:] == argv(spec("claude"), PROMPT, True)[1:]
