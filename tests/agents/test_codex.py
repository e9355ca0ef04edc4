"""How Codex is launched."""

import pytest

from constellagent.agents.codex import KIND
from tests.agents.specs import PROMPT, spec, words_of


@pytest.mark.parametrize(
    ("prompt", "headless", "words"),
    [
        (None, False, ("codex",)),
        (None, True, ("codex",)),
        (PROMPT, False, ("codex", "--", PROMPT)),
        (PROMPT, True, ("codex", "exec", "--", PROMPT)),
        ("--version", False, ("codex", "--", "--version")),
        ("--version", True, ("codex", "exec", "--", "--version")),
    ],
)
def test_the_prompt_is_in_its_place(prompt: str | None, headless: bool, words: tuple[str, ...]) -> None:
    """A conversation and a run get the prompt where the program takes it, never as an option."""
    assert words_of(KIND, spec("codex"), prompt, headless=headless) == words


def test_a_declared_command_replaces_the_program() -> None:
    """Declared words stand where the program's name would, and the prompt still follows."""
    declared = spec("codex", command=["nice", "codex", "--verbose"])

    words = words_of(KIND, declared, PROMPT, headless=True)

    assert words[:3] == ("nice", "codex", "--verbose")
    assert words[3:] == words_of(KIND, spec("codex"), PROMPT, headless=True)[1:]
