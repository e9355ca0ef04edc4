"""How Gemini CLI is launched."""

import pytest

from constellagent.agents.gemini import KIND
from tests.agents.specs import PROMPT, spec, words_of


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
    assert words_of(KIND, spec("gemini"), prompt, headless=headless) == words


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("gemini", command=["nice", "gemini", "--verbose"])

    words = words_of(KIND, declared, PROMPT, headless=True)

    assert words[:3] == ("nice", "gemini", "--verbose")
    assert words[3:] == words_of(KIND, spec("gemini"), PROMPT, headless=True)[1:]
