"""How Gemini CLI is launched."""

import pytest

from constellagent.agents.gemini import argv
from tests.agents.specs import PROMPT, spec


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("gemini",)),
        (None, True, ("gemini",)),
        (PROMPT, False, ("gemini", "-i", PROMPT)),
        (PROMPT, True, ("gemini", "-p", PROMPT)),
        ("--version", False, ("gemini", "-i", " --version")),
        ("--version", True, ("gemini", "-p", " --version")),
    ],
)
def test_the_prompt_is_in_its_place(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A conversation and a run get the prompt where the program takes it, never as an option."""
    assert argv(spec("gemini"), prompt, headless) == words


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("gemini", command=["nice", "gemini", "--verbose"])

    words = argv(declared, PROMPT, True)

    assert words[:3] == ("nice", "gemini", "--verbose")
    assert words[3:] == argv(spec("gemini"), PROMPT, True)[1:]
