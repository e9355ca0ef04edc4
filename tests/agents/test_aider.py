"""How aider is launched."""

import pytest

from constellagent.agents.aider import KIND
from tests.agents.specs import PROMPT, spec, words_of


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("aider",)),
        (None, True, ("aider",)),
        (PROMPT, False, ("aider",)),
        (PROMPT, True, ("aider", "--yes-always", "--message", PROMPT)),
        ("--version", False, ("aider",)),
        ("--version", True, ("aider", "--yes-always", "--message", " --version")),
    ],
)
def test_the_prompt_is_in_its_place(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A conversation and a run get the prompt where the program takes it, never as an option."""
    assert words_of(KIND, spec("aider"), prompt, headless=headless) == words


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("aider", command=["nice", "aider", "--verbose"])

    words = words_of(KIND, declared, PROMPT, headless=True)

    assert words[:3] == ("nice", "aider", "--verbose")
    assert words[3:] == words_of(KIND, spec("aider"), PROMPT, headless=True)[1:]
